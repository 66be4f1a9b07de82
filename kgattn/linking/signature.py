"""Functions that spaCy makes components with."""

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

_Factory = TypeVar("_Factory", bound=Callable[..., Any])


def with_signature(factory: _Factory) -> _Factory:
    """Pin a function's signature: spaCy reads its arguments and does not look through wrappers (type checkers)."""
    factory.__signature__ = inspect.signature(factory)  # type: ignore[attr-defined]
    return factory
