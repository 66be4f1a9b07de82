"""The compiled correction of `block` gives what the reference gives, and stays out of the way where it cannot serve."""

import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from kgattn.attention import block_compiled, loops
from kgattn.attention.kernels import fastest
from tests.attention.test_kernels import MASKS, make_case, run

needs_compiled = pytest.mark.skipif(loops.compiled is None, reason="not built here: no C compiler")


class Counting:
    """The compiled module, and how often it corrected an output or gradients."""

    def __init__(self, module) -> None:
        self.calls = self.backward_calls = 0
        counting = self

        class Counted:
            def __init__(self, call) -> None:
                self.call, self.give_up = call, call.give_up

            def correct(self, *arguments) -> None:
                counting.calls += 1
                self.call.correct(*arguments)

            def correct_gradients(self, *arguments) -> None:
                counting.backward_calls += 1
                self.call.correct_gradients(*arguments)

        class Plan(module.Plan):
            def begin(self, *arguments) -> Counted:
                return Counted(super().begin(*arguments))

        self.Plan = Plan


@pytest.fixture
def counting(monkeypatch) -> Counting:
    counting = Counting(loops.compiled)
    monkeypatch.setattr(loops, "compiled", counting)
    return counting


@contextmanager
def at_most(numbers: int) -> Iterator[None]:
    before = loops.compiled.take_at_most(numbers)
    try:
        yield
    finally:
        loops.compiled.take_at_most(before)


def check(case) -> None:
    kept = [tensor.detach().clone() for tensor in case.inputs()]
    output, expected = run("block", case), run("reference", case)
    torch.testing.assert_close(output, expected, rtol=2e-5, atol=1e-4)  # a bias of 4 nats magnifies rounding
    for tensor, copy in zip(case.inputs(), kept, strict=True):
        torch.testing.assert_close(tensor, copy, rtol=0, atol=0)


@needs_compiled
@pytest.mark.parametrize("numbers", [16, 8, 4])
@given(
    seed=st.integers(0, 10_000),
    batch=st.integers(1, 3),
    heads=st.integers(1, 5),
    length=st.integers(1, 40),
    slots=st.integers(1, 9),
    dim=st.sampled_from([16, 32, 48, 64, 80]),
    group=st.integers(1, 2),
    token_major=st.booleans(),
    mask=st.sampled_from(MASKS),
    linked=st.sampled_from(["none", "some", "all"]),
    use_values=st.booleans(),
)
@settings(max_examples=100, deadline=None)
@torch.no_grad()
def test_it_equals_the_reference(numbers, seed, batch, heads, length, slots, **parts):
    with at_most(numbers):
        check(make_case(seed, batch, heads, length, slots, dtype=torch.float32, **parts))


def check_gradients(case) -> None:
    output, expected = run("block", case), run("reference", case)
    torch.testing.assert_close(output, expected, rtol=2e-5, atol=1e-4)  # a bias of 4 nats magnifies rounding
    weight = torch.randn(output.shape, generator=torch.Generator().manual_seed(0))
    kept = [tensor.detach().clone() for tensor in case.inputs()]
    mine, theirs = (
        torch.autograd.grad((result * weight).sum(), case.inputs(), materialize_grads=True)
        for result in (output, expected)
    )
    for ours, wanted, tensor, copy in zip(mine, theirs, case.inputs(), kept, strict=True):
        torch.testing.assert_close(tensor, copy, rtol=0, atol=0)
        summed = tensor is case.table  # over all pairs of tokens of two slots: terms of size 1 may cancel to nothing
        mentions: tuple = (..., slice(1, None), slice(None))  # what slot 0 says is never read
        if tensor is not case.values:
            mentions = (..., slice(1, None), slice(1, None)) if summed else (...,)
        largest = max(1.0, float(wanted.abs().max())) if wanted.numel() else 1.0
        atol = largest * (1e-3 if summed else 4e-4)
        torch.testing.assert_close(ours[mentions], wanted[mentions], rtol=1e-3, atol=atol)


