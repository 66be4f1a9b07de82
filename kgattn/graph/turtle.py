"""rdflib's Turtle parser, made to know in which line it gave up."""

import re
from typing import Any

from rdflib import Graph
from rdflib.plugins.parsers.notation3 import BadSyntax, RDFSink, SinkParser

from kgattn.graph.naming import clean_text

_SPACE = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
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


def parse_turtle(text: str, graph: Graph, base: str) -> None:
    """Parse a document into a graph.

    Args:
        text: The document.
        graph: Where the statements go.
        base: What relative IRIs are resolved against.

    Raises:
        TurtleError: The document is broken, or the graph's store refused a statement with a ValueError.
    """
    parser: Any = _TurtleParser(RDFSink(graph), baseURI=base, turtle=True)
    try:
        parser.loadBuf(text)
    except BadSyntax as error:
        at = max(parser.furthest, error._i)
        raise TurtleError(error._why, text.count("\n", 0, at) + 1) from None
    except (*_INTERNAL, ValueError, RecursionError) as error:
        rest = clean_text(text[parser.furthest :][:40]) or "the end of the file"
        reason = f"unexpected text at {rest!r}" if isinstance(error, _INTERNAL) else str(error)
        raise TurtleError(reason, text.count("\n", 0, parser.furthest) + 1) from None


class _TurtleParser(SinkParser):
    """Remembers how far it came: its own count of lines counts some twice, and most of its errors carry none."""

    furthest: int = 0

    def skipSpace(self, argstr: str, i: int) -> int:  # noqa: N802 - the parent's name
        """The place of the next token, -1 at the end."""
        space = _SPACE.match(argstr, i)
        end = space.end() if space else i
        self.furthest = max(self.furthest, end)
        return end if end < len(argstr) else -1
