"""Every kernel equals the reference, in outputs and gradients; the reference equals a loop over tokens."""

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from kgattn.attention import KERNELS, choose_kernel, materialize, why_not
from kgattn.attention.kernels import fastest
from kgattn.bias import MentionBias
from kgattn.errors import ConfigError, KernelError
from kgattn.mentions import SlotLayout

FAST = sorted(set(KERNELS) - {"reference"})
TRAINED = sorted(set(FAST) - {"flex"})  # flex is for inference, refused by name otherwise
BOUND = 4.0
MASKS = ("none", "bool", "additive", "row", "one", "causal", "causal-flag")


@dataclass(frozen=True)
class Case:
    """Inputs of one attention call."""

    query: Tensor
    key: Tensor
    value: Tensor
    token_slot: Tensor
    table: Tensor | None
    values: Tensor | None
    mask: Tensor | None = None
    is_causal: bool = False
    num_slots: int = 1

    def inputs(self) -> list[Tensor]:
        optional = (self.table, self.values)
        return [self.query, self.key, self.value, *(tensor for tensor in optional if tensor is not None)]

    def bias(self) -> MentionBias:
        return MentionBias(SlotLayout.of(self.token_slot, self.num_slots), self.table, self.values, bound=BOUND)

    def to(self, dtype: torch.dtype) -> "Case":
        """Queries, keys, values and mask in another type; table and values keep theirs, as under autocast."""
        cast = {name: getattr(self, name).detach().to(dtype) for name in ("query", "key", "value")}
        mask = self.mask if self.mask is None or self.mask.dtype == torch.bool else self.mask.to(dtype)
        return replace(self, **cast, mask=mask)


def make_case(
    seed: int,
    batch: int,
    heads: int,
    length: int,
    slots: int,
    *,
    dtype: torch.dtype = torch.float64,
    dim: int = 4,
    group: int = 1,
    token_major: bool = False,
    mask: str = "none",
    linked: str = "some",
    use_bias: bool = True,
    use_values: bool = True,
) -> Case:
    generator = torch.Generator().manual_seed(seed)

    def random(*shape):
        return torch.randn(shape, generator=generator, dtype=dtype)

    table = BOUND * torch.tanh(2 * random(batch, heads * group, slots, slots) / BOUND)
    table[:, :, 0] = table[:, :, :, 0] = 0
    values = random(batch, heads, slots, dim)
    values[:, :, 0] = 0
    low, high = {"none": (0, 1), "some": (0, slots), "all": (min(1, slots - 1), slots)}[linked]
    token_slot = torch.randint(low, high, (batch, length), generator=generator)

    def random_heads(number):
        if token_major:  # as a projection that is split into heads lies in memory
            return random(batch, length, number, dim).transpose(1, 2)
        return random(batch, number, length, dim)

    query, key, value = random_heads(heads * group), random_heads(heads), random_heads(heads)
    return Case(
        query.requires_grad_(),
        key.requires_grad_(),
        value.requires_grad_(),
        token_slot,
        table.requires_grad_() if use_bias else None,
        values.requires_grad_() if use_values else None,
        make_mask(mask, batch, length, dtype, generator),
        mask == "causal-flag",
        slots,
    )