@needs_compiled
@pytest.mark.parametrize("numbers", [16, 8, 4])
@given(
    seed=st.integers(0, 10_000),
    batch=st.integers(1, 3),
    heads=st.integers(1, 3),
    length=st.integers(1, 40),
    slots=st.integers(1, 20),
    dim=st.sampled_from([16, 32, 48, 64]),
    group=st.integers(1, 2),
    token_major=st.booleans(),
    mask=st.sampled_from(MASKS),
    linked=st.sampled_from(["none", "some", "all"]),
    use_values=st.booleans(),
)
@settings(max_examples=100, deadline=None)
def test_gradients_equal_those_of_the_reference(numbers, seed, batch, heads, length, slots, **parts):
    with at_most(numbers):
        check_gradients(make_case(seed, batch, heads, length, slots, dtype=torch.float32, **parts))


@needs_compiled
@pytest.mark.parametrize("mask", ["none", "bool", "additive", "causal-flag"])
def test_gradients_of_long_texts_full_of_links(counting, mask):
    case = make_case(1, 2, 3, 250, 70, dtype=torch.float32, dim=32, token_major=True, mask=mask, linked="all")
    if mask in ("bool", "additive"):
        case.token_slot[:, 126:] = 0  # what is masked is no part of a mention
    check_gradients(case)
    assert counting.backward_calls == 1


@needs_compiled
@pytest.mark.parametrize("threads", [1, 2, 5])
def test_any_number_of_threads_gives_the_same_gradients(counting, threads):
    before = torch.get_num_threads()
    case = make_case(2, 3, 5, 30, 4, dtype=torch.float32, dim=32, token_major=True)
    case.token_slot[1] = 0  # an example without links beside others
    try:
        torch.set_num_threads(threads)
        check_gradients(case)
        once, again = (torch.autograd.grad(run("block", case).square().sum(), case.inputs()) for _ in range(2))
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(one, other) for one, other in zip(once, again, strict=True))
    assert counting.backward_calls == 3


@needs_compiled
def test_gradients_of_later_keys_far_above_the_rest(counting):
    for scale in (30, 300):
        case = make_case(4, 1, 2, 24, 3, dtype=torch.float32, dim=16, mask="causal-flag", linked="all")
        with torch.no_grad():
            case.query.mul_(scale)
        mine, theirs = (
            torch.autograd.grad(run(name, case).square().sum(), case.inputs()) for name in ("block", "reference")
        )
        for ours, wanted in zip(mine[:3], theirs[:3], strict=True):
            torch.testing.assert_close(ours, wanted, rtol=1e-2, atol=1e-2 * float(wanted.abs().max()))
    assert counting.backward_calls == 2


@needs_compiled
def test_gradients_that_are_one_number_repeated(counting):
    case = make_case(4, 2, 2, 12, 3, dtype=torch.float32, dim=16)
    for part in (lambda output: output.sum(), lambda output: output.transpose(1, 3)[..., ::2].sum()):
        mine, theirs = (torch.autograd.grad(part(run(name, case)), case.query) for name in ("block", "reference"))
        torch.testing.assert_close(mine, theirs, rtol=1e-3, atol=1e-4)
    assert counting.backward_calls == 2


@needs_compiled
@pytest.mark.parametrize("mask", ["none", "bool", "additive", "causal-flag"])
@torch.no_grad()
def test_long_texts_full_of_links(counting, mask):
    case = make_case(1, 2, 3, 450, 70, dtype=torch.float32, dim=32, token_major=True, mask=mask, linked="all")
    if mask in ("bool", "additive"):
        case.token_slot[:, 226:] = 0  # what is masked is no part of a mention
    check(case)
    assert counting.calls == 1


@needs_compiled
@pytest.mark.parametrize("threads", [1, 2, 5])
@torch.no_grad()
def test_any_number_of_threads(counting, threads):
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(threads)
        for batch in (1, 2, 7):
            check(make_case(2, batch, 5, 30, 4, dtype=torch.float32, dim=32, token_major=True))
    finally:
        torch.set_num_threads(before)
    assert counting.calls == 3


@needs_compiled
@torch.no_grad()
def test_an_example_without_links_beside_others(counting):
    case = make_case(3, 3, 2, 20, 4, dtype=torch.float32, dim=32)
    case.token_slot[1] = 0
    check(case)
    assert counting.calls == 1


