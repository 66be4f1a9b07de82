"""A column of strings as two arrays, so that a million labels can be memory-mapped instead of parsed."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import overload

import numpy as np
from jaxtyping import UInt8

from kgattn.errors import GraphError
from kgattn.shapes import Int

_BLOCK = 4096


@dataclass(frozen=True, eq=False, repr=False)
class StringTable(Sequence[str]):
    """Read-only strings, UTF-8 one after the other.

    Attributes:
        data: The bytes of all strings.
        offsets: Where each string starts; string i is `data[offsets[i] : offsets[i + 1]]`. Starts at 0, never falls.
    """

    data: UInt8[np.ndarray, " byte"]
    offsets: Int[np.ndarray, " string_plus_one"]

    @classmethod
    def from_strings(cls, strings: Iterable[str]) -> "StringTable":
        """Encode strings.

        Raises:
            GraphError: A string holds half a surrogate pair and so has no UTF-8 form.
        """
        encoded, lengths, pending = bytearray(), array("q", [0]), iter(strings)
        while texts := list(islice(pending, _BLOCK)):
            joined = "".join(texts)
            pieces = texts if joined.isascii() else [_encode(text) for text in texts]
            encoded += _encode(joined)
            lengths.extend(map(len, pieces))
        data, offsets = np.frombuffer(bytes(encoded), dtype=np.uint8), np.cumsum(lengths, dtype=np.int64)
        offsets.flags.writeable = False
        return cls(data, offsets)

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> list[str]: ...

    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            rows = range(*index.indices(len(self)))
            if rows.step == 1 and rows:
                return list(self._between(rows.start, rows.stop))
            return [self[row] for row in rows]
        size = len(self)
        row = int(index)
        if row < 0:
            row += size
        if not 0 <= row < size:
            raise IndexError(f"string {index} of {size}")
        try:
            return bytes(self.data[self.offsets[row] : self.offsets[row + 1]]).decode("utf-8")
        except UnicodeDecodeError as error:
            raise _damaged(error) from None

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __iter__(self) -> Iterator[str]:
        return self._between(0, len(self))

    def __repr__(self) -> str:
        return f"StringTable({len(self)} strings, {len(self.data)} bytes)"

    def encoded(self, first: int, last: int) -> Iterator[bytes]:
        """The UTF-8 bytes of strings `[first, last)`, read some thousand at a time."""
        for place in range(first, last, _BLOCK):
            bounds = self.offsets[place : min(place + _BLOCK, last) + 1].tolist()
            start = bounds[0]
            block = bytes(self.data[start : bounds[-1]])
            for begin, end in pairwise(bounds):
                yield block[begin - start : end - start]

    def _between(self, first: int, last: int) -> Iterator[str]:
        try:
            for piece in self.encoded(first, last):
                yield piece.decode("utf-8")
        except UnicodeDecodeError as error:
            raise _damaged(error) from None


def _damaged(error: UnicodeDecodeError) -> GraphError:
    return GraphError(
        f"texts of a graph must be UTF-8, got {error.object!r:.40} ({error.reason}); save the graph again"
    )


def _encode(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise GraphError(
            f"text must be valid Unicode, got half a surrogate pair in {text!a}; repair the source"
        ) from None
