"""Attention between two texts equals attention written out, in outputs and gradients."""

import pytest
import torch

from kgattn.attention import across_bias, attend_across
from kgattn.bias import MentionBias
from kgattn.mentions import SlotLayout

SLOTS, QUERIES, KEYS = 4, 5, 7


def make_inputs(dtype=torch.float64, group=1):
    generator = torch.Generator().manual_seed(0)

    def random(*shape):
        return torch.randn(shape, generator=generator, dtype=dtype).requires_grad_()

    table = torch.randn(2, 2 * group, SLOTS, SLOTS, generator=generator, dtype=dtype)
    table[..., 0] = 0
    inputs = {
        "query": random(2, 2 * group, QUERIES, 3),
        "key": random(2, 2, KEYS, 3),
        "value": random(2, 2, KEYS, 3),
        "table": table.requires_grad_(),
        "values": random(2, 2, SLOTS, 3),
    }
    query_slot = torch.randint(0, SLOTS, (2, QUERIES), generator=generator)
    key_slot = torch.randint(0, SLOTS, (2, KEYS), generator=generator)
    key_slot[:, 0] = 0
    return inputs, query_slot, key_slot


def make_mask(kind, dtype=torch.float64):
    if kind == "none":
        return None
    keep = torch.ones(2, 1, 1, KEYS, dtype=torch.bool)
    keep[1, ..., 4:] = False
    if kind == "bool":
        return keep.repeat(1, 1, QUERIES, 1)
    return torch.zeros(2, 1, 1, KEYS, dtype=dtype).masked_fill(~keep, torch.finfo(dtype).min)


def written_out(query, key, value, table, values, query_slot, key_slot, mask):
    """One query and one key at a time; a token in no mention adds nothing to its value."""
    group, output = query.shape[1] // key.shape[1], torch.zeros_like(query)
    for b in range(2):
        for h in range(query.shape[1]):
            for i in range(QUERIES):
                logits, carried = [], []
                for j in range(KEYS):
                    if mask is not None and not keeps(mask, b, i, j):
                        continue
                    slot = int(key_slot[b, j])
                    logit = 0.4 * query[b, h, i] @ key[b, h // group, j]
                    logits.append(logit + table[b, h, int(query_slot[b, i]), slot])
                    carried.append(value[b, h // group, j] + (values[b, h // group, slot] if slot else 0))
                output[b, h, i] = torch.stack(logits).softmax(0) @ torch.stack(carried)
    return output


def keeps(mask, b, i, j):
    entry = mask[b, 0, min(i, mask.shape[2] - 1), j]
    return bool(entry) if mask.dtype == torch.bool else bool(entry == 0)


@pytest.mark.parametrize("linked", [True, False], ids=["linked", "unlinked"])
@pytest.mark.parametrize("mask", ["none", "bool", "additive"])
@pytest.mark.parametrize("group", [1, 2])
def test_it_equals_attention_written_out(linked, mask, group):
    inputs, query_slot, key_slot = make_inputs(group=group)
    mask = make_mask(mask)
    if not linked:
        query_slot = torch.zeros_like(query_slot)
    values = inputs["values"] * (torch.arange(SLOTS) > 0)[:, None]
    bias = MentionBias(SlotLayout.of(key_slot, SLOTS), inputs["table"], values, linked_only=False)
    output = attend_across(
        *(inputs[name] for name in ("query", "key", "value")), mask, 0.4, 0.0, bias, query_slot if linked else None
    )
    expected = written_out(*inputs.values(), query_slot, key_slot, mask)
    torch.testing.assert_close(output, expected)
    seed = torch.randn(output.shape, generator=torch.Generator().manual_seed(1), dtype=output.dtype)
    found, wanted = (torch.autograd.grad((each * seed).sum(), list(inputs.values())) for each in (output, expected))
    names = list(inputs)
    for name, one, other in zip(names, found, wanted, strict=True):
        pinned = int(name == "table")  # column 0 is zero: no gradient is asked of it
        torch.testing.assert_close(
            one[..., pinned:], other[..., pinned:], msg=lambda text, name=name: f"{name}: {text}"
        )


@pytest.mark.parametrize("linked", [True, False], ids=["linked", "unlinked"])
def test_half_precision_loses_no_more_than_plain_attention(linked):
    inputs, query_slot, key_slot = make_inputs(torch.float32)
    inputs = {name: tensor.detach() for name, tensor in inputs.items()}
    layout, query_slot = SlotLayout.of(key_slot, SLOTS), query_slot if linked else None

    def run(dtype):
        parts = [inputs[name].to(dtype) for name in ("query", "key", "value")]
        bias = MentionBias(layout, 4 * inputs["table"], None, linked_only=False)
        plain = torch.nn.functional.scaled_dot_product_attention(*parts, scale=0.4)
        return attend_across(*parts, None, 0.4, 0.0, bias, query_slot), plain

    (half, plain_half), (exact, plain) = run(torch.bfloat16), run(torch.float32)
    assert half.dtype == torch.bfloat16
    assert (half.float() - exact).abs().max() <= 2 * (plain_half.float() - plain).abs().max() + 2e-3


def test_the_bias_is_one_row_where_no_query_lies_in_a_mention():
    inputs, query_slot, key_slot = make_inputs()
    assert across_bias(inputs["table"], query_slot, key_slot).shape == (2, 2, QUERIES, KEYS)
    row = across_bias(inputs["table"], None, key_slot)
    assert row.shape == (2, 2, 1, KEYS)
    assert torch.equal(row[1, 1, 0, 3], inputs["table"][1, 1, 0, key_slot[1, 3]])


def test_without_a_table_the_values_alone_are_added():
    inputs, _, key_slot = make_inputs()
    bias = MentionBias(SlotLayout.of(key_slot, SLOTS), None, inputs["values"], linked_only=False)
    parts = [inputs[name] for name in ("query", "key", "value")]
    output = attend_across(*parts, None, 0.4, 0.0, bias, None)
    zero = torch.zeros_like(inputs["table"])
    expected = attend_across(*parts, None, 0.4, 0.0, MentionBias(bias.layout, zero, bias.values), None)
    torch.testing.assert_close(output, expected)
