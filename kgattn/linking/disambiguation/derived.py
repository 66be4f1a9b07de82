"""Mentions that follow from others: they take the candidates of the mention they come from."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from kgattn.linking.found import Found
from kgattn.shapes import Bool, Int


class Derived(NamedTuple):
    """A short form of a mention.

    Attributes:
        doc: Its document.
        start: First token.
        end: One past the last.
        origin: The mention it stands for, as number in the batch.
        source: How it was found, a `Source`.
    """

    doc: int
    start: int
    end: int
    origin: int
    source: int


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
    table = np.array(derived, dtype=np.int64).reshape(-1, len(Derived._fields))
    table = table[np.lexsort(table.T[::-1])]
    starts, ends = found.start.tolist(), found.end.tolist()
    added: list[int] = []
    dropped: list[int] = []
    end_doc, end_token = -1, 0
    for at, ((doc, start, end, root, _), there) in enumerate(zip(table.tolist(), _places(found, table), strict=True)):
        if doc == end_doc and end_token > start:
            continue
        over = [mention for mention in there if start < ends[mention]]
        if root in over or any(starts[mention] < start or ends[mention] > end for mention in over):
            continue
        dropped += over
        added.append(at)
        end_doc, end_token = doc, end
    kept = np.ones(len(found.doc), dtype=bool)
    kept[dropped] = False
    return _merge(found, origin, kept, table[added])


def _places(found: Found, table: Int[np.ndarray, "derived 5"]) -> list[range]:
    """The mentions that begin before the end of each short form, and so near that they may reach into it."""
    width, longest = int(found.end.max(initial=0)) + 1, int((found.end - found.start).max(initial=0))
    key, (doc, start, end, *_) = found.doc * width + found.start, table.T
    first = np.searchsorted(key, doc * width + np.maximum(start - longest, 0))
    last = np.searchsorted(key, doc * width + np.minimum(end, width))
    return list(map(range, first.tolist(), last.tolist()))


def _merge(
    found: Found,
    origin: Int[np.ndarray, " mention"],
    kept: Bool[np.ndarray, " mention"],
    added: Int[np.ndarray, "added 5"],
) -> tuple[Found, Int[np.ndarray, " merged"]]:
    """Kept and added mentions in order of document, start and end, longest first; a lost origin is resolved first."""
    source_of = added[:, 3]
    columns = [np.concatenate([column[kept], added[:, at]]) for at, column in enumerate(found[:3])]
    row = np.concatenate([found.row[kept], found.row[source_of]])
    source = np.concatenate([found.source[kept], added[:, 4]])
    score = None if found.score is None else np.concatenate([found.score[kept], found.score[source_of]])
    order = np.lexsort((-columns[2], columns[1], columns[0]))

    number = np.full(len(kept) + 1, -1)  # new number of each old mention; the last one is "none"
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    number[:-1][kept] = place[: int(kept.sum())]
    root = np.where(origin[source_of] >= 0, origin[source_of], source_of)
    origins = number[np.concatenate([origin[kept], root])][order]
    return Found(columns[0], columns[1], columns[2], row, source, score).take(order), origins
