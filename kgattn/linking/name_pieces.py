"""The names of a graph piece by piece, so that only those of one piece are strings at a time."""

from collections.abc import Iterator
from itertools import chain, islice

import numpy as np

from kgattn.graph import StringTable
from kgattn.shapes import Int

PIECE = 2**14
"""Names in a piece."""


def pieces_of(*tables: StringTable) -> Iterator[list[str]]:
    """All strings of some tables, one table after the other, in order."""
    texts = chain(*tables)
    while piece := list(islice(texts, PIECE)):
        yield piece


def chosen_of(chosen: Int[np.ndarray, " chosen"], *tables: StringTable) -> Iterator[list[str]]:
    """Some strings of the tables, in pieces of at most `PIECE`.

    Args:
        chosen: Their places, rising, in the row of all strings of the tables.
        tables: Where they are.
    """
    first = done = 0
    for piece in pieces_of(*tables):
        end = int(np.searchsorted(chosen, first + len(piece)))
        yield [piece[place] for place in (chosen[done:end] - first).tolist()]
        first, done = first + len(piece), end
