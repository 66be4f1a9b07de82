"""Every kernel equals the reference, in outputs and gradients; the reference equals a loop over tokens."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kgattn.attention import KERNELS, choose_kernel, materialize
from kgattn.bias import MentionBias
from kgattn.errors import ConfigError

FAST = sorted(set(KERNELS) - {"reference"})


def make_case(seed: int, batch: int, heads: int, length: int, slots: int, dtype: torch.dtype = torch.float64):
    generator = torch.Generator().manual_seed(seed)

    def random(*shape):
        return torch.randn(shape, generator=generator, dtype=dtype).requires_grad_()

    table = random(batch, heads, slots, slots)
    values = random(batch, heads, slots, 4)
    token_slot = torch.randint(0, slots, (batch, length), generator=generator)
    query, key, value = (random(batch, heads, length, 4) for _ in range(3))
    return query, key, value, token_slot, table, values


def run(kernel, case, mask, dropout=0.0, use_bias=True, use_values=True):
    query, key, value, token_slot, table, values = case
    bias = MentionBias(token_slot, table if use_bias else None, values if use_values else None)
    return kernel(query, key, value, mask, 0.4, dropout, bias)


def make_mask(kind: str, batch: int, length: int):
    if kind == "none":
        return None
    keep = torch.ones(batch, 1, 1, length, dtype=torch.bool)
    keep[..., length // 2 + 1 :] = False
    if kind == "bool":
        return keep
    if kind == "causal":
        return torch.ones(1, 1, length, length, dtype=torch.bool).tril()
    return torch.zeros(batch, 1, 1, length, dtype=torch.float64).masked_fill(~keep, torch.finfo(torch.float64).min)


def test_the_reference_is_attention_written_as_a_loop():
    query, key, value, token_slot, table, values = case = make_case(0, 2, 2, 5, 3)
    output = run(KERNELS["reference"], case, make_mask("bool", 2, 5))
    for b in range(2):
        for h in range(2):
            for i in range(5):
                logits, carried = [], []
                for j in range(3):  # the mask ends at key 2
                    slot_i, slot_j = int(token_slot[b, i]), int(token_slot[b, j])
                    logits.append(0.4 * query[b, h, i] @ key[b, h, j] + table[b, h, slot_i, slot_j])
                    carried.append(value[b, h, j] + values[b, h, slot_j])
                expected = torch.stack(logits).softmax(0) @ torch.stack(carried)
                torch.testing.assert_close(output[b, h, i], expected)


@pytest.mark.parametrize("name", FAST)
@given(
    seed=st.integers(0, 1000),
    batch=st.integers(1, 3),
    length=st.integers(2, 9),
    slots=st.integers(1, 4),
    mask=st.sampled_from(["none", "bool", "additive", "causal"]),
    use_bias=st.booleans(),
    use_values=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_kernels_equal_the_reference(name, seed, batch, length, slots, mask, use_bias, use_values):
    case = make_case(seed, batch, 2, length, slots)
    parts = {"use_bias": use_bias, "use_values": use_values}
    expected = run(KERNELS["reference"], case, make_mask(mask, batch, length), **parts)
    output = run(KERNELS[name], case, make_mask(mask, batch, length), **parts)
    torch.testing.assert_close(output, expected, rtol=1e-10, atol=1e-12)
    inputs = [*case[:3], *([case[4]] if use_bias else []), *([case[5]] if use_values else [])]
    weight = torch.randn_like(expected)
    for mine, theirs in zip(
        torch.autograd.grad((output * weight).sum(), inputs),
        torch.autograd.grad((expected * weight).sum(), inputs),
        strict=True,
    ):
        torch.testing.assert_close(mine, theirs, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("name", sorted(KERNELS))
def test_dropout_keeps_the_mean(name):
    case = make_case(5, 1, 1, 4, 2)
    torch.manual_seed(0)
    expected = run(KERNELS[name], case, None)
    mean = torch.stack([run(KERNELS[name], case, None, dropout=0.3).detach() for _ in range(4000)]).mean(0)
    torch.testing.assert_close(mean, expected.detach(), rtol=0.05, atol=0.05)


@pytest.mark.parametrize("name", sorted(KERNELS))
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_errs_at_most_twice_as_much_as_pytorch(name, dtype):
    case = make_case(7, 2, 2, 16, 4, torch.float32)
    exact = run(KERNELS["reference"], case, None)
    half = tuple(tensor.to(dtype) if tensor.is_floating_point() else tensor for tensor in case)
    token_slot, table, values = case[3:]
    ours = run(KERNELS[name], (*half[:3], token_slot, table, values), None)
    assert ours.dtype == dtype
    plain = torch.nn.functional.scaled_dot_product_attention(
        *half[:2],
        half[2] + torch.nn.functional.one_hot(token_slot, 4).to(dtype)[:, None] @ half[5],
        attn_mask=materialize(half[4], token_slot),
        scale=0.4,
    )
    error, baseline = (ours.float() - exact).abs().max(), (plain.float() - exact).abs().max()
    assert error <= 2 * baseline


def test_an_unknown_kernel_is_refused():
    with pytest.raises(ConfigError, match=r"kernel must be auto or one of .*dense.*, got 'quick'"):
        choose_kernel("quick")
