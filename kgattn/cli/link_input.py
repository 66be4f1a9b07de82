"""What `kgattn link` reads: plain text, JSON lines or CoNLL columns, packed or not, one item after the other."""

import hashlib
import json
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from itertools import chain, islice
from pathlib import Path
from typing import Any

from kgattn.errors import LinkingError
from kgattn.graph.packed import OPENERS, READ_ERRORS, plain_suffix

STDIN = "-"
MAX_LINE = 1 << 28
"""Longest line, in bytes, line end included; what is longer is no text but a trap."""
_KEYS_SHOWN = 10
_LOOK_AHEAD = 1000  # lines from which the kind of columns is guessed
_SUFFIXES = {".jsonl": "jsonl", ".ndjson": "jsonl"} | dict.fromkeys(
    (".conll", ".conllu", ".iob", ".iob2", ".bio"), "conll"
)


class Format(str, Enum):
    """How files are read."""

    AUTO = "auto"
    TEXT = "text"
    JSONL = "jsonl"
    CONLL = "conll"


@dataclass(frozen=True)
class Item:
    """A text, or a sentence in words.

    Attributes:
        content: The text, or the words.
        file: Where it came from; None for one from the command line.
        line: Its line, or that of its first word, counted from 1.
        given: The JSON object it stood in, empty for other formats.
    """

    content: str | tuple[str, ...]
    file: str | None = None
    line: int | None = None
    given: dict[str, Any] = field(default_factory=dict)

    @property
    def where(self) -> str:
        """File and line, in front of an error message."""
        return "--text" if self.file is None else f"{self.file}:{self.line}"


class Source:
    """The items of some files, in order, read once.

    Plain text gives an item a line, blank lines too; JSON lines one for each line that is not blank; columns one for
    each sentence, the first column as its words (the second one where the first counts them, but for rows such as `1-2`
    and `1.1`).

    Args:
        files: Paths; `-` is standard input.
        kind: How to read them; `auto` goes by the suffix: `.jsonl`, `.ndjson`; `.conll`, `.conllu`, `.iob`, `.iob2`,
            `.bio`; anything else, standard input too, is plain text. A suffix `.gz`, `.bz2` or `.xz` is taken off.
        key: Which key of a JSON object to link, a text or a list of words; None is `text`, or else `tokens`.

    Attributes:
        size: Bytes of all files as they are stored, None if one is standard input or a pipe.
        place: Bytes read of them so far.
    """

    def __init__(self, files: Sequence[Path], kind: Format = Format.AUTO, key: str | None = None) -> None:
        self._files, self._kind, self._key = files, kind, key
        self._digest = hashlib.blake2b(digest_size=32)
        self._before = 0
        self._raw: Any = None
        known = all(str(file) != STDIN and file.is_file() for file in files)  # a pipe may have a name
        self.size = sum(file.stat().st_size for file in files) if known else None

    @property
    def place(self) -> int:
        """Bytes read of the stored files."""
        return self._before + (0 if self._raw is None or self._raw.closed or self.size is None else self._raw.tell())

    @property
    def digest(self) -> str:
        """Hash, in hex, of all lines read so far."""
        return self._digest.hexdigest()

    def __iter__(self) -> Iterator[Item]:
        """Read the files.

        Raises:
            LinkingError: A file cannot be read or a line is no UTF-8, no JSON, or without what is to be linked.
        """
        for file in self._files:
            self._digest.update(b"\0file\0")
            kind = _SUFFIXES.get(plain_suffix(file), "text") if self._kind is Format.AUTO else self._kind.value
            with self._opened(file) as stream:
                lines = self._lines(str(file), stream)
                yield from _READERS[kind](str(file), lines, self._key)

    @contextmanager
    def _opened(self, file: Path) -> Iterator[Any]:
        if str(file) == STDIN:
            yield sys.stdin.buffer
            return
        try:
            self._raw = file.open("rb")
        except OSError as error:
            raise LinkingError(f"{file}: cannot be read ({error.strerror}); give a UTF-8 text file") from error
        with self._raw as raw:
            yield OPENERS.get(file.suffix.lower(), lambda plain: plain)(raw)
            if self.size is not None:
                self._before += raw.tell()

    def _lines(self, file: str, stream: Any) -> Iterator[tuple[int, str]]:
        """Lines without their ends, numbered from 1."""
        number = 0
        while True:
            number += 1
            try:
                raw = stream.readline(MAX_LINE + 1)
            except READ_ERRORS as error:
                raise LinkingError(
                    f"{file}:{number}: cannot be read ({error}); is it packed as its name says?"
                ) from error
            if not raw:
                return
            if len(raw) > MAX_LINE:
                raise LinkingError(f"{file}:{number}: a line may have {MAX_LINE} bytes, got more; break it up")
            self._digest.update(raw)
            try:
                line = raw.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                raise LinkingError(
                    f"{file}:{number}: expected UTF-8 text, got byte 0x{raw[error.start]:02x}; convert the file"
                ) from error
            yield number, line.rstrip("\r\n")


