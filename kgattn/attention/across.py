"""Attention from the tokens of one text to those of another, as from a decoder to its encoder."""

import torch
import torch.nn.functional as F
from torch import Tensor

from kgattn.attention.fold import attend_folded, fold_table, in_parts
from kgattn.attention.materialize import match_heads, materialize
from kgattn.attention.rows import add_values
from kgattn.bias import MentionBias
from kgattn.shapes import Float, Int


def attend_across(
    query: Float[Tensor, "batch head query dim"],
    key: Float[Tensor, "batch kv_head key dim"],
    value: Float[Tensor, "batch kv_head key dim2"],
    mask: Tensor | None,
    scaling: float,
    dropout: float,
    bias: MentionBias,
    query_slot: Int[Tensor, "batch query"] | None,
) -> Float[Tensor, "batch head query dim2"]:
    """The kernel `fold` for queries and keys of different texts: no bias on token pairs is stored.

    Args:
        query: Queries, not yet scaled.
        key: Keys; with fewer heads than the queries, each serves as many queries' heads in a row.
        value: Values, without what the mentions add.
        mask: As for a `Kernel`.
        scaling: Factor on query . key, usually 1/sqrt(dim).
        dropout: Probability of dropping an attention weight, in [0, 1); 0 outside training.
        bias: What the graph says; its layout is that of the keys.
        query_slot: Slot of each query, in [0, slot); None says that no query lies in a mention.
    """
    num_heads, layout = query.shape[1], bias.layout
    value = match_heads(add_values(value, bias.values, layout), num_heads)
    key = match_heads(key, num_heads)
    columns = None
    if bias.pair_bias is not None and bias.pair_bias.shape[-1] > 1:
        if query_slot is None:  # row 0 for all: a number a key
            numbers = across_bias(bias.pair_bias, None, layout.token_slot).transpose(-1, -2) / scaling
            keys = in_parts(numbers, key.dtype)
            columns = query.new_ones(len(query), 1, query.shape[2], keys.shape[-1]), keys
        else:
            one_hot = F.one_hot(query_slot, bias.pair_bias.shape[-1]).to(query.dtype)
            columns = fold_table(bias.pair_bias, one_hot[:, None], layout.one_hot(query.dtype)[:, None], scaling)
    return attend_folded(query, key, value, mask, scaling, dropout, columns)


def across_bias(
    pair_bias: Float[Tensor, "batch head slot slot"],
    query_slot: Int[Tensor, "batch query"] | None,
    key_slot: Int[Tensor, "batch key"],
) -> Float[Tensor, "batch head #query key"]:
    """The dense bias; 1 wide along the queries where none lies in a mention (`query_slot` None)."""
    if query_slot is None:
        query_slot = torch.zeros_like(key_slot[:, :1])
    return materialize(pair_bias, query_slot, key_slot)
