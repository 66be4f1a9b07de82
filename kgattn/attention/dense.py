"""Attention with the bias spread over token pairs and handed to PyTorch as a mask."""

import torch.nn.functional as F
from torch import Tensor

from kgattn.attention.materialize import add_values, join_mask, materialize
from kgattn.bias import MentionBias
from kgattn.shapes import Float


def dense(
    query: Float[Tensor, "batch head query dim"],
    key: Float[Tensor, "batch head key dim"],
    value: Float[Tensor, "batch head key dim"],
    mask: Tensor | None,
    scaling: float,
    dropout: float,
    bias: MentionBias,
) -> Float[Tensor, "batch head query dim"]:
    """PyTorch's scaled dot product attention with mask + bias; one tokens x tokens tensor a head is stored."""
    dense_bias = None if bias.pair_bias is None else materialize(bias.pair_bias.to(query.dtype), bias.token_slot)
    return F.scaled_dot_product_attention(
        query,
        key,
        add_values(value, bias.values, bias.token_slot),
        attn_mask=join_mask(dense_bias, mask, query.dtype),
        dropout_p=dropout,
        scale=scaling,
    )