@needs_compiled
@torch.no_grad()
def test_keys_far_above_and_below_the_rest(counting):
    for scale in (30, 300):
        case = make_case(4, 1, 2, 24, 3, dtype=torch.float32, dim=16, mask="causal-flag", linked="all")
        case.query.mul_(scale)
        output = run("block", case)
        assert output.isfinite().all()
        torch.testing.assert_close(output, run("reference", case), rtol=1e-3, atol=1e-3)
    assert counting.calls == 2


@needs_compiled
@torch.no_grad()
def test_what_is_not_a_number_stays_so(counting):
    case = make_case(4, 1, 2, 8, 3, dtype=torch.float32, dim=16, linked="all")
    case.query[0, 0, 3, 5] = float("nan")
    output = run("block", case)
    assert counting.calls == 1
    assert output[0, 0, 3].isnan().all()
    assert output[0, 1].isfinite().all()


TRACED = """
import torch
from kgattn.attention import KERNELS
from kgattn.bias import MentionBias
from kgattn.mentions import SlotLayout

query, other, key, value = torch.randn(4, 1, 2, 6, 16).unbind()
table = torch.zeros(1, 2, 2, 2)
table[..., 1, 1] = 2
bias = MentionBias(SlotLayout.of(torch.tensor([[0, 1, 1, 0, 1, 0]]), 2), table, None, bound=2.0)
attend = lambda query, kernel="block": KERNELS[kernel](query, key, value, None, 0.4, 0.0, bias)
try:
    traced = torch.jit.trace(attend, query, check_trace=False)
except RuntimeError:  # versions of PyTorch that trace no function of autograd
    pass
else:
    torch.testing.assert_close(traced(other), attend(other, "reference"))
"""


@needs_compiled
def test_no_trace_lacks_the_correction():
    """In a process whose shapes are not checked: in a trace they are tensors."""
    subprocess.run([sys.executable, "-W", "ignore", "-c", TRACED], check=True)


@needs_compiled
def test_where_it_serves_and_where_it_leaves_the_work_to_pytorch(counting):
    case = make_case(5, 2, 2, 12, 3, dtype=torch.float32, dim=16)
    run("block", case).sum().backward()
    assert counting.calls == 1
    with torch.inference_mode():
        run("block", case)
        assert counting.calls == 2
    with torch.no_grad():
        run("block", case)
        assert counting.calls == 3
        with FlopCounterMode(display=False):
            run("block", case)
        run("block", case.to(torch.float64))
        run("block", make_case(5, 2, 2, 12, 3, dtype=torch.float32, dim=8))
        run("block", replace(case, table=None))
        run("block", make_case(5, 2, 2, 12, 3, dtype=torch.float32, dim=16, mask="row"))
    assert counting.calls == 3


@needs_compiled
def test_gradients_with_a_frozen_table_or_frozen_all_else(counting):
    case = make_case(5, 2, 2, 12, 3, dtype=torch.float32, dim=16)
    for frozen in (case.inputs()[3:4], case.inputs()[:3]):
        kept = [tensor for tensor in case.inputs() if all(tensor is not other for other in frozen)]
        for tensor in frozen:
            tensor.requires_grad_(False)
        mine, theirs = (torch.autograd.grad(run(name, case).square().sum(), kept) for name in ("block", "reference"))
        for ours, wanted, tensor in zip(mine, theirs, kept, strict=True):
            if tensor is not case.table:
                torch.testing.assert_close(ours[..., 1:, :], wanted[..., 1:, :], rtol=1e-3, atol=1e-3)
        for tensor in frozen:
            tensor.requires_grad_()
    assert counting.backward_calls == 2


@needs_compiled
@torch.no_grad()
def test_what_does_not_fit_is_left_to_pytorch(counting):
    """Compiled code looks at no type and no shape."""
    case = make_case(5, 2, 2, 12, 3, dtype=torch.float32, dim=16)
    with pytest.raises(RuntimeError, match=r"dtype|scalar type"):
        run("block", replace(case, value=case.value.bfloat16()))
    changes = {"table": case.table[:, :1], "num_slots": 4, "key": case.key[:, :, :-1]}
    for name, change in {**changes, "token_slot": case.token_slot[:, :-1]}.items():
        odd = replace(case, **{name: change})
        assert not block_compiled.can_correct(odd.query, odd.key, odd.value, None, odd.bias()), name
    assert block_compiled.can_correct(case.query, case.key, case.value, None, case.bias())
    assert counting.calls == 0


