"""From slots to tokens: the slow, obvious spreading that the dense kernels use and every other kernel must equal."""

import torch
import torch.nn.functional as F
from torch import Tensor

from kgattn.shapes import Bool, Float, Int


def materialize(
    pair_bias: Float[Tensor, "batch head slot slot"], token_slot: Int[Tensor, "batch token"]
) -> Float[Tensor, "batch head token token"]:
    """Spread a bias between mention slots over all token pairs.

    The spatial encoding of Graphormer (Ying et al. 2021, arXiv:2106.05234, sec. 3.1.2), kept to mentions.

    Args:
        pair_bias: Bias from query slot to key slot, in nats.
        token_slot: Slot of each token, in [0, slot).

    Returns:
        The bias from each query token to each key token, in the dtype of `pair_bias`.
    """
    one_hot = F.one_hot(token_slot, pair_bias.shape[-1]).to(pair_bias.dtype)[:, None]
    return one_hot @ pair_bias @ one_hot.transpose(-1, -2)


def add_values(
    value: Float[Tensor, "batch head token dim"],
    slot_values: Float[Tensor, "batch head slot dim"] | None,
    token_slot: Int[Tensor, "batch token"],
) -> Float[Tensor, "batch head token dim"]:
    """Add to each token's value vector what its slot adds; `slot_values` None adds nothing."""
    if slot_values is None:
        return value
    one_hot = F.one_hot(token_slot, slot_values.shape[-2]).to(value.dtype)[:, None]
    return value + one_hot @ slot_values.to(value.dtype)


def join_mask(
    bias: Float[Tensor, "batch head query key"] | None,
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
        return bias.masked_fill(~mask, torch.finfo(dtype).min)
    return bias + mask.to(dtype)
