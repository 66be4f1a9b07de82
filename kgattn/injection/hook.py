"""The hook on the encoder: takes the mention tensors out of the call and puts one context in."""

from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from kgattn.errors import SlotError
from kgattn.injection.context import CONTEXT
from kgattn.injection.switch import is_off
from kgattn.mentions import MentionBatch
from kgattn.mentions.batch import KEYS

if TYPE_CHECKING:
    from kgattn.injection.injection import Injection


class ContextHook:
    """A forward pre-hook; a class, not a closure, so that copies and pickles of the model keep their own."""

    def __init__(self, injection: "Injection") -> None:
        self.injection = injection

    def __call__(self, base: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any]:
        """Take `kg_*` out of the call; with links and switched on, add the context every layer will be handed.

        Raises:
            SlotError: Some but not all of the tensors came, or they do not fit the inputs, the graph or the device.
        """
        given = {key: kwargs.pop(key, None) for key in KEYS}
        missing = [key for key, tensor in given.items() if tensor is None]
        if len(missing) == len(KEYS) or is_off(self.injection):
            return args, kwargs
        if missing:
            raise SlotError(
                f"{', '.join(KEYS)} belong together, {missing[0]} is missing; build batches with kgattn.Processor"
            )
        inputs = _inputs(args, kwargs)
        mentions = MentionBatch.checked(
            *given.values(), num_entities=self.injection.graph.num_entities, device=inputs.device
        )
        if mentions.token_slot.shape[1] != inputs.shape[1]:
            raise SlotError(
                f"kg_token_slot must have one slot per token, {inputs.shape[1]}, got {mentions.token_slot.shape[1]}; "
                "build batches with kgattn.Processor"
            )
        mentions = mentions.repeat_to(inputs.shape[0])
        if mentions.has_links():
            kwargs[CONTEXT] = self.injection(mentions)
        return args, kwargs


def _inputs(args: tuple[Any, ...], kwargs: dict[str, Any]) -> torch.Tensor:
    inputs: torch.Tensor | None = kwargs.get("input_ids", args[0] if args else None)
    if inputs is None:
        inputs = kwargs.get("inputs_embeds")
    if inputs is None:
        raise SlotError("kg_* tensors came without input_ids or inputs_embeds; pass the whole batch")
    return inputs
