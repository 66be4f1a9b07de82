"""From slots to tokens: spreading a table over token pairs, joining masks and heads."""

import torch
import torch.nn.functional as F
from torch import Tensor

from kgattn.shapes import Bool, Float, Int


def materialize(
    pair_bias: Float[Tensor, "batch head slot slot"],
    query_slot: Int[Tensor, "batch query"],
    key_slot: Int[Tensor, "batch key"],
) -> Float[Tensor, "batch head query key"]:
    """Spread a bias between mention slots over all token pairs.

    The spatial encoding of Graphormer (Ying et al. 2021, arXiv:2106.05234, sec. 3.1.2), kept to mentions.

    Args:
        pair_bias: Bias from query slot to key slot, in nats.
        query_slot: Slot of each query token, in [0, slot).
        key_slot: Slot of each key token, in [0, slot).

    Returns:
        The bias from each query token to each key token, in the dtype of `pair_bias`.
    """
    queries, keys = (
        F.one_hot(slot, pair_bias.shape[-1]).to(pair_bias.dtype)[:, None] for slot in (query_slot, key_slot)
    )
    return queries @ pair_bias @ keys.transpose(-1, -2)


def join_mask(
    bias: Float[Tensor, "#batch #head #query #key"] | None,
    mask: Bool[Tensor, "#batch #head #query #key"] | Float[Tensor, "#batch #head #query #key"] | None,
    dtype: torch.dtype,
) -> Tensor | None:
    """One additive mask from a bias and a mask (boolean, True = may attend, or already additive)."""
    if bias is None:
        return mask
    bias = bias.to(dtype)
    if mask is None:
        return bias
    if mask.dtype == torch.bool:
        return bias.masked_fill(~mask, float("-inf"))
    return bias + mask.to(dtype)


def additive_mask(mask: Tensor, dtype: torch.dtype) -> Tensor:
    """A boolean mask as numbers to add, 0 and -inf; axes it was expanded along, but the keys', are 1 wide again."""
    for axis in range(mask.ndim - 1):
        if mask.stride(axis) == 0 and mask.shape[axis] > 1:
            mask = mask.narrow(axis, 0, 1)
    if mask.dtype != torch.bool:
        return mask.to(dtype).contiguous()
    return torch.zeros(mask.shape, dtype=dtype, device=mask.device).masked_fill_(~mask, float("-inf"))


def causal_mask(num_queries: int, device: torch.device, num_keys: int | None = None) -> Bool[Tensor, "1 1 query key"]:
    """True where a key is not later than the query; both begin with the same token."""
    shape = (num_queries, num_queries if num_keys is None else num_keys)
    return torch.ones(shape, dtype=torch.bool, device=device).tril()[None, None]


def match_heads(
    tensor: Float[Tensor, "batch kv_head token dim"], num_heads: int
) -> Float[Tensor, "batch head token dim"]:
    """Repeat each key or value head for the queries that share it (grouped-query attention)."""
    times = num_heads // tensor.shape[1]
    return tensor if times == 1 else tensor.repeat_interleave(times, dim=1)
