"""The kernel `block` where PyTorch writes attention out: on the CPU, when attention weights are dropped."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import FunctionCtx

from kgattn.attention.materialize import additive_mask, causal_mask, match_heads
from kgattn.attention.row_mask import hides_everything
from kgattn.attention.rows import add_values, between_rows
from kgattn.bias import MentionBias
from kgattn.mentions import SlotLayout
from kgattn.shapes import Float


def attend_written_out(
    query: Float[Tensor, "batch head token dim"],
    key: Float[Tensor, "batch kv_head token dim"],
    value: Float[Tensor, "batch kv_head token dim2"],
    mask: Tensor | None,
    scaling: float,
    dropout: float,
    bias: MentionBias,
    is_causal: bool,
) -> Float[Tensor, "batch head token dim2"]:
    """PyTorch's own steps, as for its attention without a bias, and between them the bias added where both are linked.

    Half precision is computed in float32, as PyTorch does. A given random state drops the same weights as without the
    bias.

    Args:
        query: As for a kernel, which says what the other arguments are.
        key: The same.
        value: The same.
        mask: The same.
        scaling: The same.
        dropout: The same.
        bias: The same; of linked tokens only.
        is_causal: The same.
    """
    layout, dtype, num_heads = bias.layout, query.dtype, query.shape[1]
    key, value = match_heads(key, num_heads), match_heads(add_values(value, bias.values, layout), num_heads)
    mask = None if mask is None else additive_mask(mask, dtype)
    if dtype in (torch.bfloat16, torch.float16):
        query, key, value = query.float(), key.float(), value.float()
    logits = (query * scaling) @ key.transpose(-1, -2)
    if mask is not None:
        logits.add_(mask)
    if is_causal:
        logits.masked_fill_(~causal_mask(query.shape[2], query.device), float("-inf"))
    if bias.pair_bias is not None and layout.rows.shape[1]:
        pairs = between_rows(bias.pair_bias.to(logits.dtype), layout)
        logits = _AddBetween.apply(logits, pairs, layout)  # type: ignore[no-untyped-call]
    if mask is not None and hides_everything(mask, layout):
        weights = torch.ops.aten._safe_softmax(logits, -1)  # as PyTorch's attention: zeros, at the price of two passes
    else:
        weights = logits.softmax(dim=-1)
    return (F.dropout(weights, dropout) @ value).to(dtype)


class _AddBetween(torch.autograd.Function):
    """Add a bias between linked tokens to the logits, in place; their gradient is passed on without a copy."""

    @staticmethod
    def forward(
        ctx: FunctionCtx,
        logits: Float[Tensor, "batch head token token"],
        pairs: Float[Tensor, "batch head linked linked"],
        layout: SlotLayout,
    ) -> Tensor:
        places = layout.pair_places().expand(-1, logits.shape[1], -1)
        logits.flatten(2).scatter_add_(2, places, pairs.flatten(2))
        ctx.mark_dirty(logits)
        ctx.places, ctx.shape = places, pairs.shape  # type: ignore[attr-defined]
        return logits

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor | None, None]:
        of_pairs = grad.flatten(2).gather(2, ctx.places).view(ctx.shape) if ctx.needs_input_grad[1] else None
        return grad, of_pairs, None
