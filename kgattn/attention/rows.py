"""Reading and writing the linked tokens of a tensor, without a copy of the whole wherever its memory allows."""

import torch
from torch import Tensor

from kgattn.mentions import SlotLayout
from kgattn.shapes import Float, Int


class LinkedRows:
    """The same tokens of several tensors [batch, head, token, dim], as [batch, head, linked, dim].

    Attributes:
        rows: Positions of each example's linked tokens.
        flat: The same positions, counted through the whole batch.
    """

    def __init__(self, rows: Int[Tensor, "batch linked"], flat: Int[Tensor, " batch_linked"]) -> None:
        self.rows, self.flat = rows, flat

    def take(self, tensor: Float[Tensor, "batch head token dim"]) -> Float[Tensor, "batch head linked dim"]:
        """The tensor at these tokens, contiguous."""
        tokens = tensor.transpose(1, 2)
        if _is_token_major(tensor):
            part = tokens.flatten(0, 1).index_select(0, self.flat).view(*self.rows.shape, *tokens.shape[2:])
        else:
            part = tokens[self._places()]
        linked: Tensor = part.transpose(1, 2).contiguous()
        return linked

    def put(self, tensor: Float[Tensor, "batch head token dim"], part: Float[Tensor, "batch head linked dim"]) -> None:
        """Write a part that `take` could have taken, in place."""
        tokens, part = tensor.transpose(1, 2), part.transpose(1, 2)
        if _is_token_major(tensor):
            tokens.flatten(0, 1).index_copy_(0, self.flat, part.flatten(0, 1))
        else:
            tokens.index_put_(self._places(), part)

    def add(self, tensor: Float[Tensor, "batch head token dim"], part: Float[Tensor, "batch head linked dim"]) -> None:
        """Add a part to what is there, in place."""
        tokens, part = tensor.transpose(1, 2), part.transpose(1, 2)
        if _is_token_major(tensor):
            tokens.flatten(0, 1).index_add_(0, self.flat, part.flatten(0, 1))
        else:
            tokens.index_put_(self._places(), part, accumulate=True)

    def _places(self) -> tuple[Tensor, Tensor]:
        return torch.arange(self.rows.shape[0], device=self.rows.device)[:, None], self.rows


def add_values(
    value: Float[Tensor, "batch head token dim"],
    slot_values: Float[Tensor, "batch head slot dim"] | None,
    layout: SlotLayout,
) -> Float[Tensor, "batch head token dim"]:
    """Add to each token's value vector what its slot adds; `slot_values` None adds nothing."""
    if slot_values is None or layout.rows.shape[1] == 0:
        return value
    batch, num_heads, num_slots, dim = slot_values.shape
    slot_major = slot_values.to(value.dtype).transpose(1, 2).reshape(batch, num_slots, num_heads * dim)
    part = layout.row_one_hot.to(value.dtype) @ slot_major
    tokens = value.transpose(1, 2).reshape(-1, num_heads * dim)
    total = tokens.index_add(0, layout.flat_rows, part.reshape(-1, num_heads * dim))
    return total.view(batch, -1, num_heads, dim).transpose(1, 2)


def _is_token_major(tensor: Tensor) -> bool:
    """Whether batch and token are one axis in memory, as after a projection that is split into heads."""
    return tensor.stride(0) == tensor.shape[2] * tensor.stride(2)
