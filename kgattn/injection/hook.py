"""The hook on the encoder: takes the mention tensors out of the call and puts one context in."""

from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from kgattn.errors import InjectionError, SlotError
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
            InjectionError: The model trains under reentrant checkpointing.
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
        device = next(self.injection.parameters()).device
        if inputs.device != device:
            raise SlotError(f"the batch must be on the model's device {device}, got {inputs.device}; move it there")
        mentions = MentionBatch.checked(*given.values(), num_entities=self.injection.graph.num_entities, device=device)
        if mentions.token_slot.shape[1] != inputs.shape[1]:
            raise SlotError(
                f"kg_token_slot must have one slot per token, {inputs.shape[1]}, got {mentions.token_slot.shape[1]}; "
                "build batches with kgattn.Processor"
            )
        mentions = mentions.repeat_to(inputs.shape[0])
        if mentions.has_links():
            _refuse_reentrant_checkpointing(base)
            kwargs[CONTEXT] = self.injection(mentions)
        return args, kwargs


def _refuse_reentrant_checkpointing(base: nn.Module) -> None:
    """It runs backward once per layer, so what all layers share, the context, would be freed under way."""
    if not (base.training and torch.is_grad_enabled()):
        return
    for module in base.modules():
        checkpoint = getattr(module, "_gradient_checkpointing_func", None)
        if getattr(module, "gradient_checkpointing", False) and getattr(checkpoint, "keywords", {}).get(
            "use_reentrant"
        ):
            raise InjectionError(
                "reentrant gradient checkpointing cannot carry the graph's bias; "
                'enable it with gradient_checkpointing_kwargs={"use_reentrant": False}'
            )


def _inputs(args: tuple[Any, ...], kwargs: dict[str, Any]) -> torch.Tensor:
    inputs: torch.Tensor | None = kwargs.get("input_ids", args[0] if args else None)
    if inputs is None:
        inputs = kwargs.get("inputs_embeds")
    if inputs is None:
        raise SlotError("kg_* tensors came without input_ids or inputs_embeds; pass the whole batch")
    return inputs
