"""Texts known by their hashes alone, in sorted arrays: a million need some megabytes, however long they are.

The hashes are those of atoms; two different texts share one with a probability of 2**-64.
"""

from collections.abc import Iterable

import numpy as np
from jaxtyping import UInt64

from kgattn.linking.atoms import stable_hash
from kgattn.shapes import Bool, Int


def hashes_of(texts: Iterable[str]) -> UInt64[np.ndarray, " text"]:
    """The `stable_hash` of each text."""
    return np.fromiter(map(stable_hash, texts), dtype=np.uint64)


class TextSet:
    """A set of texts.

    Args:
        hashes: Those of the texts, in any order, some perhaps twice.
    """

    def __init__(self, hashes: UInt64[np.ndarray, " text"]) -> None:
        self._hashes = np.unique(hashes)

    def __contains__(self, text: object) -> bool:
        return isinstance(text, str) and bool(self.holds(hashes_of([text]))[0])

    def holds(self, hashes: UInt64[np.ndarray, " text"]) -> Bool[np.ndarray, " text"]:
        """Whether each text is in the set."""
        return _find(self._hashes, hashes)[1]


class TextNumbers:
    """Numbers of texts.

    Attributes:
        hashes: Of all texts known, rising.
        numbers: Their numbers.
    """

    def __init__(self) -> None:
        self.hashes = np.empty(0, dtype=np.uint64)
        self.numbers = np.empty(0, dtype=np.int32)

    def new_in(self, hashes: UInt64[np.ndarray, " text"]) -> Int[np.ndarray, " new"]:
        """The places of texts that have no number yet, rising; of several equal ones the first."""
        new = np.flatnonzero(~_find(self.hashes, hashes)[1])
        _, first = np.unique(hashes[new], return_index=True)
        places: np.ndarray = new[np.sort(first)]
        return places

    def add(self, hashes: UInt64[np.ndarray, " new"], numbers: Int[np.ndarray, " new"]) -> None:
        """Give numbers to distinct texts that have none yet."""
        order = np.argsort(hashes)
        place = np.searchsorted(self.hashes, hashes[order])
        self.hashes = np.insert(self.hashes, place, hashes[order])
        self.numbers = np.insert(self.numbers, place, numbers[order])

    def of(self, hashes: UInt64[np.ndarray, " text"]) -> Int[np.ndarray, " text"]:
        """The numbers of texts that have one."""
        found: np.ndarray = self.numbers[np.searchsorted(self.hashes, hashes)]
        return found


def _find(
    known: UInt64[np.ndarray, " known"], asked: UInt64[np.ndarray, " text"]
) -> tuple[Int[np.ndarray, " text"], Bool[np.ndarray, " text"]]:
    """Where each hash is among the rising ones known, and whether it is."""
    if not len(known):
        return np.zeros(len(asked), dtype=np.int64), np.zeros(len(asked), dtype=bool)
    place = np.minimum(np.searchsorted(known, asked), len(known) - 1)
    return place, known[place] == asked