@needs_compiled
def test_a_batch_of_no_examples(counting):
    case = make_case(5, 2, 2, 12, 3, dtype=torch.float32, dim=16)
    names = ("query", "key", "value", "token_slot", "table", "values")
    none = replace(case, **{name: getattr(case, name)[:0] for name in names})
    output = run("block", none)
    output.sum().backward()
    assert output.shape == (0, 2, 12, 16)


@needs_compiled
@torch.no_grad()
def test_padding_in_a_short_text_hides_no_link(counting):
    case = make_case(5, 2, 2, 40, 3, dtype=torch.float32, dim=16, linked="none")
    case.token_slot[0, :20], case.token_slot[1, :2] = 1, 2
    shown = torch.ones(2, 1, 1, 40, dtype=torch.bool)
    shown[1, ..., 8:] = False
    case = replace(case, mask=shown)
    assert fastest(case.query, case.key, case.value, shown, 0.0, case.bias()) == "block"
    check(case)
    assert counting.calls == 1


@needs_compiled
def test_auto_takes_it_at_any_share_of_links(monkeypatch):
    full = make_case(5, 2, 2, 12, 3, dtype=torch.float32, dim=16, linked="all", mask="bool")
    shown = torch.ones(2, 1, 1, 12, dtype=torch.bool)

    def taken(case, mask=None):
        return fastest(case.query, case.key, case.value, mask, 0.0, case.bias())

    assert taken(full) == taken(full, shown) == "block"
    assert taken(full, full.mask) == "dense", "linked tokens are masked"
    monkeypatch.setattr(loops, "compiled", None)
    assert taken(full) == "dense"


@needs_compiled
@torch.no_grad()
def test_values_are_put_back_when_attention_fails(monkeypatch):
    case = make_case(6, 2, 2, 12, 3, dtype=torch.float32, dim=16, token_major=True)
    kept = case.value.detach().clone()

    def fail(*arguments, **options):
        assert not torch.equal(case.value, kept)
        raise RuntimeError("out of memory")

    monkeypatch.setattr(block_compiled, "_attention", fail)
    with pytest.raises(RuntimeError, match="out of memory"):
        run("block", case)
    torch.testing.assert_close(case.value.detach(), kept, rtol=0, atol=0)


@needs_compiled
def test_values_are_put_back_when_attention_fails_backward(monkeypatch):
    case = make_case(6, 2, 2, 12, 3, dtype=torch.float32, dim=16, token_major=True)
    kept, output = case.value.detach().clone(), run("block", case)

    def fail(*arguments, **options):
        assert not torch.equal(case.value, kept)
        raise RuntimeError("out of memory")

    monkeypatch.setattr(block_compiled, "_attention_backward", fail)
    with pytest.raises(RuntimeError, match="out of memory"):
        output.sum().backward()
    torch.testing.assert_close(case.value.detach(), kept, rtol=0, atol=0)


@needs_compiled
def test_threads_with_batches_of_their_own():
    cases = [make_case(seed, 2, 3, 30, 4, dtype=torch.float32, dim=32, token_major=True) for seed in range(8)]
    with torch.no_grad():
        expected = [run("reference", case) for case in cases]

    def attend(number):
        with torch.no_grad():
            return run("block", cases[number % 8])

    with ThreadPoolExecutor(4) as pool:
        for number, output in enumerate(pool.map(attend, range(64))):
            torch.testing.assert_close(output, expected[number % 8], rtol=2e-5, atol=2e-5)


@needs_compiled
@torch.no_grad()
def test_tensors_take_its_place(monkeypatch):
    case = make_case(7, 2, 2, 30, 5, dtype=torch.float32, dim=32, token_major=True)
    compiled = run("block", case)
    monkeypatch.setattr(loops, "compiled", None)
    torch.testing.assert_close(run("block", case), compiled, rtol=2e-5, atol=2e-5)


def test_it_is_built_where_it_can_be():
    header = Path(sysconfig.get_paths()["include"]) / "Python.h"
    assert loops.compiled is not None or not (shutil.which("cc") and header.exists())