def make_mask(kind: str, batch: int, length: int, dtype: torch.dtype, generator: torch.Generator) -> Tensor | None:
    if kind in ("none", "causal-flag"):
        return None
    if kind == "causal":
        return torch.ones(1, 1, length, length, dtype=torch.bool).tril()
    if kind == "one":  # a whole example may be shut out
        return (torch.rand(batch, 1, 1, 1, generator=generator) < 0.8).expand(-1, -1, length, length)
    if kind == "row":  # any key or none at all may be visible
        return torch.rand(batch, 1, length, length, generator=generator) < 0.6
    keep = torch.ones(batch, 1, 1, length, dtype=torch.bool)
    keep[..., length // 2 + 1 :] = False
    if kind == "bool":
        return keep.expand(-1, -1, length, -1)  # as transformers hands it on
    return torch.zeros(batch, 1, 1, length, dtype=dtype).masked_fill(~keep, torch.finfo(dtype).min)


def run(name: str, case: Case, dropout: float = 0.0) -> Tensor:
    bias = case.bias()
    kernel = choose_kernel(name, case.query, case.key, case.value, case.mask, dropout, bias)
    return kernel(case.query, case.key, case.value, case.mask, 0.4, dropout, bias, case.is_causal)


def test_the_reference_is_attention_written_as_a_loop():
    case = make_case(0, 2, 2, 5, 3, mask="bool")
    output = run("reference", case)
    for b in range(2):
        for h in range(2):
            for i in range(5):
                logits, carried = [], []
                for j in range(3):  # the mask ends at key 2
                    slot_i, slot_j = int(case.token_slot[b, i]), int(case.token_slot[b, j])
                    logits.append(0.4 * case.query[b, h, i] @ case.key[b, h, j] + case.table[b, h, slot_i, slot_j])
                    carried.append(case.value[b, h, j] + case.values[b, h, slot_j])
                expected = torch.stack(logits).softmax(0) @ torch.stack(carried)
                torch.testing.assert_close(output[b, h, i], expected)


CASES = {
    "seed": st.integers(0, 10_000),
    "batch": st.integers(1, 3),
    "heads": st.integers(1, 3),
    "length": st.integers(1, 17),
    "slots": st.integers(1, 5),
    "dim": st.sampled_from([1, 4, 8]),
    "group": st.integers(1, 3),
    "token_major": st.booleans(),
    "mask": st.sampled_from(MASKS),
    "linked": st.sampled_from(["none", "some", "all"]),
    "use_bias": st.booleans(),
    "use_values": st.booleans(),
}


def check_gradients(name: str, case: Case, dropout: float = 0.0) -> None:
    with torch.random.fork_rng():
        expected = run("reference", case, dropout)
    output = run(name, case, dropout)
    torch.testing.assert_close(output, expected, rtol=1e-12, atol=1e-12)
    weight = torch.randn(expected.shape, dtype=expected.dtype)
    mine = torch.autograd.grad((output * weight).sum(), case.inputs(), materialize_grads=True)
    theirs = torch.autograd.grad((expected * weight).sum(), case.inputs(), materialize_grads=True)
    for ours, wanted, tensor in zip(mine, theirs, case.inputs(), strict=True):
        # row and column 0 of a table are constants, and no kernel need give them a gradient
        inner = (..., slice(1, None), slice(1, None)) if tensor is case.table else ...
        torch.testing.assert_close(ours[inner], wanted[inner], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", TRAINED)
@given(**CASES)
@settings(max_examples=80, deadline=None)
def test_kernels_equal_the_reference(name, seed, batch, heads, length, slots, **parts):
    check_gradients(name, make_case(seed, batch, heads, length, slots, **parts))


@pytest.mark.slow
@pytest.mark.parametrize("name", TRAINED)
@given(**CASES)
@settings(max_examples=1000, deadline=None)
def test_kernels_equal_the_reference_a_thousand_times(name, seed, batch, heads, length, slots, **parts):
    check_gradients(name, make_case(seed, batch, heads, length, slots, **parts))


@given(**CASES)
@settings(max_examples=80, deadline=None)
def test_block_drops_what_the_reference_drops(seed, batch, heads, length, slots, **parts):
    check_gradients("block", make_case(seed, batch, heads, length, slots, **parts), dropout=0.3)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("mask", ["none", "bool", "causal", "causal-flag"])
@torch.no_grad()
def test_block_with_dropout_in_half_precision(dtype, mask):
    case = make_case(7, 2, 2, 16, 4, dtype=torch.float32, mask=mask)
    case.query.mul_(3)
    half = case.to(dtype)
    outputs = []
    for name, inputs in (("reference", case), ("block", half), ("dense", half)):
        torch.manual_seed(0)
        outputs.append(run(name, inputs, dropout=0.2))
    exact, ours, pytorch = outputs
    assert ours.dtype == dtype
    assert (ours.float() - exact).abs().max() <= 2 * (pytorch.float() - exact).abs().max()


@pytest.mark.filterwarnings("ignore:flex_attention called without torch.compile:UserWarning")
@given(**CASES)
@settings(max_examples=40, deadline=None)
def test_flex_equals_the_reference(seed, batch, heads, length, slots, **parts):
    with torch.no_grad():
        case = make_case(seed, batch, heads, length, slots, **parts)
        case = replace(case, **{name: getattr(case, name).detach() for name in ("query", "key", "value")})
        torch.testing.assert_close(run("flex", case), run("reference", case), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", sorted(set(KERNELS) - {"flex"}))
def test_dropout_keeps_the_mean(name):
    case = make_case(5, 1, 1, 4, 2)
    torch.manual_seed(0)
    expected = run(name, case)
    mean = torch.stack([run(name, case, dropout=0.3).detach() for _ in range(4000)]).mean(0)
    torch.testing.assert_close(mean, expected.detach(), rtol=0.05, atol=0.05)


@pytest.mark.filterwarnings("ignore:flex_attention called without torch.compile:UserWarning")
@pytest.mark.parametrize("name", sorted(set(FAST) - {"block"}))  # which refuses half precision
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("mask", ["none", "bool", "causal"])
@torch.no_grad()
def test_half_precision_errs_at_most_twice_as_much_as_pytorch(name, dtype, mask):
    case = make_case(7, 2, 2, 16, 4, dtype=torch.float32, mask=mask)
    case.table[:, :, 1:, 1:] -= BOUND  # a key with nearly all the mass, that the bias takes it from
    case.table.clamp_(min=-BOUND)
    case.query.mul_(3)
    exact = run("reference", case)
    half = case.to(dtype)
    ours = run(name, half)
    assert ours.dtype == dtype
    dense_bias = materialize(case.table.to(dtype), case.token_slot, case.token_slot)
    if half.mask is not None:
        dense_bias = dense_bias.masked_fill(~half.mask, float("-inf"))
    one_hot = torch.nn.functional.one_hot(case.token_slot, 4).to(dtype)[:, None]
    plain = torch.nn.functional.scaled_dot_product_attention(
        half.query, half.key, half.value + one_hot @ case.values.to(dtype), attn_mask=dense_bias, scale=0.4
    )
    error, baseline = (ours.float() - exact).abs().max(), (plain.float() - exact).abs().max()
    assert error <= 2 * baseline


@torch.no_grad()
def test_a_key_far_above_the_rest_is_masked_before_its_weight_is_computed():
    """It may be a later one, which the causal log-sum-exp does not contain."""
    case = make_case(4, 1, 2, 12, 3, dtype=torch.float32, mask="causal-flag", linked="all")
    case.query.mul_(60)
    output = run("block", case)
    assert output.isfinite().all()
    torch.testing.assert_close(output, run("reference", case), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("dropout", [0.0, 0.1])
@pytest.mark.parametrize("name", TRAINED)
def test_what_is_kept_for_the_backward_pass(name, dropout):
    """No kernel but those that say so keeps anything of size tokens x tokens, as long as PyTorch does not."""
    length = 96
    case = make_case(1, 1, 2, length, 4, linked="none", mask="bool")
    case.token_slot[:, :8] = 1
    kept: list[tuple[int, ...]] = []
    with torch.autograd.graph.saved_tensors_hooks(
        lambda tensor: kept.append(tuple(tensor.shape)) or tensor, lambda x: x
    ):
        run(name, case, dropout)
    square = [shape for shape in kept if shape[-2:] == (length, length)]
    assert bool(square) == (name == "dense" or dropout > 0), square


@pytest.mark.parametrize("token_major", [False, True])
@pytest.mark.parametrize("name", TRAINED)
def test_inputs_are_left_as_they_were(name, token_major):
    """A kernel that writes into the values for a moment takes it back, and autograd never hears of it."""
    case = make_case(5, 2, 2, 12, 3, token_major=token_major)
    before = [tensor.detach().clone() for tensor in case.inputs()]
    versions = [tensor._version for tensor in case.inputs()]
    run(name, case).square().sum().backward()
    for tensor, copy in zip(case.inputs(), before, strict=True):
        assert torch.equal(tensor, copy)
    assert [tensor._version for tensor in case.inputs()] == versions


@pytest.mark.parametrize("name", TRAINED)
def test_values_may_lie_where_the_keys_do(name):
    """As when one projection serves as both, or one value as many tokens'."""
    case = make_case(6, 2, 2, 12, 3)
    for shared in (replace(case, value=case.key), replace(case, value=case.value[:, :, :1].expand(-1, -1, 12, -1))):
        torch.testing.assert_close(run(name, shared), run("reference", shared), rtol=1e-12, atol=1e-12)


def test_values_are_put_back_when_attention_fails(monkeypatch):
    case = make_case(7, 1, 2, 8, 3)
    before = case.value.detach().clone()

    def fail(*arguments, **options):
        assert not torch.equal(case.value, before)
        raise RuntimeError("out of memory")

    monkeypatch.setattr("kgattn.attention.block._attention", fail)
    with pytest.raises(RuntimeError, match="out of memory"), torch.no_grad():
        run("block", case)
    assert torch.equal(case.value, before)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])  # compiled code, arrays
def test_threads_may_go_back_through_one_graph(dtype):
    """As a kernel that writes into the values for a moment must not let them see."""
    case = make_case(8, 4, 4, 64, 9, dtype=dtype, dim=16, token_major=True)
    output = run("block", case).square().sum()
    expected = torch.autograd.grad(output, case.inputs(), retain_graph=True)

    def differs(number):
        found = torch.autograd.grad(output, case.inputs(), retain_graph=True)
        return any(not torch.allclose(*pair) for pair in zip(found, expected, strict=True))

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(differs, range(40))) == 0
    assert not differs(0)


def test_a_forced_kernel_refuses_what_it_cannot_serve(monkeypatch):
    case = make_case(3, 1, 1, 4, 2)
    wide = replace(case.bias(), bound=20.0)
    for name, bias, words in (
        ("block", wide, "the bias must be bounded by 4.6"),
        ("block", replace(case.bias(), linked_only=False), "it biases linked tokens only"),
        ("flex", case.bias(), "it is for inference"),
    ):
        with pytest.raises(KernelError, match=f"the kernel '{name}' cannot serve this call: {words}.*; use another"):
            choose_kernel(name, case.query, case.key, case.value, None, 0.0, bias)
    mask = torch.zeros(1, 1, 4, 4, requires_grad=True)
    inputs = (case.query, case.key, case.value)
    assert why_not("block", *inputs, mask, 0.0, case.bias()) == "it has no gradient for a mask"
    assert "not on meta" in str(why_not("block", case.query.to("meta"), *inputs[1:], None, 0.0, case.bias()))
    half = tuple(tensor.bfloat16() for tensor in inputs)
    assert "magnify the rounding of torch.bfloat16" in str(why_not("block", *half, None, 0.0, case.bias()))
    assert why_not("block", *half, None, 0.1, wide) is None, "written out, it takes any"
    narrow = (*inputs[:2], case.value[..., :2])
    assert why_not("block", *narrow, None, 0.0, case.bias()) == "values must be as wide as queries"
    monkeypatch.setattr(torch.compiler, "is_compiling", lambda: True)
    assert "drops attention weights" in str(why_not("block", *inputs, None, 0.1, case.bias()))


def test_auto_takes_what_serves(caplog, monkeypatch):
    few, mask = make_case(3, 1, 1, 12, 2, linked="none"), torch.zeros(1, 1, 4, 4, requires_grad=True)
    few.token_slot[:, 0] = 1
    everything = make_case(3, 1, 1, 12, 2, linked="all")

    def taken(case, mask=None, dropout=0.0, device="cpu"):
        inputs = (tensor.to(device) for tensor in (case.query, case.key, case.value))
        return fastest(*inputs, mask, dropout, case.bias())

    assert taken(few) == "block"
    assert taken(few, mask) == "dense"
    assert taken(everything) == "dense"
    assert taken(few, device="meta") == "fold"
    for case in (few, few.to(torch.bfloat16), everything):
        assert taken(case, dropout=0.125) == "block"
    caplog.set_level(logging.INFO, logger="kgattn")
    assert taken(few.to(torch.bfloat16)) == "fold"
    monkeypatch.setattr(torch.compiler, "is_compiling", lambda: True)
    for _ in range(2):
        assert taken(few, dropout=0.125) == "fold"
    told = [record.message for record in caplog.records if "0.125" in record.message]
    assert len(told) == 1, "said once"


def test_an_unknown_kernel_is_refused():
    case = make_case(3, 1, 1, 4, 2)
    with pytest.raises(ConfigError, match=r"kernel must be auto or one of .*dense.*, got 'quick'"):
        choose_kernel("quick", case.query, case.key, case.value, None, 0.0, case.bias())


@pytest.mark.parametrize("inference", [False, True])
def test_a_mask_is_looked_at_again_once_it_was_written_to(inference):
    """All layers of a pass share what is known of the mask between linked tokens."""
    case = make_case(9, 2, 2, 12, 3, mask="additive", linked="all")
    bias = case.bias()
    with torch.inference_mode(inference):
        mask = torch.zeros(2, 1, 1, 12, dtype=torch.float64)
        for _ in range(2):
            output = KERNELS["block"](case.query, case.key, case.value, mask, 0.5, 0.0, bias)
            expected = KERNELS["reference"](case.query, case.key, case.value, mask, 0.5, 0.0, bias)
            torch.testing.assert_close(output, expected, rtol=1e-12, atol=1e-12)
            mask[..., 3:9] = float("-inf")
