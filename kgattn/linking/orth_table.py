"""A map from 64-bit ids to row numbers, asked for a whole array at once."""

import numpy as np
from jaxtyping import Shaped, UInt64

from kgattn.linking import loops
from kgattn.linking.trie import MULTIPLIER
from kgattn.shapes import Int

_FREE = -1
_PLACE = np.dtype([("orth", np.uint64), ("row", np.int64)])


def distinct_ids(ids: UInt64[np.ndarray, " id"]) -> UInt64[np.ndarray, " distinct"]:
    """Each id once, in any order."""
    if loops.compiled is None:
        return np.unique(ids)
    distinct = np.empty_like(ids)
    scratch = np.zeros(1 << (2 * len(ids)).bit_length(), dtype=np.int64)
    return distinct[: loops.compiled.distinct_ids(ids, scratch, distinct)]


class OrthTable:
    """spaCy's ids of token texts -> row, in an open-addressing hash table that grows.

    A dictionary would cost a Python step a token, sorting a batch about as much; a probe costs three array operations.

    Attributes:
        places: The table: in each place an id and its row, which is -1 where the place is free.
        size: Places that are taken, at most half of them.
    """

    places: Shaped[np.ndarray, " place"]
    size: int

    def __init__(self) -> None:
        self._resize(2**12)
        self.size = 0

    def rows(self, orths: UInt64[np.ndarray, " token"]) -> Int[np.ndarray, " token"]:
        """The row of each id, or -1 where it has none."""
        if loops.compiled is not None:
            rows: np.ndarray = np.empty(len(orths), dtype=np.int64)
            loops.compiled.rows_of(orths, self.places, rows)
            return rows
        place = self._first_place(orths)
        found = self.places[place]
        rows = found["row"].copy()
        open_ = np.flatnonzero((found["orth"] != orths) & (rows != _FREE))
        while len(open_):
            place[open_] = (place[open_] + 1) & (len(self.places) - 1)
            found = self.places[place[open_]]
            rows[open_] = found["row"]
            open_ = open_[(found["orth"] != orths[open_]) & (found["row"] != _FREE)]
        return rows

    def add(self, orths: UInt64[np.ndarray, " new"], rows: Int[np.ndarray, " new"]) -> None:
        """Give ids their rows.

        Args:
            orths: Distinct ids that have none yet.
            rows: Their rows, at least 0.
        """
        self.reserve(len(orths))
        self._put(orths, rows)
        self.size += len(orths)

    def reserve(self, room: int) -> None:
        """Make room for more ids."""
        if 2 * (self.size + room) > len(self.places):
            old = self.places[self.places["row"] != _FREE]
            self._resize(1 << (4 * (self.size + room)).bit_length())
            self._put(old["orth"].copy(), old["row"].copy())

    def _resize(self, places: int) -> None:
        self._shift = np.uint64(65 - places.bit_length())
        self.places = np.zeros(places, dtype=_PLACE)
        self.places["row"] = _FREE

    def _first_place(self, orths: UInt64[np.ndarray, " token"]) -> Int[np.ndarray, " token"]:
        place: np.ndarray = (orths * MULTIPLIER) >> self._shift
        return place.view(np.int64)

    def _put(self, orths: UInt64[np.ndarray, " new"], rows: Int[np.ndarray, " new"]) -> None:
        if loops.compiled is not None:
            loops.compiled.put_rows(orths, rows, self.places)
            return
        orth, row = self.places["orth"], self.places["row"]
        place, left = self._first_place(orths), np.arange(len(orths))
        while len(left):
            free = left[row[place[left]] == _FREE]
            row[place[free]], orth[place[free]] = rows[free], orths[free]  # of several the last one stays
            left = left[orth[place[left]] != orths[left]]
            place[left] = (place[left] + 1) & (len(self.places) - 1)
