"""Turning injections off for a while, for this thread only."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from torch import nn

_OFF: ContextVar[tuple[nn.Module, ...]] = ContextVar("kgattn_off", default=())


def is_off(injection: nn.Module) -> bool:
    """Whether this thread is inside `off(injection)`."""
    return any(other is injection for other in _OFF.get())


@contextmanager
def off(injection: nn.Module) -> Iterator[None]:
    """Run the model plain inside the block; blocks may nest, and an error inside ends them too."""
    token = _OFF.set((*_OFF.get(), injection))
    try:
        yield
    finally:
        _OFF.reset(token)
