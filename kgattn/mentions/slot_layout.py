"""Where the linked tokens of a batch are: made once a forward pass, shared by all layers and heads."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor

from kgattn.shapes import Float, Int

_Made = TypeVar("_Made")


@dataclass(frozen=True)
class SlotLayout:
    """The slots of a batch and the tokens that lie in one.

    Attributes:
        token_slot: Slot of each token, in [0, slot); 0 is "no mention".
        num_slots: Slots of the tables that go with it.
        rows: Positions of each example's linked tokens in rising order, filled up with positions of unlinked ones to
            the largest number in the batch; no position occurs twice.
        row_slot: The slot of each of `rows`.
    """

    token_slot: Int[Tensor, "batch token"]
    num_slots: int
    rows: Int[Tensor, "batch linked"]
    row_slot: Int[Tensor, "batch linked"]
    _kept: dict[tuple[object, ...], Tensor] = field(default_factory=dict, repr=False, compare=False)
    _masked: dict[str, tuple[Tensor, int, object]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, token_slot: Int[Tensor, "batch token"], num_slots: int, num_linked: int | None = None) -> "SlotLayout":
        """Find the linked tokens.

        Args:
            token_slot: As in the attributes.
            num_slots: As in the attributes.
            num_linked: The largest number of linked tokens in an example, if known: counting waits for an accelerator.
        """
        linked = token_slot > 0
        if num_linked is None:
            num_linked = int(linked.sum(dim=1).max()) if linked.numel() else 0
        rows = linked.to(torch.uint8).sort(dim=1, descending=True, stable=True).indices[:, :num_linked].contiguous()
        return cls(token_slot, num_slots, rows, token_slot.gather(1, rows))

    @property
    def linked_share(self) -> float:
        """Linked tokens of the example that has most, as a share of its length."""
        return self.rows.shape[1] / max(1, self.token_slot.shape[1])

    def one_hot(self, dtype: torch.dtype) -> Float[Tensor, "batch token slot"]:
        """A one at each token's slot."""
        return self._once(("tokens", dtype), lambda: F.one_hot(self.token_slot, self.num_slots).to(dtype))

    def row_one_hot(self, dtype: torch.dtype) -> Float[Tensor, "batch linked slot"]:
        """A one at the slot of each of `rows`."""
        return self._once(("rows", dtype), lambda: F.one_hot(self.row_slot, self.num_slots).to(dtype))

    def row_places(self, num_heads: int, steps: tuple[int, ...]) -> Int[Tensor, " batch_head_linked"]:
        """Where the vectors of `rows` lie in the memory of a tensor [batch, head, token, dim], counted in vectors.

        Args:
            num_heads: Its heads.
            steps: Vectors from one to the next along its batch, head and token axes.
        """
        return self._once(("row places", num_heads, steps), lambda: _places(self.rows, num_heads, steps))

    def slot_places(self, num_heads: int, steps: tuple[int, ...]) -> Int[Tensor, " batch_head_linked"]:
        """The same of `row_slot` in a tensor [batch, head, slot, dim]."""
        return self._once(("slot places", num_heads, steps), lambda: _places(self.row_slot, num_heads, steps))

    def pair_places(self) -> Int[Tensor, "batch 1 linked_linked"]:
        """Where pairs of `rows` lie in a tensor [batch, head, token * token]."""
        length = self.token_slot.shape[1]
        return self._once(
            ("pairs",), lambda: (self.rows[:, :, None] * length + self.rows[:, None, :]).flatten(1)[:, None]
        )

    def once_a_mask(self, name: str, mask: Tensor, make: Callable[[], _Made]) -> _Made:
        """What is made of a mask for these tokens, kept until another mask comes or this one is written to."""
        if mask.is_inference():  # PyTorch does not count writes to it
            return make()
        known, version, made = self._masked.get(name, (None, 0, None))
        if known is not mask or version != mask._version:
            made = make()
            self._masked[name] = mask, mask._version, made
        return made  # type: ignore[return-value]  # of this name, so of this type

    def _once(self, name: tuple[object, ...], make: Callable[[], Tensor]) -> Tensor:
        """What is made of this layout, made for the first layer and kept for the others."""
        kept = self._kept.get(name)
        if kept is None:
            kept = make()
            if not torch.compiler.is_compiling():  # compilers find for themselves what is made twice
                self._kept[name] = kept
        return kept


def _places(
    positions: Int[Tensor, "batch linked"], num_heads: int, steps: tuple[int, ...]
) -> Int[Tensor, " batch_head_linked"]:
    batch, head, position = steps
    examples = torch.arange(len(positions), device=positions.device)[:, None, None]
    heads = torch.arange(num_heads, device=positions.device)[:, None]
    return (examples * batch + heads * head + positions[:, None] * position).flatten()
