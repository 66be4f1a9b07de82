"""A file of output that a killed process can go on with: what is committed is neither lost nor written twice."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from kgattn.errors import RunError, StorageError
from kgattn.files import check_version, write_json

FORMAT_VERSION = 1
_COUNTS = ("records", "tokens", "mentions")


class ResumableOutput:
    """Appends chunks to `NAME.part`, which becomes `NAME` at the end; `NAME.run.json` says how far it is.

    After each chunk the data is flushed to the disk, then the progress. What a killed process wrote after the last
    progress is cut off when the next one goes on. The lock on the part is the kernel's: it goes with the process.

    Args:
        path: The output.
        identity: Everything it depends on beside the lines of the input, as JSON values.
        overwrite: Whether to begin anew, whatever is there.

    Attributes:
        records: Items whose output is written.
        tokens: Tokens in them.
        mentions: Mentions in them.
        digest: Hash of the input they came from, None before the first.
        finished: Whether the output was whole when it was opened.

    Raises:
        RunError: The output is there and not of this command, or another process writes it.
        StorageError: It cannot be written.
    """

    def __init__(self, path: Path, identity: dict[str, Any], *, overwrite: bool = False) -> None:
        if not path.name or (path.exists() and not path.is_file()):
            raise StorageError(f"cannot write {path}: it is there and no file; choose another place")
        self.path = path
        self.part, self.state = self.beside(path)
        self._identity = json.loads(json.dumps(identity))
        self.records = self.tokens = self.mentions = self._bytes = 0
        self.digest: str | None = None
        self.finished = self._locked = False
        with _storing(self.path):
            path.parent.mkdir(parents=True, exist_ok=True)
            file = self.part.open("ab")
        self._file: IO[bytes] = file
        try:
            self._lock()
            self._take_up(overwrite)
        except BaseException:
            self._close()
            raise

    @staticmethod
    def beside(path: Path) -> tuple[Path, Path]:
        """The part that is written first, and the file that says how far it is."""
        return path.with_name(path.name + ".part"), path.with_name(path.name + ".run.json")

    def commit(self, data: bytes, digest: str, counts: dict[str, int]) -> None:
        """Append a chunk; once this returns, it stays.

        Args:
            data: The chunk.
            digest: Hash of the input up to its end.
            counts: Its records, tokens and mentions.

        Raises:
            StorageError: Writing failed; what was committed before is kept.
        """
        with _storing(self.path):
            self._file.write(data)
            self._file.flush()
            os.fsync(self._file.fileno())
        self._bytes += len(data)
        self.digest = digest
        for name in _COUNTS:
            setattr(self, name, getattr(self, name) + counts[name])
        self._write_state(finished=False)

    def finish(self) -> None:
        """Give the output its name.

        Raises:
            StorageError: Writing failed; all of the output is in the part.
        """
        if not self.finished:
            with _storing(self.path):
                os.replace(self.part, self.path)
            self._write_state(finished=True)
            self.finished = True

    def __enter__(self) -> "ResumableOutput":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._close()

    def _lock(self) -> None:
        """Take the part, unless another process has it, or has just given it its name."""
        with suppress(BlockingIOError):
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._locked = self.part.exists() and os.path.samestat(self.part.stat(), os.fstat(self._file.fileno()))
        if not self._locked:
            raise RunError(f"{self.path} is being written by another process; wait for it, or name another file")

    def _take_up(self, overwrite: bool) -> None:
        """Find out how far the output is, and cut off what was not committed."""
        if overwrite or not self.state.exists():
            if not overwrite and (self.path.exists() or self.part.stat().st_size):
                raise RunError(
                    f"{self.path} is there, and no {self.state.name} that says how it was made; "
                    "name another file, or give --overwrite"
                )
            self._write_state(finished=False)
        stored = self._read_state()
        self._bytes, self.digest = stored["bytes"], stored["input"]
        for name in _COUNTS:
            setattr(self, name, stored[name])
        size = self.path.stat().st_size if self.path.exists() else -1
        part = self.part.stat().st_size
        if stored["finished"] or (part == 0 < self._bytes == size):  # killed between the last two steps
            if size != self._bytes:
                raise RunError(
                    f"{self.path} was changed since it was finished: expected {self._bytes} bytes, got {max(size, 0)}; "
                    "give --overwrite to begin anew"
                )
            self.finished = True
            return
        if part < self._bytes:
            raise RunError(
                f"{self.part} was changed: expected at least {self._bytes} bytes, got {part}; "
                "give --overwrite to begin anew"
            )
        with _storing(self.path):
            self._file.truncate(self._bytes)

    def _read_state(self) -> dict[str, Any]:
        try:
            stored = json.loads(self.state.read_text(encoding="utf-8"))
            whole = all(isinstance(stored[name], int) for name in (*_COUNTS, "bytes", "finished"))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RunError(f"{self.state} cannot be read ({error}); give --overwrite to begin anew") from error
        if not whole:
            raise RunError(f"{self.state}: expected counts, got other values; give --overwrite to begin anew")
        check_version(stored, (FORMAT_VERSION,), str(self.state), "give --overwrite to begin anew", RunError)
        before = stored.get("made_from")
        if before != self._identity:
            raise RunError(
                f"{self.path} was begun with {_difference(before, self._identity)}; "
                "name another file, or give --overwrite"
            )
        return dict(stored)

    def _write_state(self, *, finished: bool) -> None:
        counts = {name: getattr(self, name) for name in _COUNTS}
        progress = {"finished": finished, **counts, "bytes": self._bytes, "input": self.digest}
        write_json(self.state, {"format_version": FORMAT_VERSION, **progress, "made_from": self._identity})

    def _close(self) -> None:
        if self._locked and self.part.exists() and not self.part.stat().st_size:
            self.part.unlink()
        with suppress(OSError):  # it tries once more to write what a full disk refused, which nobody counts
            self._file.close()


@contextmanager
def _storing(path: Path) -> Iterator[None]:
    """Turn an error of the file system into one that says what is kept."""
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"cannot write {path}: {error.strerror or error}; make room or choose another place, "
            "the same command goes on where it was"
        ) from error


def _difference(before: Any, now: Any, name: str = "") -> str:
    """Name the first thing two identities differ in."""
    if not isinstance(before, dict) or not isinstance(now, dict):
        return f"another {name}: {str(before)[:60]}, not {str(now)[:60]}"
    key = min(key for key in {*before, *now} if before.get(key) != now.get(key))
    return _difference(before.get(key), now.get(key), f"{name} {key}".strip())
