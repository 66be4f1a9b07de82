"""Attaching an injection to the modules of a model, and taking it off again."""

import copy
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import nn
from torch.utils.hooks import RemovableHandle
from transformers import PreTrainedModel

from kgattn.injection.attention_function import NAME, AttentionSite, register
from kgattn.injection.hook import ContextHook

if TYPE_CHECKING:
    from kgattn.injection.injection import Injection


@dataclass
class Attachment:
    """What was put where. No submodule of the injection, or the model would contain itself.

    Attributes:
        model: The model that `inject` was given.
        attentions: The injected attention modules, in the order of the injection's layers.
        handle: The hook on the encoder.
    """

    model: nn.Module
    attentions: tuple[nn.Module, ...]
    handle: RemovableHandle

    def remove(self) -> nn.Module:
        """Put every config back, take hook and submodule off.

        Returns:
            The model as it came in.
        """
        self.handle.remove()
        for module in self.attentions:
            module.config = module.kgattn_site.config  # type: ignore[union-attr]
            del module.kgattn_site
        del self.model.kgattn
        return self.model


def attach(
    model: nn.Module,
    base: PreTrainedModel,
    attentions: tuple[nn.Module, ...],
    injection: "Injection",
    kernel: str,
) -> Attachment:
    """Lead the chosen modules' attention through kgattn and the encoder's calls through the hook.

    Each module gets a copy of its config that names the kgattn attention function: the model's own config, and with it
    masks, flash checks and saved configs, stays as it was.
    """
    register()
    for layer, module in enumerate(attentions):
        shadow = copy.copy(module.config)
        shadow._attn_implementation_internal = NAME  # type: ignore[union-attr]
        eager = getattr(sys.modules[type(module).__module__], "eager_attention_forward", None)
        module.kgattn_site = AttentionSite(layer, module.config, eager, kernel)  # type: ignore[assignment,arg-type]
        module.config = shadow
    handle = base.register_forward_pre_hook(ContextHook(model), with_kwargs=True)
    model.kgattn = injection
    return Attachment(model, attentions, handle)