def _read_text(file: str, lines: Iterator[tuple[int, str]], _: str | None) -> Iterator[Item]:
    for number, line in lines:
        yield Item(line, file, number)


def _read_jsonl(file: str, lines: Iterator[tuple[int, str]], key: str | None) -> Iterator[Item]:
    for number, line in lines:
        if not line.strip():
            continue
        try:
            given = json.loads(line, parse_float=_number, parse_constant=_number)
        except (ValueError, RecursionError) as error:
            raise LinkingError(f"{file}:{number}: expected a JSON object, got what does not parse ({error})") from error
        if not isinstance(given, dict):
            raise LinkingError(f"{file}:{number}: expected a JSON object, got {type(given).__name__}; write one a line")
        wanted = key or ("tokens" if "text" not in given and "tokens" in given else "text")
        content = given.get(wanted)
        if isinstance(content, list) and all(isinstance(word, str) and word for word in content):
            content = tuple(content)
        if wanted not in given:
            keys = ", ".join(map(repr, list(given)[:_KEYS_SHOWN])) or "none"
            raise LinkingError(
                f"{file}:{number}: expected the key {wanted!r}, got the keys {keys}; "
                "mend the line, or name the key by --field"
            )
        if not isinstance(content, (str, tuple)):
            raise LinkingError(
                f"{file}:{number}: expected {wanted!r} to be a text, or a list of words that are not empty; "
                "mend the line, or name the key by --field"
            )
        yield Item(content, file, number, given)


def _number(written: str) -> float:
    """A number that can be written again as JSON.

    Raises:
        ValueError: It is none, or too large.
    """
    number = float(written)
    if not math.isfinite(number):
        raise ValueError(f"{written} is no number of JSON, or too large a one")
    return number


def _read_columns(file: str, lines: Iterator[tuple[int, str]], _: str | None) -> Iterator[Item]:
    # here, because the package takes seconds to import
    from kgattn.ner.columns import counts_words, find_separator, has_headers, is_no_word, split_columns, without_headers

    rows: Iterator[tuple[int, str]] = (row for row in lines if not row[1].startswith("-DOCSTART-"))
    first = list(islice(rows, _LOOK_AHEAD))
    rows = chain(first, rows)
    if has_headers(_whole_sentences(first)):
        rows, first = without_headers(rows), list(without_headers(first))
    separator = find_separator(first)
    least = 2 if plain_suffix(Path(file)) == ".conllu" else 3  # a number and a word may be all that CoNLL-U has
    indexed = counts_words(_whole_sentences(first), separator, least)
    words: list[str] = []
    begin = 0
    for number, line in rows:
        if indexed and line.startswith("#"):
            continue
        if line.strip(" \t"):
            cells = split_columns(line, separator)
            if indexed and is_no_word(cells):
                continue
            begin = begin if words else number
            words.append(_word(file, number, cells, 1 if indexed else 0))
        elif words:
            yield Item(tuple(words), file, begin)
            words = []
    if words:
        yield Item(tuple(words), file, begin)


def _whole_sentences(rows: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Rows up to the last blank one, or all of them."""
    ends = [place for place, (_, line) in enumerate(rows) if not line.strip(" \t")]
    return rows[: ends[-1]] if ends else rows


def _word(file: str, number: int, cells: list[str], column: int) -> str:
    if len(cells) <= column or not cells[column]:
        raise LinkingError(f"{file}:{number}: expected a word in column {column + 1}, got none; mend this line")
    return cells[column]


_READERS: dict[str, Callable[[str, Iterator[tuple[int, str]], str | None], Iterator[Item]]] = {
    "text": _read_text,
    "jsonl": _read_jsonl,
    "conll": _read_columns,
}
