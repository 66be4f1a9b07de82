"""Writing so that a crash, a full disk, an interruption or a second writer leaves the old files or the new ones.

Everything is written under another name on the same file system, flushed to the disk, and moved into place last.
"""

import json
import os
import shutil
import tempfile
import weakref
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from kgattn.errors import KgattnError, StorageError

_ADVICE = "nothing there was changed, choose a folder you may write to, with room"


def seen_from(path: Path) -> str:
    """Where a relative path begins, to be said of one that leads nowhere; nothing for others."""
    return "" if path.is_absolute() else f", seen from {Path.cwd()}"


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
    folder = Path(os.path.abspath(folder))
    with _moving(folder, last, f"cannot write {folder}") as scratch:
        yield scratch


@contextmanager
def replacing_folder(folder: str | Path, *, task: str = "write") -> Iterator[Path]:
    """Fill a new folder, which then takes the place of `folder` and of all that was in it.

    Args:
        folder: The place; it may be absent.
        task: What is done to it, for the error message.

    Yields:
        The new folder, empty.

    Raises:
        StorageError: Writing or moving failed; `folder` is as it was.
    """
    folder = Path(os.path.abspath(folder))
    with _moving(folder.parent, None, f"cannot {task} {folder}") as scratch:
        new = scratch / folder.name
        new.mkdir()
        yield new


def temporary_folder(owner: object, prefix: str) -> Path:
    """Make a folder that is there until its owner is collected, or the process ends.

    A fork copies the owner; collecting the copy removes nothing, the folder is this process's.

    Args:
        owner: Anything that can be referred to weakly.
        prefix: How the folder's name begins.
    """
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    weakref.finalize(owner, _remove_of, os.getpid(), folder)
    return folder


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file in one step.

    Raises:
        StorageError: Writing failed; a file that was there is as it was.
    """
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 file in one step; a symbolic link is followed.

    Raises:
        StorageError: Writing failed, or `path` is no file; what was there is as it was.
    """
    target = Path(os.path.realpath(path))
    scratch = target.with_name(f".{target.name}.{os.getpid()}")
    missing = _missing(target.parent)
    try:
        if target.exists() and not target.is_file():  # a folder, but also a device, which a rename would replace
            raise StorageError(f"cannot write {path}: it is there and no file; choose another place")
        target.parent.mkdir(parents=True, exist_ok=True)
        with scratch.open("w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(scratch, target)
    except OSError as error:
        if isinstance(error, StorageError):
            raise
        raise StorageError(f"cannot write {path}: {error.strerror or error}; {_ADVICE}") from error
    finally:
        with suppress(OSError):
            scratch.unlink(missing_ok=True)
        _remove_empty(missing)


def check_version(values: Any, readable: Collection[int], name: str, advice: str, error: type[KgattnError]) -> None:
    """Raise unless what a file holds says that it is of a format version that can be read.

    Args:
        values: What JSON gave; its key `format_version` counts.
        readable: The versions that can be read.
        name: What to call the file.
        advice: What to do about another version.
        error: What to raise.

    Raises:
        KgattnError: It is of another version, or of none; an error of the class `error`.
    """
    version = values.get("format_version") if isinstance(values, dict) else None
    if version not in readable:
        raise error(f"{name} must be of format version {' or '.join(map(str, readable))}, got {version!r}; {advice}")


@contextmanager
def _moving(folder: Path, last: str | None, failure: str) -> Iterator[Path]:
    missing = _missing(folder)
    scratch: Path | None = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".writing-", dir=folder))
        yield scratch
        _flush(scratch)
        _move_all(scratch, folder, last)
    except Exception as error:
        reason = _reason(error)
        if reason is None:
            raise
        raise StorageError(f"{failure}: {reason}; {_ADVICE}") from error
    finally:
        if scratch is not None:
            shutil.rmtree(scratch, ignore_errors=True)
        _remove_empty(missing)


def _flush(scratch: Path) -> None:
    """Have all files on the disk before the first of them counts."""
    for path in sorted(scratch.rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())


def _move_all(scratch: Path, folder: Path, last: str | None) -> None:
    """Move every entry into the folder; after an error, or an interruption, those before it are moved back."""
    entries = sorted(scratch.iterdir(), key=lambda entry: (entry.name == last, entry.name))
    retired = scratch / ".old"
    retired.mkdir()
    begun: list[str] = []
    try:
        for entry in entries:
            begun.append(entry.name)
            _retire(folder / entry.name, retired)
            entry.rename(folder / entry.name)
    except BaseException:
        for name in reversed(begun):
            if not (scratch / name).exists():  # it was moved in
                (folder / name).rename(scratch / name)
            if (retired / name).exists():
                (retired / name).rename(folder / name)
        raise


def _retire(target: Path, retired: Path) -> None:
    """Keep what is in the way: a file stays where it is until the new one takes its place."""
    if target.is_dir():
        target.rename(retired / target.name)
    elif target.exists():
        try:
            os.link(target, retired / target.name)
        except OSError:  # a file system without hard links
            target.rename(retired / target.name)


def _reason(error: BaseException) -> str | None:
    """Why writing failed, or None when the error is of another kind. Safetensors and tokenizers have their own."""
    cause = error.__cause__
    if cause is not None and (reason := _reason(cause)) is not None:
        return reason
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error) if type(error).__name__ == "SafetensorError" or "(os error " in str(error) else None


def _remove_of(process: int, folder: Path) -> None:
    if os.getpid() == process:
        shutil.rmtree(folder, ignore_errors=True)


def _missing(folder: Path) -> list[Path]:
    """The folders that making `folder` would make, innermost first."""
    return [parent for parent in (folder, *folder.parents) if not os.path.exists(parent)]


def _remove_empty(folders: list[Path]) -> None:
    """Remove folders, innermost first, as far as nothing is in them."""
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:
            return
