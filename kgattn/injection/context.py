"""What one forward pass knows of the graph, for all layers: made once, carried as an argument, kept nowhere."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor

from kgattn.attention import Attend, additive_mask
from kgattn.bias import MentionBias
from kgattn.mentions import SlotLayout
from kgattn.shapes import Float, Int

CONTEXT = "kgattn_context"
MASKS_OF_A_MODEL = 3
"""Models with global and sliding attention have two, models of two stacks three, others one."""


@dataclass(frozen=True)
class TargetTokens:
    """The tokens of a decoder that has an encoder.

    Attributes:
        layout: Their slots, from the first token of the text on; those after lie in none.
        offset: Tokens in the decoder's cache before the first of this call, 0 without a cache.
    """

    layout: SlotLayout
    offset: int


@dataclass(frozen=True)
class MentionContext:
    """Tables and values of every injected layer, for one batch.

    Attributes:
        layout: Slots of the linked text's tokens, and where the linked ones are.
        pair_bias: Bias between slots, in nats; a tensor a layer.
        values: What each slot adds to values; a tensor a layer.
        bound: No bias is larger, in nats.
        gates_closed: Every gate is exactly zero: outputs must equal plain's bit for bit.
        offset: Tokens in a cache before the first of this call, 0 without a cache.
        target: In a model of two stacks whose decoder is injected, its tokens; `layout` is the encoder's.
    """

    layout: SlotLayout
    pair_bias: tuple[Float[Tensor, "batch head slot slot"], ...] | None
    values: tuple[Float[Tensor, "batch kv_head slot dim"], ...] | None
    bound: float
    gates_closed: bool
    offset: int = 0
    target: TargetTokens | None = None
    _masks: list[tuple[Tensor, Tensor]] = field(default_factory=list, repr=False, compare=False)
    _prepared: list[tuple[Tensor | None, tuple[object, ...], Attend]] = field(
        default_factory=list, repr=False, compare=False
    )

    def at(self, offset: int) -> "MentionContext":
        """The same tables for a later call, whose masks are its own."""
        return replace(self, offset=offset, _masks=[], _prepared=[])

    @cached_property
    def of_target(self) -> "MentionContext":
        """The same tables for the tokens of the decoder."""
        target: TargetTokens = self.target  # type: ignore[assignment]  # always there where a decoder is injected
        return replace(self, layout=target.layout, offset=target.offset, target=None, _prepared=[])

    @cached_property
    def layers(self) -> tuple[MentionBias, ...]:
        """What each injected layer needs: made for all at once."""
        count = len(self.pair_bias or self.values or ())
        tables, values = self.pair_bias or (None,) * count, self.values or (None,) * count
        return tuple(MentionBias(self.layout, *pair, self.bound) for pair in zip(tables, values, strict=True))

    def prepared(self, mask: Tensor | None, likeness: tuple[object, ...]) -> Attend | None:
        """What was prepared for calls like this one with this very mask, if anything was."""
        for known, alike, attend in self._prepared:
            if known is mask and alike == likeness:
                return attend
        return None

    def keep(self, mask: Tensor | None, likeness: tuple[object, ...], attend: Attend) -> None:
        """Keep what serves a call for those that are like it."""
        self._prepared[:] = [*self._prepared[1 - MASKS_OF_A_MODEL :], (mask, likeness, attend)]

    def query_slots(self, num_queries: int) -> Int[Tensor, "batch query"]:
        """Slots of this call's tokens; those after the linked text lie in none."""
        return self._slots(self.offset, self.offset + num_queries)

    def key_layout(self, num_queries: int, num_keys: int) -> SlotLayout:
        """Slots of what a cache holds after this call: all tokens, or the last ones of a sliding window."""
        start = max(0, self.offset + num_queries - num_keys)
        if start == 0 and num_keys == self.layout.token_slot.shape[1]:
            return self.layout
        num_linked = min(self.layout.rows.shape[1], num_keys)
        return SlotLayout.of(self._slots(start, start + num_keys), self.layout.num_slots, num_linked)

    def additive(self, mask: Tensor, dtype: torch.dtype) -> Tensor:
        """The mask as numbers to add, made once for all layers that are handed the same one.

        One row, where all queries may attend to the same keys: PyTorch reads less.
        """
        if torch.compiler.is_compiling() or mask.requires_grad:
            return additive_mask(mask, dtype)
        for known, additive in self._masks:
            if known is mask and additive.dtype == dtype:
                return additive
        row = mask[:, :, :1]
        additive = additive_mask(row if torch.equal(mask, row.expand_as(mask)) else mask, dtype)
        self._masks[:] = [*self._masks[1 - MASKS_OF_A_MODEL :], (mask, additive)]
        return additive

    def queries_linked(self, num_queries: int) -> bool:
        """Whether a token of this call may lie in a mention."""
        some = self.layout.rows.shape[1] > 0 and num_queries > 0
        return some and self.offset < self.layout.token_slot.shape[1]

    def _slots(self, start: int, stop: int) -> Int[Tensor, "batch token"]:
        slots = self.layout.token_slot[:, start:stop]
        return F.pad(slots, (0, stop - start - slots.shape[1]))


@dataclass(frozen=True)
class IdleContext:
    """No links in this batch, but other processes that train together may have some and wait for these gradients.

    Attributes:
        parameters: Given zero gradients by the first injected layer.
    """

    parameters: tuple[Tensor, ...]
