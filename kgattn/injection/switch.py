"""Turning injections off for a while, for this thread only."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_OFF: ContextVar[tuple[object, ...]] = ContextVar("kgattn_off", default=())


def is_off(attachment: object) -> bool:
    """Whether this thread is inside `off(attachment)`."""
    return any(other is attachment for other in _OFF.get())


@contextmanager
def off(attachment: object) -> Iterator[None]:
    """Run the model plain inside the block; blocks may nest, and an error inside ends them too."""
    token = _OFF.set((*_OFF.get(), attachment))
    try:
        yield
    finally:
        _OFF.reset(token)
