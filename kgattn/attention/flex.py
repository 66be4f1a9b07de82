"""Attention that looks the bias up while it computes the logits: PyTorch's FlexAttention, for inference."""

from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.nn.attention.flex_attention import flex_attention

from kgattn.attention.materialize import additive_mask
from kgattn.attention.rows import add_values
from kgattn.bias import MentionBias
from kgattn.shapes import Float


def flex(
    query: Float[Tensor, "batch head token dim"],
    key: Float[Tensor, "batch kv_head token dim"],
    value: Float[Tensor, "batch kv_head token dim"],
    mask: Tensor | None,
    scaling: float,
    dropout: float,
    bias: MentionBias,
    is_causal: bool = False,
) -> Float[Tensor, "batch head token dim"]:
    """FlexAttention (Dong et al. 2024, arXiv:2412.05496) with a score function that gathers from the table.

    Compiled, it stores nothing of size tokens x tokens. On the CPU it runs uncompiled, to be compared with.
    """
    slots, table = bias.layout.token_slot, bias.pair_bias
    rows = slots
    if table is None:
        table, rows = query.new_zeros(*query.shape[:2], 1, 1), torch.zeros_like(slots)
    additive = None if mask is None else additive_mask(mask, torch.float32)
    if additive is None:
        additive = torch.zeros(1, 1, 1, 1, device=query.device)
    step = [int(size > 1) for size in additive.shape]  # 0 along an axis the mask is the same for
    output: Tensor = _attention(query.is_cuda)(
        query,
        key,
        add_values(value, bias.values, bias.layout),
        score_mod=lambda logit, b, h, i, j: torch.where(
            (i >= j) | (not is_causal),
            logit + table[b, h, rows[b, i], rows[b, j]] + additive[b * step[0], h * step[1], i * step[2], j * step[3]],
            float("-inf"),
        ),
        scale=scaling,
        enable_gqa=key.shape[1] != query.shape[1],
    )
    return output.to(query.dtype)


@cache
def _attention(compiled: bool) -> Any:
    return torch.compile(flex_attention, dynamic=True) if compiled else flex_attention
