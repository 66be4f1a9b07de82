"""What a mask hides between linked tokens."""

import torch
from torch import Tensor

from kgattn.mentions import SlotLayout
from kgattn.shapes import Float


def row_mask(
    mask: Float[Tensor, "#batch #head #query #key"], layout: SlotLayout
) -> Float[Tensor, "batch #head #linked #linked"] | None:
    """The mask between linked tokens, axes 1 wide as they are; None where it hides none of them.

    All layers of a pass are handed the same mask: it is looked at once.
    """
    if torch.compiler.is_compiling():
        return _between(mask, layout.rows)

    def between() -> Tensor | None:
        part = _between(mask, layout.rows)
        return part if part.any() else None

    return layout.once_a_mask("between rows", mask, between)


def hides_linked(mask: Float[Tensor, "#batch #head #query #key"], layout: SlotLayout) -> bool:
    """Whether a mask hides a linked token from a linked one; what `rows` are filled up with does not count."""

    def hides() -> bool:
        linked = layout.row_slot > 0
        pairs = linked[:, None, :, None] & linked[:, None, None, :]
        return bool(((_between(mask, layout.rows) != 0) & pairs).any())

    return layout.once_a_mask("hides linked", mask, hides)


def hides_everything(mask: Float[Tensor, "#batch #head #query #key"], layout: SlotLayout) -> bool:
    """Whether an additive mask hides all keys from some query."""
    return layout.once_a_mask("hides everything", mask, lambda: bool((mask == float("-inf")).all(dim=-1).any()))


def _between(
    mask: Float[Tensor, "#batch #head #query #key"], rows: Tensor
) -> Float[Tensor, "batch #head #linked linked"]:
    """The mask between linked tokens; axes 1 wide stay so."""
    mask = mask.expand(rows.shape[0], -1, -1, -1)
    if mask.shape[2] > 1 and mask.shape[3] > 1:
        batch = torch.arange(rows.shape[0], device=rows.device)[:, None, None]
        return mask.transpose(1, 3)[batch, rows[:, None, :], rows[:, :, None]].permute(0, 3, 1, 2)
    if mask.shape[2] > 1:
        return mask.gather(2, rows[:, None, :, None].expand(-1, mask.shape[1], -1, -1))
    if mask.shape[3] > 1:
        return mask.gather(3, rows[:, None, None, :].expand(-1, mask.shape[1], -1, -1))
    return mask
