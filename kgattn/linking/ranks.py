"""The alphabetical order of a table of strings, found by bytes: all of them as Python strings take far more memory."""

import numpy as np
from jaxtyping import UInt64

from kgattn.graph import StringTable
from kgattn.shapes import Int

_WIDTH = 8  # bytes compared in one go


def ranks_of(strings: StringTable) -> Int[np.ndarray, " string"]:
    """The place of each string in the order of all; the order of UTF-8 bytes is that of characters.

    Args:
        strings: The strings, each once.
    """
    rank = np.zeros(len(strings), dtype=np.int32)
    left, at = np.arange(len(strings), dtype=np.int32), 0
    while len(left) > 1:  # all whose first `at` bytes are those of another
        begin = strings.offsets[left] + at
        rest = np.clip(strings.offsets[left + 1] - begin, 0, _WIDTH).astype(np.int8)
        piece = _pieces(strings, begin, rest)
        order = np.lexsort((rest, piece, rank[left]))
        left, piece, rest = left[order], piece[order], rest[order]
        tied = rank[left]
        above, new = np.ones(len(left), dtype=bool), np.ones(len(left) + 1, dtype=bool)
        above[1:] = tied[1:] != tied[:-1]
        new[1:-1] = above[1:] | (piece[1:] != piece[:-1]) | (rest[1:] != rest[:-1])
        place = np.arange(len(left), dtype=np.int32)
        firsts, first_tied = (np.maximum.accumulate(np.where(one, place, 0)) for one in (new[:-1], above))
        rank[left] = tied + firsts - first_tied
        left, at = left[~(new[:-1] & new[1:]) & (rest == _WIDTH)], at + _WIDTH
    return rank


def _pieces(
    strings: StringTable, begin: Int[np.ndarray, " some"], length: Int[np.ndarray, " some"]
) -> UInt64[np.ndarray, " some"]:
    """The bytes from a place on as one number, the first the highest; zeros fill up what is shorter than 8."""
    piece = np.zeros(len(begin), dtype=np.uint64)
    for byte in range(_WIDTH):
        inside = byte < length
        value = np.where(inside, strings.data[np.where(inside, begin + byte, 0)], 0)
        piece = (piece << np.uint64(8)) | value.astype(np.uint64)
    return piece
