"""RDF files: Turtle, N-Triples, RDF/XML and JSON-LD, plain or gzipped.

They go from rdflib's parsers straight into numbers, without an `rdflib.Graph` in between: for a million N-Triples
measured at a third of its time and a tenth of its memory.
"""

import json
import logging
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedIOBase
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.sax.xmlreader import Locator

from rdflib import BNode, Graph, Literal, URIRef
from rdflib.parser import InputSource
from rdflib.plugins.parsers.jsonld import to_rdf
from rdflib.plugins.parsers.ntriples import NTGraphSink, W3CNTriplesParser
from rdflib.plugins.parsers.rdfxml import create_parser
from rdflib.store import Store
from rdflib.term import Node

from kgattn.errors import GraphError
from kgattn.graph.guards import check_json_ld, check_xml
from kgattn.graph.knowledge_graph import KnowledgeGraph
from kgattn.graph.naming import clean_text
from kgattn.graph.rdf import add_statement, node_name
from kgattn.graph.statements import Statements
from kgattn.graph.tables import open_plain
from kgattn.graph.turtle import TurtleError, parse_turtle


def graph_from_rdf_file(path: Path, suffix: str, *, language: str) -> KnowledgeGraph:
    """Read a file of RDF, in the format its suffix names.

    Relative IRIs are resolved against `file:///` and the file's name; blank nodes are numbered as they come.

    Raises:
        GraphError: The file is broken (names the line), hostile, empty or without any label.
    """
    statements = Statements(language)
    _parse(path, suffix, _Sink(statements))
    return statements.build(origin=str(path), sources=(path.name,))


def rdf_graph_from_file(path: Path, suffix: str) -> Graph:
    """Read a file of RDF whole, statements about properties too, for what works on all of them.

    Raises:
        GraphError: The file is broken (names the line) or hostile.
    """
    graph = Graph(bind_namespaces="none")
    _parse(path, suffix, _Keeper(graph))
    return graph


def _parse(path: Path, suffix: str, sink: "_Sink") -> None:
    try:
        with open_plain(path) as file, _quiet_terms():
            _READERS[suffix](file, path, sink)
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise GraphError(f"{path}:{line}: expected UTF-8, got {error.reason}; convert the file") from None
    except (OSError, EOFError, zlib.error) as error:
        raise GraphError(f"{path}: cannot be read ({error}); check the file") from None


class _Sink(Store):
    """Where rdflib's parsers drop their statements: passes on what the graph needs and keeps nothing."""

    def __init__(self, statements: Statements) -> None:
        super().__init__()
        self._statements = statements
        self._blank_names: dict[str, str] = {}

    def add(self, triple: tuple[Node, Node, Node], context: Any = None, quoted: bool = False) -> None:
        subject, predicate, _ = triple
        if isinstance(subject, Literal) or not isinstance(predicate, URIRef):
            raise ValueError("expected an IRI or a blank node as subject and an IRI as predicate")
        for term in triple:
            _check_unicode(str(term))
        add_statement(self._statements, *triple, name=self._name)

    def triples(self, triple_pattern: Any, context: Any = None) -> Iterator[Any]:
        return iter(())

    def bind(self, prefix: str, namespace: URIRef, override: bool = True) -> None:
        """Prefixes do not matter here."""

    def namespace(self, prefix: str) -> URIRef | None:
        return None

    def prefix(self, namespace: URIRef) -> str | None:
        return None

    def namespaces(self) -> Iterator[tuple[str, URIRef]]:
        return iter(())

    def as_graph(self) -> Graph:
        """This store in the form most parsers write to."""
        return Graph(store=self, bind_namespaces="none")

    def _name(self, node: Node) -> str:
        if isinstance(node, BNode):
            return self._blank_names.setdefault(str(node), f"_:b{len(self._blank_names)}")
        return node_name(node)


class _Keeper(_Sink):
    """Keeps every statement."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(Statements("en"))
        self._graph = graph

    def add(self, triple: tuple[Node, Node, Node], context: Any = None, quoted: bool = False) -> None:
        super().add(triple)
        self._graph.add(triple)


def _read_turtle(file: BufferedIOBase, path: Path, sink: _Sink) -> None:
    text = file.read().decode("utf-8-sig")
    try:
        parse_turtle(text, sink.as_graph(), _base(path))
    except TurtleError as error:
        raise _broken(path, error.line, error) from None
    except _EXPECTED:
        raise
    except Exception as error:  # rdflib raises all kinds of errors over a broken file
        raise _broken(path, None, error) from None


def _read_ntriples(file: BufferedIOBase, path: Path, sink: _Sink) -> None:
    parser = W3CNTriplesParser(sink=NTGraphSink(sink.as_graph()))
    for number, line in enumerate(file, start=1):
        try:
            parser.line = line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
            parser.parseline()
        except UnicodeDecodeError as error:
            raise GraphError(f"{path}:{number}: expected UTF-8, got {error.reason}; convert the file") from None
        except Exception as error:
            raise _broken(path, number, error) from None


def _read_xml(file: BufferedIOBase, path: Path, sink: _Sink) -> None:
    check_xml(file, path)
    source = _source(file, path)
    parser = create_parser(source, sink.as_graph())
    try:
        parser.parse(source)
    except _EXPECTED:
        raise
    except Exception as error:
        line = parser.getLineNumber() if isinstance(parser, Locator) else None
        raise _broken(path, line, error) from None


def _read_json_ld(file: BufferedIOBase, path: Path, sink: _Sink) -> None:
    text = file.read().decode("utf-8-sig")
    try:
        document = json.loads(text)
        check_json_ld(document, path)
        if not isinstance(document, dict | list):
            raise _broken(path, 1, "expected an object or a list")
        to_rdf(document, sink.as_graph(), base=_base(path))
    except _EXPECTED:
        raise
    except json.JSONDecodeError as error:
        raise _broken(path, error.lineno, error.msg) from None
    except Exception as error:
        raise _broken(path, None, error) from None


_PLACE = re.compile(r"^file:\S+:\d+:\d+: ")  # where a parser found the error, in its own words
_EXPECTED = (GraphError, UnicodeDecodeError, OSError, EOFError, zlib.error, MemoryError)
_READERS: dict[str, Callable[[BufferedIOBase, Path, _Sink], None]] = {
    ".ttl": _read_turtle,
    ".nt": _read_ntriples,
    ".rdf": _read_xml,
    ".owl": _read_xml,
    ".xml": _read_xml,
    ".jsonld": _read_json_ld,
    ".json-ld": _read_json_ld,
}


@contextmanager
def _quiet_terms() -> Iterator[None]:
    """Drop what rdflib logs, with a traceback, over each literal that is not of its datatype: the text counts here."""
    logger = logging.getLogger("rdflib.term")

    def drop(_: logging.LogRecord) -> bool:
        return False

    logger.addFilter(drop)
    try:
        yield
    finally:
        logger.removeFilter(drop)


def _check_unicode(text: str) -> None:
    if text.isascii():
        return
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError(f"half a surrogate pair in {text!a:.60}") from None


def _source(file: BufferedIOBase, path: Path) -> InputSource:
    source = InputSource()
    source.setPublicId(_base(path))
    source.setSystemId(_base(path))
    source.setByteStream(file)
    return source


def _base(path: Path) -> str:
    return f"file:///{quote(path.name)}"


def _broken(path: Path, line: int | None, reason: object) -> GraphError:
    place = f"{path}:{line}" if line else str(path)
    text = _PLACE.sub("", clean_text(str(reason))) or type(reason).__name__
    return GraphError(f"{place}: broken RDF ({text[:200]}); repair the file")
