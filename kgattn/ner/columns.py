"""Read CoNLL-style columns: one word a line, its tag in the last column, an empty line between sentences."""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

from kgattn.errors import CorpusError
from kgattn.ner.raw import RawSentence
from kgattn.ner.schemes import TAG

Row = tuple[int, str]
"""Number and text of a line."""

_SPACES = re.compile(r"[ \t]+")
_NO_WORD = re.compile(r"\d+[-.]\d+")  # CoNLL-U: 1-2 is "du" before its words "de" and "le", 1.1 an elided word


def read_columns(path: Path) -> list[RawSentence]:
    """Read a file whose first column is the word and whose last column is the tag.

    Tabs separate columns if the file has any beside a word, runs of spaces otherwise. A line of only spaces and tabs
    ends a sentence. A byte order mark and CRLF line ends are taken off. Where the first column counts the words of a
    sentence (1, 2, ...; CoNLL-U, Universal NER) the second one is the word, the tag is the last column that holds tags
    alone, lines starting with `#` are comments, and ranges (`1-2`) and empty nodes (`1.1`) are left out; in any other
    file all of these are words. Left out are `-DOCSTART-` lines and, where every sentence begins with one, as in
    MultiCoNER, headers: lines that begin with `# ` and end with no tag.

    Raises:
        CorpusError: The file is not UTF-8, holds no words, or a line has more or fewer columns than the ones before.
    """
    lines = read_lines(path)
    rows = [(number, line) for number, line in enumerate(lines, start=1) if not line.startswith("-DOCSTART-")]
    if has_headers(rows):
        rows = list(without_headers(rows))
    separator = find_separator(rows)
    indexed = counts_words(rows, separator)
    if indexed:
        rows = [(number, line) for number, line in rows if not line.startswith("#")]
        rows = [(number, line) for number, line in rows if not is_no_word(split_columns(line, separator))]
    sentences = list(_sentences(path, rows, separator))
    if not sentences:
        raise CorpusError(f"{path}: expected words and tags in columns, got no word; is this the right file?")
    word_column, tag_column = (1, _tag_column(sentences)) if indexed else (0, len(sentences[0][0][1]) - 1)
    if tag_column <= word_column:
        line = sentences[0][0][0]
        raise CorpusError(f"{path}:{line}: expected a word and its tag, got one column; separate them by a tab")
    return [
        RawSentence(
            words=tuple(_word(path, number, cells[word_column]) for number, cells in sentence),
            tags=tuple(cells[tag_column] for _, cells in sentence),
            lines=tuple(number for number, _ in sentence),
            file=str(path),
        )
        for sentence in sentences
    ]


def read_lines(path: Path) -> list[str]:
    """The lines of a UTF-8 file without line ends and byte order mark; only LF and CRLF end a line.

    Raises:
        CorpusError: The file cannot be read or is not UTF-8.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read ({error.strerror}); give a readable file") from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise CorpusError(
            f"{path}:{line}: expected UTF-8, got byte 0x{raw[error.start]:02x}; convert the file"
        ) from error
    return [line.removesuffix("\r") for line in text.split("\n")]


def has_headers(rows: Iterable[Row]) -> bool:
    """Whether every sentence begins with a header."""
    lines = ["", *(line for _, line in rows)]
    begins = [line for before, line in pairwise(lines) if line.strip(" \t") and not before.strip(" \t")]
    return bool(begins) and all(map(_is_header, begins))


def without_headers(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows but for the headers sentences begin with."""
    begins = True
    for number, line in rows:
        if begins and _is_header(line):
            continue
        begins = not line.strip(" \t")
        yield number, line


def _is_header(line: str) -> bool:
    return line.startswith("# ") and not TAG.fullmatch(_SPACES.split(line.strip(" \t"))[-1])


def find_separator(rows: Iterable[Row]) -> str | None:
    """A tab if any row has one beside a word, None for runs of spaces."""
    return "\t" if any("\t" in line.strip(" \t") for _, line in rows) else None


def _sentences(path: Path, rows: list[Row], separator: str | None) -> Iterator[list[tuple[int, list[str]]]]:
    sentence: list[tuple[int, list[str]]] = []
    width = 0
    for number, line in rows:
        if not line.strip(" \t"):
            if sentence:
                yield sentence
                sentence = []
            continue
        cells = split_columns(line, separator)
        width = width or len(cells)
        if len(cells) != width:
            raise CorpusError(
                f"{path}:{number}: expected {width} columns as in the lines before, got {len(cells)}; mend this line"
            )
        sentence.append((number, cells))
    if sentence:
        yield sentence


def split_columns(line: str, separator: str | None) -> list[str]:
    """The cells of a row: between tabs, or without a separator between runs of spaces."""
    return line.split(separator) if separator else _SPACES.split(line.strip(" \t"))


def _word(path: Path, number: int, word: str) -> str:
    if not word:
        raise CorpusError(f"{path}:{number}: expected a word, got an empty column; mend this line")
    return word


def is_no_word(cells: list[str]) -> bool:
    """Whether a row is a range of words (`1-2`) or an empty node (`1.1`), in a file whose first column counts words."""
    return _NO_WORD.fullmatch(cells[0]) is not None


def counts_words(rows: Iterable[Row], separator: str | None, least: int = 3) -> bool:
    """Whether the first column of every token line counts the words of its sentence from 1, ranges aside.

    It does not where a line has fewer columns than `least`.
    """
    expected, seen = 1, False
    for _, line in rows:
        if not line.strip(" \t"):
            expected = 1
        elif not line.startswith("#"):
            cells = split_columns(line, separator)
            if is_no_word(cells):
                continue
            if len(cells) < least or cells[0] != str(expected):
                return False
            expected, seen = expected + 1, True
    return seen


def _tag_column(sentences: list[list[tuple[int, list[str]]]]) -> int:
    """The last column after the word that holds nothing but tags; the last one of all if there is none."""
    width = len(sentences[0][0][1])
    for column in range(width - 1, 1, -1):
        if all(TAG.fullmatch(cells[column]) for sentence in sentences for _, cells in sentence):
            return column
    return width - 1
