"""The hook on the encoder: takes the mention tensors out of the call and puts one context in."""

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from kgattn.errors import InjectionError, SlotError
from kgattn.injection.context import CONTEXT, IdleContext, MentionContext
from kgattn.injection.links import Links, current_links
from kgattn.injection.switch import is_off
from kgattn.mentions import MentionBatch
from kgattn.mentions.batch import DECODER_KEY, KEYS

if TYPE_CHECKING:
    from kgattn.injection.injection import Injection

CACHES = ("past_key_values", "cache")
"""Names under which Transformers hands on the keys and values of earlier tokens."""


class ContextHook:
    """A forward pre-hook; a class, not a closure, so that copies and pickles of the model keep their own."""

    def __init__(self, model: nn.Module, *, warns: bool = True) -> None:
        self.model = model
        self._warned = not warns  # another hook on the model does

    @property
    def injection(self) -> "Injection":
        """What stands at `model.kgattn`: the injection, or what a library wrapped around it to train a copy."""
        return self.model.kgattn  # type: ignore[return-value]

    @torch.compiler.disable  # type: ignore[untyped-decorator]  # sampling is numpy's; what layers do with it compiles
    def __call__(self, base: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any]:
        """Take `kg_*` out of the call; with links and switched on, add the context every layer will be handed.

        Raises:
            SlotError: Some but not all of the tensors came, or they do not fit the inputs, the graph or the device.
            InjectionError: The model trains under reentrant checkpointing.
        """
        given = {key: kwargs.pop(key, None) for key in (*KEYS, DECODER_KEY)}
        if CONTEXT in kwargs or is_off(self.injection.attachment):
            return args, kwargs
        self._warn_if_frozen(base)
        missing = [key for key in KEYS if given[key] is None]
        links = None
        if len(missing) == len(KEYS) and given[DECODER_KEY] is None:
            links = current_links(self.injection.attachment)
            given = given if links is None else dict(links.tensors)
        elif missing:
            raise SlotError(
                f"{', '.join(KEYS)} belong together, {missing[0]} is missing; build batches with kgattn.Processor"
            )
        linked = given[KEYS[0]] is not None
        context = (self._context(base, given, links, args, kwargs) if linked else None) or self._idle()
        if context is not None:
            kwargs[CONTEXT] = context
        return args, kwargs

    def _context(
        self, base: nn.Module, given: dict[str, Any], links: Links | None, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> MentionContext | None:
        """What the layers need to know, or None without links."""
        inputs, cache = inputs_of(args, kwargs), cache_of(kwargs)
        offset = 0 if cache is None else int(cache.get_seq_length())
        earlier = None if links is None else links.context
        goes_on = offset > 0 and not torch.is_grad_enabled()
        if earlier is not None and goes_on and earlier.layout.token_slot.shape[0] == inputs.shape[0]:
            return earlier.at(offset)
        mentions = self._checked(given, inputs)
        length, here = mentions.token_slot.shape[1], inputs.shape[1]
        fits = length == offset + here
        if links is not None and links.begun:  # generated text goes on after its linked part
            fits = offset > 0 or length <= here
        elif links is not None:  # the text, or with a cache its first part
            fits = offset == 0 and (length == here or (cache is not None and length > here))
        if not fits:
            raise SlotError(
                f"kg_token_slot must have one slot per token, {offset + here}, got {length}; "
                "build batches with kgattn.Processor"
            )
        if links is not None:
            links.begun = True
        if not mentions.has_links():
            return None
        refuse_reentrant_checkpointing(base)
        context: MentionContext = replace(self.injection(mentions), offset=offset)
        if links is not None and not torch.is_grad_enabled():
            links.context = context
        return context

    def _checked(self, given: dict[str, Any], inputs: torch.Tensor) -> MentionBatch:
        device = next(self.injection.parameters()).device
        if inputs.device != device:
            raise SlotError(f"the batch must be on the model's device {device}, got {inputs.device}; move it there")
        tensors = (given[key] for key in KEYS)
        mentions = MentionBatch.checked(*tensors, num_entities=self.injection.graph.num_entities, device=device)
        return mentions.repeat_to(inputs.shape[0])

    def _warn_if_frozen(self, base: nn.Module) -> None:
        """Libraries that freeze a model freeze the plugin with it, and nobody would notice."""
        if self._warned or not (base.training and torch.is_grad_enabled()):
            return
        if any(parameter.requires_grad for parameter in self.injection.parameters()):
            return
        self._warned = True
        warnings.warn(
            "training, but the parameters of model.kgattn are frozen; call model.kgattn.requires_grad_(True), or with "
            'PEFT add modules_to_save=["kgattn"] to the adapter\'s config',
            stacklevel=2,
        )

    def _idle(self) -> IdleContext | None:
        """For a batch without links in training by several processes at once."""
        distributed = torch.distributed.is_available() and torch.distributed.is_initialized()
        if not (distributed and torch.is_grad_enabled()):
            return None
        trained = tuple(parameter for parameter in self.injection.parameters() if parameter.requires_grad)
        return IdleContext(trained) if trained else None


def refuse_reentrant_checkpointing(base: nn.Module) -> None:
    """It runs backward once per layer, so what all layers share, the context, would be freed under way.

    Raises:
        InjectionError: The model trains under it.
    """
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


def inputs_of(args: tuple[Any, ...], kwargs: dict[str, Any]) -> torch.Tensor:
    """Token ids or embeddings of a call, [batch, token, ...].

    Raises:
        SlotError: There are none.
    """
    inputs: torch.Tensor | None = kwargs.get("input_ids", args[0] if args else None)
    if inputs is None:
        inputs = kwargs.get("inputs_embeds")
    if inputs is None:
        raise SlotError("kg_* tensors came without input_ids or inputs_embeds; pass the whole batch")
    return inputs


def cache_of(kwargs: dict[str, Any]) -> Any:
    """Keys and values of earlier tokens, or None."""
    return next((kwargs[name] for name in CACHES if kwargs.get(name) is not None), None)
