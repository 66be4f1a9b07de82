"""Attention with the table folded into a few more columns of queries and keys: exact, and no bias on token pairs."""

import torch
import torch.nn.functional as F
from torch import Tensor

from kgattn.attention.materialize import additive_mask, match_heads
from kgattn.attention.rows import add_values
from kgattn.bias import MentionBias
from kgattn.shapes import Float

WIDTH_STEP = 8
"""Fused kernels on accelerators want widths that are multiples of this."""


def fold(
    query: Float[Tensor, "batch head token dim"],
    key: Float[Tensor, "batch kv_head token dim"],
    value: Float[Tensor, "batch kv_head token dim"],
    mask: Tensor | None,
    scaling: float,
    dropout: float,
    bias: MentionBias,
    is_causal: bool = False,
) -> Float[Tensor, "batch head token dim"]:
    """PyTorch's attention on [query, table row of its slot / scaling] and [key, one-hot of its slot].

    The inner product of the new columns is the bias itself (the factorised bias of FlashBias, Wu et al. 2025,
    arXiv:2505.12044, with the table's own rows as factors, so that nothing is approximated). Softmax ignores a constant
    per query: taking column 0 off every row spares slot 0 a column. In half precision each number of the table is
    written as the sum of two, so that rounding loses nothing that the logits would have kept. With dropout on the CPU
    PyTorch writes attention out, and keeps its tokens x tokens weights, as it does without a bias.
    """
    num_heads = query.shape[1]
    value = match_heads(add_values(value, bias.values, bias.layout), num_heads)
    key = match_heads(key, num_heads)
    columns = None
    if bias.pair_bias is not None and bias.pair_bias.shape[-1] > 1:
        slots = bias.layout.one_hot(query.dtype)[:, None]
        columns = fold_table(bias.pair_bias, slots, slots, scaling)
    return attend_folded(query, key, value, mask, scaling, dropout, columns, is_causal)


def fold_table(
    pair_bias: Float[Tensor, "batch head slot slot"],
    query_slots: Float[Tensor, "batch 1 query slot"],
    key_slots: Float[Tensor, "batch 1 key slot"],
    scaling: float,
) -> tuple[Float[Tensor, "batch head query column"], Float[Tensor, "batch 1 key column"]]:
    """Columns of queries and keys whose inner product is the table at their slots, given as one-hots, / scaling."""
    rows = (pair_bias[..., 1:] - pair_bias[..., :1]) / scaling
    columns = query_slots @ in_parts(rows, query_slots.dtype)
    one_hot = key_slots[..., 1:]
    return columns, one_hot.repeat(1, 1, 1, columns.shape[-1] // one_hot.shape[-1])


def in_parts(
    numbers: Float[Tensor, "batch head row column"], dtype: torch.dtype
) -> Float[Tensor, "batch head row column2"]:
    """The numbers in that precision; in half precision twice the columns, whose sums are the numbers."""
    if dtype not in (torch.bfloat16, torch.float16):
        return numbers.to(dtype)
    coarse = numbers.to(dtype)
    return torch.cat([coarse, (numbers - coarse).to(dtype)], dim=-1)


def attend_folded(
    query: Float[Tensor, "batch head query dim"],
    key: Float[Tensor, "batch head key dim"],
    value: Float[Tensor, "batch head key dim2"],
    mask: Tensor | None,
    scaling: float,
    dropout: float,
    columns: tuple[Float[Tensor, "batch #head query column"], Float[Tensor, "batch #head key column"]] | None,
    is_causal: bool = False,
) -> Float[Tensor, "batch head query dim2"]:
    """PyTorch's attention with more columns of queries and keys, whose inner product is the bias / scaling."""
    dim, on_cpu = value.shape[-1], query.device.type == "cpu"
    if on_cpu and mask is not None:
        mask = additive_mask(mask, query.dtype)  # as PyTorch would, but without an axis for the queries
    if columns is not None:
        padding = -columns[0].shape[-1] % WIDTH_STEP
        query, key = (
            torch.cat([tensor, F.pad(more, (0, padding)).expand(-1, tensor.shape[1], -1, -1)], dim=-1)
            for tensor, more in zip((query, key), columns, strict=True)
        )
        if not (on_cpu and dropout > 0):  # fused kernels want values as wide as keys
            value = F.pad(value, (0, query.shape[-1] - dim))
    output = F.scaled_dot_product_attention(
        query, key, value, attn_mask=mask, dropout_p=dropout, is_causal=is_causal, scale=scaling
    )
    return output[..., :dim]
