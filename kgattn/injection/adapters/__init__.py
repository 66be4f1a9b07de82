"""Attention that Transformers writes out in the model, out of its registry's reach: one file a family."""

from importlib import import_module

from kgattn.injection.adapters.adapter import Adapter as Adapter


def load_adapter(name: str) -> Adapter:
    """The adapter of that file; loaded when asked for, as it imports the family's code from Transformers."""
    adapter: Adapter = import_module(f"{__name__}.{name}").ADAPTER
    return adapter
