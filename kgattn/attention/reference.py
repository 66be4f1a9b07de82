"""Attention written out: the definition the other kernels are tested against, in any precision."""

import torch
import torch.nn.functional as F
from torch import Tensor

from kgattn.attention.materialize import add_values, join_mask, materialize
from kgattn.bias import MentionBias
from kgattn.shapes import Float


def reference(
    query: Float[Tensor, "batch head query dim"],
    key: Float[Tensor, "batch head key dim"],
    value: Float[Tensor, "batch head key dim"],
    mask: Tensor | None,
    scaling: float,
    dropout: float,
    bias: MentionBias,
) -> Float[Tensor, "batch head query dim"]:
    """softmax(scaling * q k' + bias + mask) (v + values), step by step (Vaswani et al. 2017, eq. 1)."""
    logits = scaling * query @ key.transpose(-1, -2)
    dense_bias = None if bias.pair_bias is None else materialize(bias.pair_bias, bias.token_slot)
    additive = join_mask(dense_bias, mask, logits.dtype)
    if additive is not None:
        if additive.dtype == torch.bool:
            logits = logits.masked_fill(~additive, torch.finfo(logits.dtype).min)
        else:
            logits = logits + additive
    weights = F.dropout(logits.softmax(dim=-1), dropout, training=dropout > 0)
    return weights @ add_values(value, bias.values, bias.token_slot)
