"""N-Triples and N-Quads, a line at a time.

One expression takes usual lines apart, some hundred at once; with it a million lines were measured to load in less
time than by pyoxigraph's parser. A line that it does not match is left to rdflib, which reads it or says what is wrong.
"""

import re
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import Any

from rdflib.compat import decodeUnicodeEscape
from rdflib.plugins.parsers.nquads import NQuadsParser
from rdflib.plugins.parsers.ntriples import W3CNTriplesParser, r_literal, unquote

from kgattn.errors import GraphError
from kgattn.graph.rdf_sink import RdfSink, broken, check_unicode, literal, literal_text, not_utf8
from kgattn.graph.statements import Statements
from kgattn.graph.vocabulary import LITERAL_PREDICATES

MAX_LINE = 1 << 24
"""Bytes of the longest line that is read."""
_BLOCK = 1 << 15
_IRI = r'<([^\s"<>\\:]+:[^\s"<>\\]*)>'
_BLANK = r"(_:[A-Za-z0-9_:](?:[-A-Za-z0-9_:.]*[-A-Za-z0-9_:])?)"
_TEXT = r'"([^"\\\r\n]*(?:\\.[^"\\\r\n]*)*)"'
_TAG = rf"(?:@([a-zA-Z]{{1,8}}(?:-[a-zA-Z0-9]{{1,8}})*)|\^\^{_IRI})?"
_USUAL = re.compile(rf"^(?:{_IRI}|{_BLANK}) {_IRI} (?:{_IRI}|{_BLANK}|{_TEXT}{_TAG}) \.$", re.MULTILINE)
"""A triple as nearly all programs write it: one space between terms. A fifth faster than what allows for more."""
_STATEMENT = rf"(?:{_IRI}|{_BLANK})[ \t]*{_IRI}[ \t]*(?:{_IRI}|{_BLANK}|{_TEXT}{_TAG})[ \t]*"
_GRAPH = r'(?:(?:<[^\s"<>\\:]+:[^\s"<>\\]*>|_:[-A-Za-z0-9_:.]*[-A-Za-z0-9_:])[ \t]*)?'
_END = r"[ \t]*(?:#.*|\r)?$"
_TRIPLES = re.compile(rf"^[ \t]*(?:{_STATEMENT}\.)?{_END}", re.MULTILINE)
_QUADS = re.compile(rf"^[ \t]*(?:{_STATEMENT}{_GRAPH}\.)?{_END}", re.MULTILINE)


def read_lines(file: BufferedReader, path: Path, statements: Statements, *, quads: bool) -> None:
    """Read statements, of any graph if they are quads.

    Raises:
        GraphError: A line is broken, not UTF-8 or longer than 16 MiB; names it.
    """
    _read(file, _LineReader(path, RdfSink.of_statements(statements), statements, quads=quads))


def parse_lines(file: BufferedReader, path: Path, sink: RdfSink, *, quads: bool) -> None:
    """The same, one line after the other, into a sink that wants every statement."""
    _read(file, _LineReader(path, sink, None, quads=quads))


def _read(file: BufferedReader, reader: "_LineReader") -> None:
    while block := file.read(_BLOCK):
        if not block.endswith(b"\n"):
            rest = file.readline(MAX_LINE)
            if len(rest) == MAX_LINE:  # known here at once, where to take such a line apart costs seconds
                raise reader.too_long_after(block)
            block += rest
        reader.read(block)


class _LineReader:
    """Reads whole lines and counts them."""

    def __init__(self, path: Path, sink: Any, statements: Statements | None, *, quads: bool) -> None:
        self._path = path
        self._statements = statements
        self._pattern = _QUADS if quads else _TRIPLES
        self._parser = (_Quads if quads else _Triples)(sink, _SameNames())
        self._lines = 0

    def read(self, block: bytes) -> None:
        """Read many lines at once, or one by one if any of them is odd."""
        lines = block.count(b"\n") + (not block.endswith(b"\n"))
        block = block.removesuffix(b"\n")
        if not block.strip(b"\n"):
            self._lines += lines
            return
        try:
            text = block.decode("utf-8")
            if self._statements and (found := self._whole(text, lines)):
                _take(found, self._statements)
                self._lines += lines
                return
        except ValueError:
            pass  # the line is found below
        for line in BytesIO(block):
            self._lines += 1
            self._read_line(line)

    def too_long_after(self, block: bytes) -> GraphError:
        """The error of the last line of what was not read yet, which goes on for too long."""
        return line_too_long(self._path, self._lines + block.count(b"\n") + 1)

    def _whole(self, text: str, lines: int) -> list[tuple[str, ...]]:
        """The statements of so many lines; none if one of them is odd."""
        usual = (_USUAL,) if len(text) < 2 * _BLOCK else ()  # it looks for a start at every place of a long line
        for pattern in (*usual, self._pattern):
            found: list[tuple[str, ...]] = pattern.findall(text)
            if len(found) == lines:  # a match lies within a line and fills it
                return found
        return []

    def _read_line(self, line: bytes) -> None:
        if len(line) >= MAX_LINE:
            raise line_too_long(self._path, self._lines)
        try:
            text = line.decode("utf-8-sig" if self._lines == 1 else "utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise not_utf8(self._path, self._lines, error) from None
        try:
            if self._statements and (found := self._pattern.findall(text)):
                _take(found, self._statements)
            else:
                self._parser.line = text
                self._parser.parseline()
        except Exception as error:  # rdflib raises all kinds of errors over a broken line
            raise broken(self._path, self._lines, error) from None


def line_too_long(path: Path, line: int) -> GraphError:
    """The error of a line of `MAX_LINE` bytes or more."""
    return GraphError(f"{path}:{line}: a line may have {MAX_LINE >> 20} MiB, got more; drop or shorten it")


def _take(found: list[tuple[str, ...]], statements: Statements) -> None:
    add_link, add_text = statements.add_link, statements.add_text
    for subject, blank_subject, predicate, target, blank_target, said, tag, datatype in found:
        if target or blank_target:
            add_link(subject or blank_subject, predicate, target or blank_target)
        elif predicate in LITERAL_PREDICATES or "\\" in said:
            text = literal_text(_unescaped(said), datatype) if datatype or "\\" in said else said
            add_text(subject or blank_subject, predicate, text, tag)


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    text = decodeUnicodeEscape(text)
    check_unicode(text)
    return text


class _SameNames(dict[str, Any]):
    """Lets blank nodes keep their names, so that all lines of a file mean the same one."""

    def get(self, name: str, default: Any = None) -> str:
        return name


class _Triples(W3CNTriplesParser):
    """rdflib's parser, but a literal's datatype is not followed, which costs time without end for some."""

    def literal(self) -> Any:
        if not self.peek('"'):
            return False
        text, tag, datatype = self.eat(r_literal).groups()
        return literal(unquote(text), datatype, tag)


class _Quads(_Triples, NQuadsParser):
    """The same, with the name of a graph at the end of a line."""
