"""Turning injections, or single terms of them, off for a while, for this thread only."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_OFF: ContextVar[tuple[object, ...]] = ContextVar("kgattn_off", default=())
_TERMS_OFF: ContextVar[tuple[tuple[object, str], ...]] = ContextVar("kgattn_terms_off", default=())


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


def current_terms_off(attachment: object) -> frozenset[str]:
    """Names of the terms this thread is inside `terms_off(attachment, names)` of."""
    return frozenset(name for other, name in _TERMS_OFF.get() if other is attachment)


@contextmanager
def terms_off(attachment: object, names: Iterable[str]) -> Iterator[None]:
    """Leave terms of an injection out inside the block; blocks may nest, and an error inside ends them too."""
    token = _TERMS_OFF.set((*_TERMS_OFF.get(), *((attachment, name) for name in names)))
    try:
        yield
    finally:
        _TERMS_OFF.reset(token)
