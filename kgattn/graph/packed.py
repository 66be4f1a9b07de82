"""Files as they are or packed: gzip, bzip2 and xz, and no more of what is packed than a real file holds."""

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kgattn.errors import GraphError

PACKED_SUFFIXES = (".gz", ".bz2", ".xz")
READ_ERRORS = (OSError, EOFError, zlib.error, lzma.LZMAError)
"""What reading a file may raise that is not there, cut off or not packed as its name says."""
MAX_GROWTH = 100
"""Times its size a file may unpack to; RDF, which packs well, is 10 to 40 times smaller."""
ALWAYS_ALLOWED = 1 << 20
OPENERS: dict[str, Callable[[Any], Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
"""What opens a path or a binary file of a packing, by its suffix, for reading bytes."""


def open_plain(path: Path) -> io.BufferedReader:
    """Open a file for reading bytes, unpacked if its name ends in `.gz`, `.bz2` or `.xz`.

    Reading raises a GraphError past 1 MiB and 100 times the size of the packed file: such a file is a trap.
    """
    opener = OPENERS.get(path.suffix.lower())
    if opener is None:
        return open(path, "rb")
    limit = max(ALWAYS_ALLOWED, MAX_GROWTH * path.stat().st_size)
    return io.BufferedReader(_Unpacked(opener(path), path, limit), 1 << 16)


def plain_suffix(path: Path) -> str:
    """The suffix that names the format, lower case, without that of the packing."""
    name = Path(path.name.lower())
    return Path(name.stem).suffix if name.suffix in PACKED_SUFFIXES else name.suffix


class _Unpacked(io.RawIOBase):
    """A file as it is unpacked, up to a limit."""

    def __init__(self, file: Any, path: Path, limit: int) -> None:
        self._file = file
        self._path = path
        self._limit = limit
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._place = self._file.seek(offset, whence)
        return self._place

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer: Any) -> int:
        try:
            block = self._file.read(len(buffer))
        except MemoryError:
            raise GraphError(f"{self._path}: unpacking needs more memory than there is; unpack it yourself") from None
        self._place += len(block)
        if self._place > self._limit:
            raise GraphError(
                f"{self._path}: a packed file may unpack to {MAX_GROWTH} times its size, got more; "
                "unpack it yourself if it is sound"
            )
        buffer[: len(block)] = block
        return len(block)

    def close(self) -> None:
        self._file.close()
        super().close()
