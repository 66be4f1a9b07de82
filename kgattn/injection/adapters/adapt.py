"""Putting an adapter to work on a model."""

from torch import nn
from torch.utils.hooks import RemovableHandle

from kgattn.injection.adapters.adapter import Adapter, AdapterSite
from kgattn.injection.adapters.passage import Carrier, Passage
from kgattn.injection.context import CONTEXT
from kgattn.injection.hook import ContextHook
from kgattn.mentions.batch import KEYS


def adapt(
    adapter: Adapter, model: nn.Module, base: nn.Module, attentions: tuple[nn.Module, ...], hook: ContextHook
) -> tuple[RemovableHandle, ...]:
    """Swap the classes of the attention modules, and lead mentions and context past code that would drop them.

    Task heads hand unknown arguments to no one: the mentions go from the model's call to its encoder's, where the hook
    makes the context, and that goes on to the layers.

    Returns:
        The hooks.
    """
    for layer, module in enumerate(attentions):
        module.kgattn_site = AdapterSite(layer, type(module))  # type: ignore[assignment]
        module.__class__ = adapter.injected
    handles = []
    if model is not base:
        mentions = Passage(*KEYS)
        handles += _open(mentions, model)
        handles.append(base.register_forward_pre_hook(mentions.give, with_kwargs=True))
    handles.append(base.register_forward_pre_hook(hook, with_kwargs=True))
    contexts = Passage(CONTEXT)
    handles += _open(contexts, base)
    carrier = Carrier(contexts, adapter.layer, adapter.carrier)
    for layer_module in base.modules():
        if isinstance(layer_module, adapter.layer) and any(part in attentions for part in layer_module.modules()):
            handles.append(layer_module.register_forward_pre_hook(carrier, with_kwargs=True))
    return tuple(handles)


def _open(passage: Passage, outer: nn.Module) -> list[RemovableHandle]:
    return [
        outer.register_forward_pre_hook(passage.take, with_kwargs=True),
        outer.register_forward_hook(passage.end, always_call=True),
    ]
