"""Reading and writing the linked tokens of a tensor, without a copy of the whole wherever its memory allows."""

import threading

import torch
from torch import Tensor

from kgattn.mentions import SlotLayout
from kgattn.shapes import Float, Int

_WRITING = tuple(threading.Lock() for _ in range(64))


def writing(tensor: Tensor) -> threading.Lock:
    """To hold while a tensor is not what it should be: threads may go through one graph at a time."""
    return _WRITING[tensor.data_ptr() // 64 % 64]


def shares_memory(value: Tensor, *others: Tensor) -> bool:
    """Whether writing into the values would change something else as well, or one number twice."""
    return 0 in value.stride() or any(value.data_ptr() == other.data_ptr() for other in others)


class LinkedRows:
    """The linked tokens of tensors [batch, head, token, dim], as [batch, head, linked, dim].

    A token's vector under one head is read and written as one piece of memory, wherever it lies.
    """

    def __init__(self, layout: SlotLayout) -> None:
        self._layout = layout

    def take(self, tensor: Float[Tensor, "batch head token dim"]) -> Float[Tensor, "batch head linked dim"]:
        """The tensor at these tokens, contiguous."""
        places = self._places(tensor)
        if places is None:
            return tensor.transpose(1, 2)[self._indices()].transpose(1, 2).contiguous()
        batch, num_heads, _, dim = tensor.shape
        return _vectors(tensor).index_select(0, places).view(batch, num_heads, self._layout.rows.shape[1], dim)

    def put(self, tensor: Float[Tensor, "batch head token dim"], part: Float[Tensor, "batch head linked dim"]) -> None:
        """Write a part that `take` could have taken, in place."""
        places = self._places(tensor)
        if places is None:
            tensor.transpose(1, 2).index_put_(self._indices(), part.transpose(1, 2))
        else:
            vectors, parts = _vectors(tensor), part.reshape(-1, part.shape[-1])
            if _in_sixteens(vectors) and _in_sixteens(parts):  # moved 16 bytes at a time: a third faster
                vectors, parts = vectors.view(torch.complex128), parts.view(torch.complex128)
            vectors.index_copy_(0, places, parts)

    def add(self, tensor: Float[Tensor, "batch head token dim"], part: Float[Tensor, "batch head linked dim"]) -> None:
        """Add a part to what is there, in place."""
        places = self._places(tensor)
        if places is None:
            tensor.transpose(1, 2).index_put_(self._indices(), part.transpose(1, 2), accumulate=True)
        else:
            _vectors(tensor).index_add_(0, places, part.reshape(-1, part.shape[-1]))

    def _places(self, tensor: Tensor) -> Int[Tensor, " place"] | None:
        """Where the linked tokens are among a tensor's `_vectors`; None if its memory is no row of vectors."""
        if torch.compiler.is_compiling():  # compilers are not asked to follow
            return None
        batch_step, head_step, token_step, last = tensor.stride()
        dim = tensor.shape[-1]
        if last != 1 or tensor.numel() == 0 or batch_step % dim or head_step % dim or token_step % dim:
            return None
        return self._layout.row_places(tensor.shape[1], (batch_step // dim, head_step // dim, token_step // dim))

    def _indices(self) -> tuple[Tensor, Tensor]:
        rows = self._layout.rows
        return torch.arange(len(rows), device=rows.device)[:, None], rows


def _vectors(tensor: Float[Tensor, "batch head token dim"]) -> Float[Tensor, "vector dim"]:
    """All memory from a tensor's first number to its last, as vectors of its last axis."""
    dim = tensor.shape[-1]
    length = 1 + sum((size - 1) * step for size, step in zip(tensor.shape, tensor.stride(), strict=True))
    return tensor.as_strided((length // dim, dim), (dim, 1))


def _in_sixteens(vectors: Float[Tensor, "vector dim"]) -> bool:
    """Whether vectors begin and end at multiples of 16 bytes in their memory."""
    size = vectors.element_size()
    return vectors.storage_offset() * size % 16 == 0 and vectors.shape[1] * size % 16 == 0


def add_values(
    value: Float[Tensor, "batch head token dim"],
    slot_values: Float[Tensor, "batch head slot dim"] | None,
    layout: SlotLayout,
) -> Float[Tensor, "batch head token dim"]:
    """Add to each token's value vector what its slot adds; `slot_values` None adds nothing."""
    if slot_values is None or layout.rows.shape[1] == 0:
        return value
    batch, num_heads, length, dim = value.shape
    slots, tokens = (tensor.transpose(1, 2).reshape(-1, num_heads * dim) for tensor in (slot_values, value))
    part = slots.to(value.dtype).index_select(0, layout.slot_places(1, (layout.num_slots, 0, 1)))
    total = tokens.index_add(0, layout.row_places(1, (length, 0, 1)), part)
    return total.view(batch, length, num_heads, dim).transpose(1, 2)


def spread_slots(
    table: Float[Tensor, "batch head slot dim"], layout: SlotLayout
) -> Float[Tensor, "batch head linked dim"]:
    """What belongs to the slot of each linked token."""
    batch, num_heads, num_slots, dim = table.shape
    places = layout.slot_places(num_heads, (num_heads * num_slots, num_slots, 1))
    return table.reshape(-1, dim).index_select(0, places).view(batch, num_heads, layout.rows.shape[1], dim)


def between_rows(
    table: Float[Tensor, "batch head slot slot"], layout: SlotLayout
) -> Float[Tensor, "batch head linked linked"]:
    """The table between linked tokens, by a product over the batch rather than one for each head."""
    rows = spread_slots(table, layout)
    pairs = rows.flatten(1, 2) @ layout.row_one_hot(table.dtype).transpose(1, 2)
    return pairs.view(*rows.shape[:3], rows.shape[2])
