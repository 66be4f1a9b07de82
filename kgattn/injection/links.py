"""Handing links to a model past functions that refuse unknown arguments, as `generate` does."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from torch import Tensor

from kgattn.errors import SlotError
from kgattn.injection.context import MentionContext
from kgattn.mentions.batch import DECODER_KEY, KEYS

_LINKS: ContextVar[tuple["Links", ...]] = ContextVar("kgattn_links", default=())


class Links:
    """The links of one batch, for one injected model, while a `with` block lasts.

    Attributes:
        attachment: Says which model.
        tensors: `kg_token_slot`, `kg_entities`, `kg_priors`, and `kg_decoder_token_slot` if there is one.
        context: What the last whole pass over the text made of them, for the steps that go on from its cache.
        begun: Whether the text was seen from its first token on, so that what comes after it is told apart.
    """

    def __init__(self, attachment: object, tensors: dict[str, Tensor]) -> None:
        self.attachment = attachment
        self.tensors = tensors
        self.context: MentionContext | None = None
        self.begun = False


def current_links(attachment: object) -> Links | None:
    """The links this thread is inside of, for that model."""
    return next((links for links in reversed(_LINKS.get()) if links.attachment is attachment), None)


@contextmanager
def linked(attachment: object, batch: Mapping[str, Any]) -> Iterator[None]:
    """Calls of the injected model in the block, in this thread, that bring no `kg_*` of their own take the batch's.

    Raises:
        SlotError: The batch has no `kg_*` tensors.
    """
    missing = [key for key in KEYS if batch.get(key) is None]
    if missing:
        raise SlotError(
            f"the batch must hold {', '.join(KEYS)}, {missing[0]} is missing; build it with kgattn.Processor"
        )
    tensors = {key: batch[key] for key in (*KEYS, DECODER_KEY) if batch.get(key) is not None}
    token = _LINKS.set((*_LINKS.get(), Links(attachment, tensors)))
    try:
        yield
    finally:
        _LINKS.reset(token)
