"""Mentions of a batch as index tensors: which token lies in which mention, which entities it may name."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from kgattn.errors import SlotError
from kgattn.shapes import Bool, Float, Int

KEYS = ("kg_token_slot", "kg_entities", "kg_priors")
DECODER_KEY = "kg_decoder_token_slot"
"""Optional: slots of the tokens a decoder reads, into the same mentions; 0 is "no mention"."""


@dataclass(frozen=True)
class MentionBatch:
    """What kgattn adds to a batch: index tensors only; the graph stays on the model.

    Attributes:
        token_slot: Slot of each token, in [0, mention]; slot 0 is "no mention", slot m is row m - 1 of `entities`.
        entities: Entity rows each mention may name, in [0, entity); -1 is padding.
        priors: P(entity given surface form) of each candidate, in [0, 1]; 0 at padding.
    """

    token_slot: Int[Tensor, "batch token"]
    entities: Int[Tensor, "batch mention candidate"]
    priors: Float[Tensor, "batch mention candidate"]

    @property
    def num_slots(self) -> int:
        """Mentions an example has room for, plus one for slot 0."""
        return self.entities.shape[1] + 1

    def candidate_mask(self) -> Bool[Tensor, "batch mention candidate"]:
        """True where a candidate is an entity, False at padding."""
        return self.entities >= 0

    def has_links(self) -> bool:
        """Whether any token lies in a mention that has a candidate; False means: run plain."""
        if self.entities.numel() == 0 or self.token_slot.numel() == 0:
            return False
        return bool((self.token_slot > 0).any() & (self.entities >= 0).any())

    def repeat_to(self, batch: int) -> "MentionBatch":
        """Each example `batch / own batch` times in a row, as beam search repeats its inputs.

        Raises:
            SlotError: `batch` is no multiple of the batch size.
        """
        own = self.token_slot.shape[0]
        if batch == own:
            return self
        if own == 0 or batch % own:
            raise SlotError(f"the model's batch must be a multiple of the {own} linked examples, got {batch}")
        times = batch // own
        token_slot, entities, priors = (tensor.repeat_interleave(times, dim=0) for tensor in self)
        return MentionBatch(token_slot, entities, priors)

    def __iter__(self) -> Iterator[Tensor]:
        return iter((self.token_slot, self.entities, self.priors))

    @classmethod
    def checked(
        cls, token_slot: Tensor, entities: Tensor, priors: Tensor, *, num_entities: int, device: torch.device
    ) -> "MentionBatch":
        """Make a batch of tensors that came from outside.

        Args:
            token_slot: As in the attributes.
            entities: As in the attributes.
            priors: As in the attributes.
            num_entities: Entities of the graph the rows are of.
            device: Where the model is.

        Raises:
            SlotError: A shape, dtype, device, slot, entity or prior does not fit.
        """
        for name, tensor, ndim in zip(KEYS, (token_slot, entities, priors), (2, 3, 3), strict=True):
            _check_tensor(name, tensor, ndim, device)
            if tensor.is_floating_point() != (name == "kg_priors"):
                raise SlotError(
                    f"kg_token_slot and kg_entities must be integers and kg_priors floats, got {tensor.dtype} as {name}"
                )
        if entities.shape != priors.shape or entities.shape[0] != token_slot.shape[0]:
            raise SlotError(
                "kg_token_slot, kg_entities and kg_priors must share the batch, and the last two every axis, got "
                f"{tuple(token_slot.shape)}, {tuple(entities.shape)}, {tuple(priors.shape)}"
            )
        _check_range("kg_token_slot", token_slot, 0, entities.shape[1] + 1)
        _check_range("kg_entities", entities, -1, num_entities)
        if priors.numel() and not bool(((priors >= 0) & (priors <= 1)).all()):
            raise SlotError("kg_priors must lie in [0, 1]; build batches with kgattn.Processor")
        return cls(token_slot.long(), entities.long(), priors.float())


def checked_decoder_slots(
    slots: Tensor, *, batch: int, num_slots: int, device: torch.device
) -> Int[Tensor, "batch target"]:
    """Check slots of a decoder's tokens that came from outside.

    Args:
        slots: `kg_decoder_token_slot`.
        batch: Examples of the batch.
        num_slots: Slots of its mentions, slot 0 among them.
        device: Where the model is.

    Raises:
        SlotError: A shape, dtype, device or slot does not fit.
    """
    _check_tensor(DECODER_KEY, slots, 2, device)
    if slots.is_floating_point():
        raise SlotError(f"{DECODER_KEY} must hold integers, got {slots.dtype}")
    if slots.shape[0] != batch:
        raise SlotError(f"{DECODER_KEY} must have a row for each of the {batch} examples, got {slots.shape[0]}")
    _check_range(DECODER_KEY, slots, 0, num_slots)
    return slots.long()


def _check_tensor(name: str, tensor: Any, ndim: int, device: torch.device) -> None:
    if not isinstance(tensor, Tensor):
        raise SlotError(
            f'{name} must be a tensor, got {type(tensor).__name__}; ask the processor for return_tensors="pt"'
        )
    if tensor.ndim != ndim:
        raise SlotError(f"{name} must have {ndim} axes, got {tuple(tensor.shape)}; build batches with kgattn.Processor")
    if tensor.device != device:
        raise SlotError(
            f"{name} must be on the model's device {device}, got {tensor.device}; move the whole batch there"
        )


def _check_range(name: str, tensor: Tensor, low: int, high: int) -> None:
    if tensor.numel() == 0:
        return
    bad = (tensor < low) | (tensor >= high)
    if bool(bad.any()):
        row = int(bad.flatten(1).any(dim=1).nonzero()[0, 0])
        value = int(tensor[bad][0])
        raise SlotError(
            f"{name} must lie in [{low}, {high}), got {value} in row {row}; build batches with kgattn.Processor"
        )
