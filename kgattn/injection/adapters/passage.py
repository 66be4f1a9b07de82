"""Handing arguments past code that drops those it does not know: from a module's call to the calls inside it."""

from contextvars import ContextVar
from inspect import signature
from typing import Any

import torch
import transformers
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle
from transformers.modeling_layers import GradientCheckpointingLayer

from kgattn.errors import InjectionError
from kgattn.injection.context import CONTEXT, IdleContext, MentionContext

HOOKS_ARE_CHECKPOINTED = "__call__" in vars(GradientCheckpointingLayer)
"""Older versions of Transformers checkpoint a layer's call with its hooks, newer ones its forward alone."""

_UNDER_WAY: ContextVar[tuple[tuple["Passage", dict[str, Any]], ...]] = ContextVar("kgattn_under_way", default=())


class Passage:
    """Takes arguments out of an outer module's call and hands them to modules inside, in this thread, until it ends.

    Its methods are hooks. Bound methods of an object, not closures: copies and pickles of the model keep their own.
    """

    def __init__(self, *names: str) -> None:
        self.names = names

    def open(self, outer: nn.Module) -> list[RemovableHandle]:
        """Take the arguments out of that module's calls from now on."""
        return [
            outer.register_forward_pre_hook(self.take, with_kwargs=True),
            outer.register_forward_hook(self.end, always_call=True),
        ]

    @torch.compiler.disable  # type: ignore[untyped-decorator]
    def take(self, outer: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any]:
        """A forward pre-hook of the outer module."""
        given = {name: kwargs.pop(name) for name in self.names if name in kwargs}
        _UNDER_WAY.set((*self._others(), (self, given)))
        return args, kwargs

    @torch.compiler.disable  # type: ignore[untyped-decorator]
    def end(self, outer: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        """A forward hook of the outer module, called after an error too; harmless where nothing was taken."""
        _UNDER_WAY.set(self._others())

    @torch.compiler.disable  # type: ignore[untyped-decorator]
    def give(self, inner: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any]:
        """A forward pre-hook of an inner module that takes the arguments by name."""
        return args, {**self.taken(), **kwargs}

    def taken(self) -> dict[str, Any]:
        """What the outer call under way brought."""
        return next((given for passage, given in _UNDER_WAY.get() if passage is self), {})

    def _others(self) -> tuple[tuple["Passage", dict[str, Any]], ...]:
        return tuple(entry for entry in _UNDER_WAY.get() if entry[0] is not self)


class Carrier:
    """A forward pre-hook of a layer: puts the context on a tensor that the layer hands to its attention.

    On a view, as the tensor may be the user's. By name, as gradient checkpointing, which begins below a layer's hooks,
    keeps the named arguments of a layer as they are: what it computes again has the context again.
    """

    def __init__(self, passage: Passage, layer: type[nn.Module], argument: str) -> None:
        self.passage = passage
        self.argument = argument
        self.names = tuple(signature(layer.forward).parameters)[2:]  # after self and the hidden states

    @torch.compiler.disable  # type: ignore[untyped-decorator]
    def __call__(self, layer: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any]:
        """Leave the hidden states first, name all others.

        Raises:
            InjectionError: The layer is checkpointed by a version of Transformers that would call this hook again when
                the layer is computed again, long after the outer call with its context has ended.
        """
        context = self.passage.taken().get(CONTEXT)
        if context is None:
            return args, kwargs
        if HOOKS_ARE_CHECKPOINTED and getattr(layer, "gradient_checkpointing", False) and layer.training:
            raise InjectionError(
                f"gradient checkpointing of {type(layer).__name__} in transformers {transformers.__version__} cannot "
                "carry the graph's bias; train without, or use a newer transformers"
            )
        kwargs = {**dict(zip(self.names, args[1:], strict=False)), **kwargs}
        view = kwargs[self.argument].view_as(kwargs[self.argument])
        setattr(view, CONTEXT, context)
        return args[:1], {**kwargs, self.argument: view}


@torch.compiler.disable  # type: ignore[untyped-decorator]
def carried(tensor: Tensor | None) -> MentionContext | IdleContext | None:
    """The context that a layer's hook put on a tensor; not compiled, as no guard looks at what lies on a tensor."""
    context: MentionContext | IdleContext | None = getattr(tensor, CONTEXT, None)
    return context
