"""A map from 64-bit ids to row numbers, asked for a whole array at once."""

import numpy as np
from jaxtyping import UInt64

from kgattn.linking import loops
from kgattn.linking.trie import MULTIPLIER
from kgattn.shapes import Int

_FREE = -1


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
    """

    def __init__(self) -> None:
        self._resize(2**12)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def rows(self, orths: UInt64[np.ndarray, " token"]) -> Int[np.ndarray, " token"]:
        """The row of each id, or -1 where it has none."""
        if loops.compiled is not None:
            rows = np.empty(len(orths), dtype=np.int64)
            loops.compiled.rows_of(orths, self._orth, self._row, int(self._shift), rows)
            return rows
        place = self._first_place(orths)
        rows = self._row.take(place)
        open_ = np.flatnonzero((self._orth.take(place) != orths) & (rows != _FREE))
        while len(open_):
            place[open_] = (place[open_] + 1) & (len(self._row) - 1)
            at = place[open_]
            rows[open_] = self._row[at]
            open_ = open_[(self._orth[at] != orths[open_]) & (rows[open_] != _FREE)]
        return rows

    def add(self, orths: UInt64[np.ndarray, " new"], rows: Int[np.ndarray, " new"]) -> None:
        """Give ids their rows.

        Args:
            orths: Distinct ids that have none yet.
            rows: Their rows, at least 0.
        """
        self._size += len(orths)
        if 2 * self._size > len(self._row):
            taken = self._row != _FREE
            old = self._orth[taken], self._row[taken]
            self._resize(1 << (4 * self._size).bit_length())
            self._put(*old)
        self._put(orths, rows)

    def _resize(self, places: int) -> None:
        self._shift = np.uint64(65 - places.bit_length())
        self._orth = np.zeros(places, dtype=np.uint64)
        self._row = np.full(places, _FREE)

    def _first_place(self, orths: UInt64[np.ndarray, " token"]) -> Int[np.ndarray, " token"]:
        place: np.ndarray = (orths * MULTIPLIER) >> self._shift
        return place.view(np.int64)

    def _put(self, orths: UInt64[np.ndarray, " new"], rows: Int[np.ndarray, " new"]) -> None:
        if loops.compiled is not None:
            loops.compiled.put_rows(orths, rows, self._orth, self._row, int(self._shift))
            return
        place, left = self._first_place(orths), np.arange(len(orths))
        while len(left):
            free = left[self._row[place[left]] == _FREE]
            self._row[place[free]], self._orth[place[free]] = rows[free], orths[free]  # of several the last one stays
            left = left[self._orth[place[left]] != orths[left]]
            place[left] = (place[left] + 1) & (len(self._row) - 1)
