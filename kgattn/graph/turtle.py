"""rdflib's parsers of Turtle and TriG, made to know in which line they gave up."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from rdflib import BNode, Literal
from rdflib.compat import decodeUnicodeEscape
from rdflib.plugins.parsers.notation3 import BadSyntax, RDFSink, SinkParser, sfloat
from rdflib.plugins.parsers.trig import TrigSinkParser

from kgattn.graph.naming import clean_text
from kgattn.graph.rdf_sink import XSD, RdfSink, literal

_SPACE = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_ESCAPE = r"\\(?:[tbnrf\"'\\]|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8})"
_STRINGS = {
    quote: re.compile(rf"([^{quote}\\\r\n]*(?:{_ESCAPE}[^{quote}\\\r\n]*)*){quote}") for quote in ("'", '"')
} | {
    quote * 3: re.compile(
        rf"([^{quote}\\]*(?:(?:{_ESCAPE}|{quote}{{1,2}}(?!{quote}))[^{quote}\\]*)*){quote * 3}(?!{quote})"
    )
    for quote in ("'", '"')
}
_INTERNAL = (AttributeError, AssertionError, IndexError, KeyError, TypeError)


class TurtleError(ValueError):
    """Text that is not Turtle.

    Attributes:
        line: Where, counted from 1.
    """

    line: int

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.line = line


def parse_turtle(text: str, sink: RdfSink, base: str, *, named_graphs: bool) -> None:
    """Parse a document.

    Args:
        text: The document.
        sink: Where the statements go.
        base: What relative IRIs are resolved against.
        named_graphs: Whether it is TriG; the statements of all its graphs count.

    Raises:
        TurtleError: The document is broken, or the sink refused a statement with a ValueError.
    """
    parser: Any = (_TrigParser if named_graphs else _TurtleParser)(_TurtleSink(sink), baseURI=base, turtle=True)
    try:
        parser.loadBuf(text)
    except BadSyntax as error:
        at = max(parser.furthest, error._i)
        raise TurtleError(error._why, text.count("\n", 0, at) + 1) from None
    except (*_INTERNAL, ValueError, RecursionError) as error:
        rest = clean_text(text[parser.furthest :][:40]) or "the end of the file"
        reason = f"unexpected text at {rest!r}" if isinstance(error, _INTERNAL) else str(error)
        raise TurtleError(reason, text.count("\n", 0, parser.furthest) + 1) from None


class _TurtleSink(RDFSink):
    """What the parsers write to: keeps no graph, and follows no datatype, which costs time without end for some."""

    identifier = BNode()

    def __init__(self, sink: RdfSink) -> None:
        graph: Any = self
        super().__init__(graph)
        self._sink = sink

    def add(self, triple: Sequence[Any]) -> None:
        self._sink.add(triple)

    def newGraph(self, identifier: Any) -> Any:  # noqa: N802 - the parent's name, as below
        return self

    def newBlankNode(self, arg: Any = None, uri: str | None = None, why: Any = None) -> BNode:  # noqa: N802
        return super().newBlankNode()

    def normalise(self, f: Any, n: Any) -> Any:
        """A term of a statement; numbers come as they were written."""
        if isinstance(n, bool):
            return literal(str(n).lower(), f"{XSD}boolean")
        if isinstance(n, int):
            return literal(str(n), f"{XSD}integer")
        return Literal(str(n)) if isinstance(n, Decimal | sfloat) else super().normalise(f, n)

    def newLiteral(self, s: str, dt: Any = None, lang: str | None = None) -> Literal:  # noqa: N802
        return literal(s, dt and str(dt), lang)


class _Tracked:
    """Remembers how far it came: the parser's own count of lines counts some twice, and most errors carry none."""

    furthest: int = 0

    def skipSpace(self, argstr: str, i: int) -> int:  # noqa: N802 - the parent's name
        """The place of the next token, -1 at the end."""
        space = _SPACE.match(argstr, i)
        end = space.end() if space else i
        self.furthest = max(self.furthest, end)
        return end if end < len(argstr) else -1

    def strconst(self, argstr: str, i: int, delim: str) -> tuple[int, str]:
        """The end and the content of a string, in one go: the parent takes it apart piece by piece."""
        found = _STRINGS[delim].match(argstr, i)
        if found is None:
            return super().strconst(argstr, i, delim)  # type: ignore[misc, no-any-return]
        return found.end(), decodeUnicodeEscape(found[1])


class _TurtleParser(_Tracked, SinkParser):
    """Turtle."""


class _TrigParser(_Tracked, TrigSinkParser):
    """Turtle with named graphs."""
