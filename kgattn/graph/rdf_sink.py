"""Where the parsers of RDF drop statements, and how they say what is broken."""

import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from xml.sax.saxutils import unescape

from rdflib import Literal, URIRef
from rdflib.term import Node

from kgattn.errors import GraphError
from kgattn.graph.naming import clean_text
from kgattn.graph.owl import RDF
from kgattn.graph.rdf import add_statement, node_name
from kgattn.graph.statements import Statements

XSD = "http://www.w3.org/2001/XMLSchema#"
_KEPT = {XSD + name for name in ("boolean", "integer", "nonNegativeInteger")}
_XML_LITERAL = f"{RDF}XMLLiteral"
_MARKUP = re.compile(r"<[^>]*>")
_PLACE = re.compile(r"^file:\S+:\d+:\d+: ")  # where a parser found the error, in its own words


class RdfSink:
    """Takes the statements of rdflib's parsers, in the place of each kind of sink they know, and keeps none.

    Args:
        take: Called with the three terms of each statement.
    """

    def __init__(self, take: Callable[[Node, Node, Node], object]) -> None:
        self._take = take

    @classmethod
    def of_statements(cls, statements: Statements) -> "RdfSink":
        """A sink that passes on what a graph needs."""
        return cls(partial(add_statement, statements, name=node_name))

    def add(self, triple: Sequence[Any]) -> None:
        """Pass on a statement."""
        subject, predicate, target = triple
        if isinstance(subject, Literal) or not isinstance(predicate, URIRef) or not isinstance(target, Node):
            raise ValueError("expected an IRI or a blank node as subject and an IRI as predicate")
        for term in triple:
            check_unicode(str(term))
        self._take(subject, predicate, target)

    def triple(self, subject: Node, predicate: Node, target: Node) -> None:
        """What rdflib's N-Triples parser calls."""
        self.add((subject, predicate, target))

    def bind(self, prefix: str | None, namespace: str, override: bool = True) -> None:
        """Prefixes do not matter here."""

    context_aware = False
    """Whether it tells graphs apart, as rdflib's JSON-LD parser asks."""

    @property
    def default_context(self) -> "RdfSink":
        """All graphs of a dataset are one."""
        return self

    def get_context(self, name: Node) -> "RdfSink":
        """All graphs of a dataset are one."""
        return self


def literal(lexical: str, datatype: str | None, language: str | None = None) -> Literal:
    """A literal as it was written.

    Truth values and whole numbers keep their datatype, which tells 5 from "5" where class axioms ask for a value; to
    follow any other may cost time without end.
    """
    if datatype in _KEPT:
        return Literal(lexical, datatype=URIRef(datatype), normalize=False)
    return Literal(literal_text(lexical, datatype), lang=language)


def literal_text(lexical: str, datatype: str | None) -> str:
    """What a literal says: its text as it was written, without the markup of an XML literal."""
    return unescape(_MARKUP.sub("", lexical)) if datatype == _XML_LITERAL else lexical


def broken(path: Path, line: int | None, reason: object) -> GraphError:
    """The error of a file that breaks the rules of its format."""
    place = f"{path}:{line}" if line else str(path)
    text = _PLACE.sub("", clean_text(str(reason))) or type(reason).__name__
    return GraphError(f"{place}: broken RDF ({text[:200]}); repair the file")


def not_utf8(path: Path, line: int, error: UnicodeDecodeError) -> GraphError:
    """The error of a file in another encoding."""
    return GraphError(f"{path}:{line}: expected UTF-8, got {error.reason}; convert the file")


def check_unicode(text: str) -> None:
    """Raise a ValueError over half a surrogate pair."""
    if text.isascii():
        return
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError(f"half a surrogate pair in {text!a:.60}") from None
