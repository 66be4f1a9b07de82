"""Reading the raw tables, with the file and the line in every complaint."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from kgattn.errors import GraphError


def read_lines(path: Path) -> list[str]:
    """Read a UTF-8 text file as lines without their ends.

    Raises:
        GraphError: The file is absent, unreadable or not UTF-8.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise GraphError(f"expected the file {path}, got nothing there; point --source at the raw data") from None
    except (OSError, UnicodeDecodeError) as error:
        raise GraphError(f"expected {path} to be readable UTF-8 text, got {error}; fetch the file again") from None
    return text.removesuffix("\n").split("\n") if text else []  # str.splitlines would also cut at U+2028 and the like


def read_table(path: Path, header: tuple[str, ...]) -> Iterator[list[str]]:
    """Read a tab-separated table whose first row names its columns.

    Args:
        path: The file.
        header: The column names that the first row must hold, in order.

    Yields:
        The cells of one row, as many as the header has.

    Raises:
        GraphError: The file cannot be read, has another header, or a row has too few or too many cells.
    """
    lines = read_lines(path)
    got = tuple(lines[0].split("\t")) if lines else ()
    if got != header:
        raise GraphError(f"{path}:1: expected the columns {header}, got {got}; is this another version of the source?")
    yield from _rows(path, lines, "\t", len(header), first_row=1)


def read_counted(path: Path, columns: int, separator: str = "\t") -> Iterator[list[str]]:
    """Read a table in OpenKE's layout: the first line is the number of rows that follow.

    Raises:
        GraphError: The file cannot be read, the count is no number or is wrong, or a row has too few or too many
            cells.
    """
    lines = read_lines(path)
    count = lines[0].strip() if lines else ""
    if count != str(len(lines) - 1):
        raise GraphError(
            f"{path}:1: expected the number of rows that follow ({max(len(lines) - 1, 0)}), got {count!r}; "
            "the file is cut or edited, fetch it again"
        )
    yield from _rows(path, lines, separator, columns, first_row=1)


def read_rows(path: Path, columns: int) -> Iterator[list[str]]:
    """Read a tab-separated table without a header.

    Raises:
        GraphError: The file cannot be read, or a row has too few or too many cells.
    """
    yield from _rows(path, read_lines(path), "\t", columns, first_row=0)


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        GraphError: The file cannot be read or is not JSON; the message names the line.
    """
    text = "\n".join(read_lines(path))
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise GraphError(f"{path}:{error.lineno}: expected JSON, got {error.msg}; fetch the file again") from None


def lookup(table: dict[str, str], path: Path) -> Callable[[str], str]:
    """Give a function that translates a number of the source to its name.

    Args:
        table: Number -> name.
        path: The file the numbers are read from, for the message.

    Returns:
        A function that raises GraphError on a number that the table lacks.
    """

    def find(number: str) -> str:
        try:
            return table[number]
        except KeyError:
            raise GraphError(
                f"{path}: expected a number of the id files, got {number!r}; the files do not belong together"
            ) from None

    return find


def _rows(path: Path, lines: list[str], separator: str, columns: int, first_row: int) -> Iterator[list[str]]:
    for number, line in enumerate(lines[first_row:], start=first_row + 1):
        cells = line.split(separator)
        if len(cells) != columns:
            raise GraphError(f"{path}:{number}: expected {columns} columns, got {len(cells)}; fetch the file again")
        yield cells
