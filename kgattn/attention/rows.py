"""Reading and writing the linked tokens of a tensor, without a copy of the whole wherever its memory allows."""

import torch
from torch import Tensor

from kgattn.mentions import SlotLayout
from kgattn.shapes import Float, Int


def take_rows(
    tensor: Float[Tensor, "batch head token dim"],
    rows: Int[Tensor, "batch linked"],
    flat_rows: Int[Tensor, " batch_linked"],
) -> Float[Tensor, "batch head linked dim"]:
    """The tensor at these tokens."""
    if _is_token_major(tensor):
        part = tensor.transpose(1, 2).flatten(0, 1).index_select(0, flat_rows)
        return part.view(*rows.shape, *part.shape[1:]).transpose(1, 2)
    return tensor.transpose(1, 2)[torch.arange(len(rows), device=rows.device)[:, None], rows].transpose(1, 2)


def put_rows(
    tensor: Float[Tensor, "batch head token dim"],
    rows: Int[Tensor, "batch linked"],
    flat_rows: Int[Tensor, " batch_linked"],
    part: Float[Tensor, "batch head linked dim"],
    *,
    add: bool = False,
) -> None:
    """Write, or add, a part that `take_rows` could have taken, in place."""
    part = part.to(tensor.dtype).transpose(1, 2)
    if not _is_token_major(tensor):
        index = (torch.arange(len(rows), device=rows.device)[:, None], rows)
        tensor.transpose(1, 2).index_put_(index, part, accumulate=add)
        return
    flat = tensor.transpose(1, 2).flatten(0, 1)
    part = part.reshape(-1, *part.shape[2:])
    if add:
        flat.index_add_(0, flat_rows, part)
    else:
        flat.index_copy_(0, flat_rows, part)


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
