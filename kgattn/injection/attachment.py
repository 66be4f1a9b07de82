"""Attaching an injection to the modules of a model, and taking it off again."""

import copy
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import nn
from torch.utils.hooks import RemovableHandle

from kgattn.injection.adapters.adapt import adapt
from kgattn.injection.adapters.adapter import AdapterSite
from kgattn.injection.adapters.passage import Passage
from kgattn.injection.attention_function import NAME, AttentionSite, register
from kgattn.injection.config import ENCODER
from kgattn.injection.hook import ContextHook
from kgattn.injection.source import first_to_drop
from kgattn.injection.two_stack_hook import TwoStackHook
from kgattn.mentions.batch import DECODER_KEY, KEYS

if TYPE_CHECKING:
    from kgattn.injection.architectures import Architecture
    from kgattn.injection.injection import Injection


@dataclass
class Attachment:
    """What was put where. No submodule of the injection, or the model would contain itself.

    Attributes:
        model: The model that `inject` was given.
        attentions: The injected attention modules, in the order of the injection's layers.
        handles: The hooks.
    """

    model: nn.Module
    attentions: tuple[nn.Module, ...]
    handles: tuple[RemovableHandle, ...]

    def remove(self) -> nn.Module:
        """Put every module back, take hooks and submodule off.

        Returns:
            The model as it came in.
        """
        for handle in self.handles:
            handle.remove()
        for module in self.attentions:
            site: AttentionSite | AdapterSite = module.kgattn_site  # type: ignore[assignment]
            del module.kgattn_site
            site.restore(module)
        del self.model.kgattn
        return self.model


def attach(
    model: nn.Module,
    architecture: "Architecture",
    attentions: tuple[nn.Module, ...],
    injection: "Injection",
    kernel: str,
) -> Attachment:
    """Lead the chosen modules' attention through kgattn and the encoder's calls, or the model's, through the hook."""
    base, adapter, whole = architecture.base, architecture.adapter, architecture.whole
    kind_of = dict(zip(architecture.attentions, architecture.kinds, strict=True))
    kinds = tuple(kind_of[module] for module in attentions)
    outer = whole if whole is not None and set(kinds) != {ENCODER} else None
    past_head = _lead_past_head(model, base if outer is None else outer)
    if adapter is not None:
        handles = adapt(adapter, base, attentions, ContextHook(model))
    else:
        _lead_through_registry(attentions, kinds, kernel)
        handles = ()
        if outer is not None:
            handles += (outer.register_forward_pre_hook(TwoStackHook(model, kinds), with_kwargs=True),)
        if ENCODER in kinds:  # which `generate` calls alone
            hook = ContextHook(model, warns=outer is None)
            handles += (base.register_forward_pre_hook(hook, with_kwargs=True),)
    model.kgattn = injection
    return Attachment(model, attentions, (*past_head, *handles))


def _lead_past_head(model: nn.Module, base: nn.Module) -> list[RemovableHandle]:
    """Some task heads hand unknown arguments to no one: the mentions go past them, to what has the hook."""
    if model is base or first_to_drop(model, (base,)) is None:
        return []
    mentions = Passage(*KEYS, DECODER_KEY)
    return [*mentions.open(model), base.register_forward_pre_hook(mentions.give, with_kwargs=True)]


def _lead_through_registry(attentions: tuple[nn.Module, ...], kinds: tuple[str, ...], kernel: str) -> None:
    """Each module gets a copy of its config that names the kgattn attention function.

    The model's own config, and with it masks, flash checks and saved configs, stays as it was.
    """
    register()
    for layer, (module, kind) in enumerate(zip(attentions, kinds, strict=True)):
        shadow = copy.copy(module.config)
        shadow._attn_implementation_internal = NAME  # type: ignore[union-attr]
        eager = getattr(sys.modules[type(module).__module__], "eager_attention_forward", None)
        module.kgattn_site = AttentionSite(layer, module.config, eager, kernel, kind)  # type: ignore[assignment,arg-type]
        module.config = shadow
