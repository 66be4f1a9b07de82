"""Attention written out: the definition the other kernels are tested against, in any precision."""

import torch
import torch.nn.functional as F
from torch import Tensor

from kgattn.attention.materialize import causal_mask, join_mask, match_heads, materialize
from kgattn.attention.rows import add_values
from kgattn.bias import MentionBias
from kgattn.shapes import Float


def reference(
    query: Float[Tensor, "batch head token dim"],
    key: Float[Tensor, "batch kv_head token dim"],
    value: Float[Tensor, "batch kv_head token dim"],
    mask: Tensor | None,
    scaling: float,
    dropout: float,
    bias: MentionBias,
    is_causal: bool = False,
) -> Float[Tensor, "batch head token dim"]:
    """softmax(scaling * q k' + bias + mask) (v + values), step by step (Vaswani et al. 2017, eq. 1)."""
    slots, num_heads = bias.layout.token_slot, query.shape[1]
    logits = scaling * query @ match_heads(key, num_heads).transpose(-1, -2)
    if is_causal:
        mask = causal_mask(query.shape[2], query.device)
    dense_bias = None if bias.pair_bias is None else materialize(bias.pair_bias, slots, slots)
    additive = join_mask(dense_bias, mask, logits.dtype)
    if additive is not None and additive.dtype == torch.bool:
        additive = torch.zeros_like(additive, dtype=logits.dtype).masked_fill(~additive, float("-inf"))
    if additive is not None:
        shut_out = (additive == float("-inf")).all(
            dim=-1, keepdim=True
        )  # a query without a single key attends to nothing
        logits = (logits + additive).masked_fill(shut_out, 0.0)
        weights = logits.softmax(dim=-1).masked_fill(shut_out, 0.0)
    else:
        weights = logits.softmax(dim=-1)
    weights = F.dropout(weights, dropout, training=dropout > 0)
    return weights @ match_heads(add_values(value, bias.values, bias.layout), num_heads)
