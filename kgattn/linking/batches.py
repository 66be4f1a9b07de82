"""A stream of documents, linked as they come: plain ones at once, the others some thousand tokens at a time."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from spacy.tokens import Doc

from kgattn.linking.zones import Zone

_TOKENS = 4096
"""Tokens that are linked together: few enough that what the tokenizer has just written is still in the cache."""
_TRIED = 8
"""Documents of a batch that need not be plain before the rest is taken for the same."""


def linked(
    stream: Iterable[Doc], batch_size: int, plain: Callable[[], Any], link: Callable[[list[Doc]], None]
) -> Iterator[Doc]:
    """Link a stream of documents, in order.

    Args:
        stream: The documents.
        batch_size: Most documents that are linked together.
        plain: Gives what `plain_linker` gives, asked for with the first document.
        link: Links documents that share a vocabulary.

    Raises:
        LinkingError: A memory zone has ended before the documents made in it were taken.
    """
    waiting: list[Doc] = []
    left: list[Doc] = []  # those of them that are not marked yet
    tokens = 0
    at_once: Any = None
    for number, doc in enumerate(stream):
        if not number:
            at_once = plain()
        is_plain = at_once is not None and len(left) < _TRIED and at_once.link(doc)
        if is_plain and not waiting:
            yield doc
            del doc  # before the next one is asked for, as `Zone.given_out` does
            continue
        waiting.append(doc)
        if not is_plain:
            left.append(doc)
        tokens += len(doc)
        del doc
        if len(waiting) >= batch_size or tokens >= _TOKENS:
            yield from _together(waiting, left, link)
            tokens = 0
    if waiting:
        yield from _together(waiting, left, link)


def _together(waiting: list[Doc], left: list[Doc], link: Callable[[list[Doc]], None]) -> Iterator[Doc]:
    """Link those left and give out all that wait; both lists are emptied."""
    zone = Zone(waiting[0].vocab)
    link(left)
    left.clear()
    return zone.given_out(waiting)
