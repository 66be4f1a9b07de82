"""The hook on a model of two stacks whose decoder is injected: one context for the encoder and the decoder."""

from dataclasses import replace
from inspect import signature
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from kgattn.errors import SlotError
from kgattn.injection.config import CROSS, DECODER, ENCODER
from kgattn.injection.context import MentionContext, TargetTokens
from kgattn.injection.hook import ContextHook, cache_of, inputs_of, refuse_reentrant_checkpointing
from kgattn.injection.links import Links
from kgattn.mentions import MentionBatch, SlotLayout
from kgattn.mentions.batch import DECODER_KEY, KEYS, checked_decoder_slots
from kgattn.shapes import Int

TARGETS = ("decoder_input_ids", "decoder_inputs_embeds", "labels")
"""What the decoder reads is the first of these that is given; without any, the source shifted right by one."""


class TwoStackHook(ContextHook):
    """As `ContextHook`, on the model that calls the encoder and the decoder."""

    def __init__(self, model: nn.Module, kinds: tuple[str, ...]) -> None:
        super().__init__(model)
        self.kinds = kinds

    def _context(
        self, base: nn.Module, given: dict[str, Any], links: Links | None, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> MentionContext | None:
        names = tuple(signature(type(base).forward).parameters)[1:]  # after self
        call = {**dict(zip(names, args, strict=False)), **kwargs}
        encoded, cache = call.get("encoder_outputs"), cache_of(call)
        source = inputs_of((), call) if encoded is None else encoded[0]
        offset = 0 if cache is None else int(cache.get_seq_length())
        goes_on = offset > 0 and not torch.is_grad_enabled()
        earlier = links.context if links is not None and goes_on else None
        if earlier is not None and earlier.target is not None and len(earlier.layout.token_slot) == len(source):
            return replace(earlier.at(0), target=replace(earlier.target, offset=offset))
        mentions = self._checked(given, source)
        _check_length(KEYS[0], mentions.token_slot, source.shape[1])
        slots = self._target_slots(given, mentions, call, None if links is not None else offset)
        reads_source = ENCODER in self.kinds or CROSS in self.kinds
        linked = reads_source and mentions.has_links()
        if not linked and not (DECODER in self.kinds and replace(mentions, token_slot=slots).has_links()):
            return None
        refuse_reentrant_checkpointing(base)
        target = TargetTokens(SlotLayout.of(slots, mentions.num_slots), offset)
        context: MentionContext = replace(self.injection(mentions), target=target)
        if links is not None and not torch.is_grad_enabled():
            links.context = context
        return context

    def _target_slots(
        self, given: dict[str, Any], mentions: MentionBatch, call: dict[str, Any], offset: int | None
    ) -> Int[Tensor, "batch target"]:
        """Slots of the decoder's tokens, as many as are known; `offset` None asks for no certain number."""
        batch, length = mentions.token_slot.shape
        target: Tensor | None = next((call[name] for name in TARGETS if call.get(name) is not None), None)
        if given.get(DECODER_KEY) is None:
            if target is None:
                return F.pad(mentions.token_slot[:, :-1], (1, 0))
            return mentions.token_slot.new_zeros(batch, 0)
        rows = given[KEYS[0]].shape[0]
        slots = checked_decoder_slots(
            given[DECODER_KEY], batch=rows, num_slots=mentions.num_slots, device=mentions.token_slot.device
        )
        if offset is not None:
            _check_length(DECODER_KEY, slots, offset + (length if target is None else target.shape[1]))
        return slots.repeat_interleave(batch // rows, dim=0)


def _check_length(name: str, slots: Tensor, length: int) -> None:
    if slots.shape[1] != length:
        raise SlotError(f"{name} must have one slot per token, {length}, got {slots.shape[1]}")
