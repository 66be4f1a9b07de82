"""Attention with the bias spread over token pairs and handed to PyTorch as a mask."""

import torch.nn.functional as F
from torch import Tensor

from kgattn.attention.materialize import causal_mask, join_mask, match_heads, materialize
from kgattn.attention.rows import add_values
from kgattn.bias import MentionBias
from kgattn.shapes import Float


def dense(
    query: Float[Tensor, "batch head token dim"],
    key: Float[Tensor, "batch kv_head token dim"],
    value: Float[Tensor, "batch kv_head token dim"],
    mask: Tensor | None,
    scaling: float,
    dropout: float,
    bias: MentionBias,
    is_causal: bool = False,
) -> Float[Tensor, "batch head token dim"]:
    """PyTorch's scaled dot product attention with mask + bias; one tokens x tokens tensor a head is stored."""
    slots, num_heads = bias.layout.token_slot, query.shape[1]
    if is_causal and bias.pair_bias is not None:
        mask, is_causal = causal_mask(query.shape[2], query.device), False
    dense_bias = None if bias.pair_bias is None else materialize(bias.pair_bias.to(query.dtype), slots, slots)
    return F.scaled_dot_product_attention(
        query,
        match_heads(key, num_heads),
        match_heads(add_values(value, bias.values, bias.layout), num_heads),
        attn_mask=join_mask(dense_bias, mask, query.dtype),
        dropout_p=dropout,
        is_causal=is_causal,
        scale=scaling,
    )
