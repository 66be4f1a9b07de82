"""Mentions that follow from others: they take the candidates of the mention they come from."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from kgattn.linking.found import Found, Source
from kgattn.shapes import Bool, Int


class Derived(NamedTuple):
    """A short form of a mention.

    Attributes:
        doc: Its document.
        start: First token.
        end: One past the last.
        origin: The mention it stands for, as number in the batch.
        source: How it was found.
    """

    doc: int
    start: int
    end: int
    origin: int
    source: Source


def with_derived(
    found: Found, origin: Int[np.ndarray, " mention"], derived: Sequence[Derived]
) -> tuple[Found, Int[np.ndarray, " merged"]]:
    """Add short forms to the mentions of a batch.

    A short form replaces what was found in its very place or inside it, and gives way to a longer mention. Of two that
    overlap the one that begins first stays.

    Args:
        found: Mentions.
        origin: For each, the mention whose candidates it takes, or -1.
        derived: Short forms.

    Returns:
        All mentions, in order, and their origins, by the new numbers.
    """
    places = _Places(found)
    added: list[Derived] = []
    dropped = np.zeros(len(found.doc), dtype=bool)
    for one in sorted(derived):
        there = places.overlapping(one)
        last = added[-1] if added else None
        if last is not None and last.doc == one.doc and last.end > one.start:
            continue
        if one.origin in there or any(
            not (one.start <= places.start[at] and places.end[at] <= one.end) for at in there
        ):
            continue
        dropped[there] = True
        added.append(one)
    return _merge(found, origin, ~dropped, added)


class _Places:
    """Mentions of a batch by place; they may overlap one another."""

    def __init__(self, found: Found) -> None:
        self.start, self.end = found.start.tolist(), found.end.tolist()
        self._width = int(found.end.max(initial=0)) + 1
        self._key: list[int] = (found.doc * self._width + found.start).tolist()
        self._longest = int((found.end - found.start).max(initial=0))

    def overlapping(self, one: Derived) -> list[int]:
        begin = one.doc * self._width
        first = bisect_left(self._key, begin + max(one.start - self._longest, 0))
        last = bisect_left(self._key, begin + min(one.end, self._width), first)
        return [at for at in range(first, last) if one.start < self.end[at]]


def _merge(
    found: Found, origin: Int[np.ndarray, " mention"], kept: Bool[np.ndarray, " mention"], added: list[Derived]
) -> tuple[Found, Int[np.ndarray, " merged"]]:
    """Kept and added mentions in order of document, start and end, longest first; a lost origin is resolved first."""
    source_of = np.array([one.origin for one in added], dtype=np.int64)
    extra = np.array([(one.doc, one.start, one.end, one.source) for one in added], dtype=np.int64).reshape(-1, 4)
    columns = [np.concatenate([column[kept], extra[:, at]]) for at, column in enumerate(found[:3])]
    row = np.concatenate([found.row[kept], found.row[source_of]])
    source = np.concatenate([found.source[kept], extra[:, 3]])
    score = None if found.score is None else np.concatenate([found.score[kept], found.score[source_of]])
    order = np.lexsort((-columns[2], columns[1], columns[0]))

    number = np.full(len(kept) + 1, -1)  # new number of each old mention; the last one is "none"
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    number[:-1][kept] = place[: int(kept.sum())]
    root = np.where(origin[source_of] >= 0, origin[source_of], source_of)
    origins = number[np.concatenate([origin[kept], root])][order]
    return Found(columns[0], columns[1], columns[2], row, source, score).take(order), origins
