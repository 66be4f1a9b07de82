"""Handing links to a model past functions that refuse unknown arguments, as `generate` does."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from torch import Tensor, nn

from kgattn.errors import SlotError
from kgattn.injection.context import MentionContext
from kgattn.mentions.batch import KEYS

_LINKS: ContextVar[tuple["Links", ...]] = ContextVar("kgattn_links", default=())


class Links:
    """The links of one batch, for one injection, while a `with` block lasts.

    Attributes:
        tensors: `kg_token_slot`, `kg_entities`, `kg_priors`.
        context: What the last whole pass over the text made of them, for the steps that go on from its cache.
    """

    def __init__(self, injection: nn.Module, tensors: dict[str, Tensor]) -> None:
        self.injection = injection
        self.tensors = tensors
        self.context: MentionContext | None = None


def current_links(injection: nn.Module) -> Links | None:
    """The links this thread is inside of, for that injection."""
    return next((links for links in reversed(_LINKS.get()) if links.injection is injection), None)


@contextmanager
def linked(injection: nn.Module, batch: Mapping[str, Any]) -> Iterator[None]:
    """Calls of the injected model in the block, in this thread, that bring no `kg_*` of their own take the batch's.

    Raises:
        SlotError: The batch has no `kg_*` tensors.
    """
    missing = [key for key in KEYS if batch.get(key) is None]
    if missing:
        raise SlotError(
            f"the batch must hold {', '.join(KEYS)}, {missing[0]} is missing; build it with kgattn.Processor"
        )
    token = _LINKS.set((*_LINKS.get(), Links(injection, {key: batch[key] for key in KEYS})))
    try:
        yield
    finally:
        _LINKS.reset(token)
