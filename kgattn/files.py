"""Writing so that a crash, a full disk or a second writer leaves either the old files or the new ones."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kgattn.errors import StorageError


@contextmanager
def replacing(folder: str | Path, *, last: str | None = None) -> Iterator[Path]:
    """Fill a temporary folder, then move its entries into `folder`; other files there are kept.

    Args:
        folder: Where the entries end up; made when absent.
        last: Entry to move last: a reader that sees it sees all the others.

    Yields:
        The empty temporary folder, on the same file system.

    Raises:
        StorageError: Writing or moving failed; `folder` is as it was.
    """
    folder = Path(folder)
    existed = folder.is_dir()
    scratch: Path | None = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".writing-", dir=folder))
        yield scratch
        for entry in sorted(scratch.iterdir(), key=lambda entry: (entry.name == last, entry.name)):
            _move(entry, folder / entry.name, scratch)
    except Exception as error:
        reason = _reason(error)
        if reason is None:
            raise
        raise StorageError(f"cannot write {folder}: {reason}; nothing there was changed") from error
    finally:
        if scratch is not None:
            shutil.rmtree(scratch, ignore_errors=True)
        if not existed and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def _reason(error: BaseException) -> str | None:
    """Why writing failed, or None when the error is of another kind. Safetensors has its own, told here by name."""
    if isinstance(error.__cause__, OSError):
        return _reason(error.__cause__)
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error) if type(error).__name__ == "SafetensorError" else None


def _move(source: Path, target: Path, scratch: Path) -> None:
    if target.is_dir():
        target.rename(scratch / f".old-{target.name}")
    os.replace(source, target)


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file in one step: under another name, flushed to the disk, then renamed.

    Raises:
        StorageError: Writing failed; a file that was there is as it was.
    """
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with scratch.open("w", encoding="utf-8") as file:
            json.dump(value, file, indent=2, ensure_ascii=False)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(scratch, path)
    except OSError as error:
        scratch.unlink(missing_ok=True)
        raise StorageError(f"cannot write {path}: {error.strerror or error}; what was there is untouched") from error
