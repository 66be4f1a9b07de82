"""Putting an adapter to work on a model."""

from torch import nn
from torch.utils.hooks import RemovableHandle

from kgattn.injection.adapters.adapter import Adapter, AdapterSite
from kgattn.injection.adapters.passage import Carrier, Passage
from kgattn.injection.context import CONTEXT
from kgattn.injection.hook import ContextHook


def adapt(
    adapter: Adapter, base: nn.Module, attentions: tuple[nn.Module, ...], hook: ContextHook
) -> tuple[RemovableHandle, ...]:
    """Swap the classes of the attention modules, and lead the context past code that would drop it.

    Returns:
        The hooks.
    """
    for layer, module in enumerate(attentions):
        module.kgattn_site = AdapterSite(layer, type(module))  # type: ignore[assignment]
        module.__class__ = adapter.injected
    handles = [base.register_forward_pre_hook(hook, with_kwargs=True)]
    contexts = Passage(CONTEXT)
    handles += contexts.open(base)
    carrier = Carrier(contexts, adapter.layer, adapter.carrier)
    for layer_module in base.modules():
        if isinstance(layer_module, adapter.layer) and any(part in attentions for part in layer_module.modules()):
            handles.append(layer_module.register_forward_pre_hook(carrier, with_kwargs=True))
    return tuple(handles)
