"""RDF files, plain or packed: the formats rdflib reads, but RDF Patch, which holds changes to a graph and no graph.

| suffix | format | read by |
|---|---|---|
| `.nt` `.nq` | N-Triples, N-Quads | one expression a line, rdflib for odd lines |
| `.ttl` `.trig` | Turtle, TriG | pyoxigraph where installed (the extra `fast-rdf`), else rdflib |
| `.n3` | Notation 3, as far as it is Turtle | the same |
| `.rdf` `.owl` `.xml` | RDF/XML | the same |
| `.trix` | TriX | rdflib |
| `.jsonld` `.json-ld` | JSON-LD | rdflib |
| `.hext` | HexTuples | JSON a line, rdflib for terms |

Statements go straight into numbers, without an `rdflib.Graph` in between; those of named graphs count as others do.
Every way gives the same graph. What pyoxigraph refuses is read again by rdflib, which takes it or says what is wrong.
"""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import cast
from urllib.parse import quote

from rdflib import Graph
from rdflib.plugins.parsers.jsonld import to_rdf

from kgattn.errors import GraphError
from kgattn.graph import oxigraph
from kgattn.graph.guards import check_json_ld, check_xml
from kgattn.graph.hextuples import parse_hextuples
from kgattn.graph.knowledge_graph import KnowledgeGraph
from kgattn.graph.ntriples import parse_lines, read_lines
from kgattn.graph.packed import READ_ERRORS, open_plain
from kgattn.graph.rdf_sink import RdfSink, broken, not_utf8
from kgattn.graph.rdf_xml import XmlError, parse_xml
from kgattn.graph.statements import Statements
from kgattn.graph.turtle import TurtleError, parse_turtle

_XML = (".rdf", ".owl", ".xml", ".trix")
_TURTLE = (".ttl", ".trig", ".n3")
_LINES = (".nt", ".nq")
_EXPECTED = (GraphError, UnicodeDecodeError, MemoryError, *READ_ERRORS)
_MARK = b"\xef\xbb\xbf"


def graph_from_rdf_file(path: Path, suffix: str, *, language: str) -> KnowledgeGraph:
    """Read a file of RDF, in the format its suffix names.

    Relative IRIs are resolved against `file:///` and the file's name; blank nodes are named by what is said about them.

    Raises:
        GraphError: The file is broken (names the line), hostile, empty or without any label.
    """
    with _told(path), open_plain(path) as file:
        statements = _read(file, path, suffix, language)
    return statements.build(origin=str(path), sources=(path.name,), rename_blank_nodes=True)


def rdf_graph_from_file(path: Path, suffix: str) -> Graph:
    """Read a file of RDF whole, statements about properties too, for what works on all of them.

    Raises:
        GraphError: The file is broken (names the line) or hostile.
    """
    graph = Graph(bind_namespaces="none")
    sink = RdfSink(lambda *statement: graph.add(statement))
    with _told(path), open_plain(path) as file:
        if suffix in _XML:
            check_xml(file, path)
        if suffix in _LINES:
            parse_lines(file, path, sink, quads=suffix == ".nq")
        else:
            _parse(file, path, suffix, sink)
    return graph


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Say which file cannot be read, and drop what rdflib logs over each odd term: a file is taken as it is."""
    try:
        with _quiet_terms():
            yield
    except UnicodeDecodeError as error:
        raise not_utf8(path, error.object[: error.start].count(b"\n") + 1, error) from None
    except READ_ERRORS as error:
        raise GraphError(f"{path}: cannot be read ({error}); check the file") from None


def _read(file: BufferedReader, path: Path, suffix: str, language: str) -> Statements:
    sound = suffix not in _XML or check_xml(file, path)
    if sound and oxigraph.reads(suffix):
        _skip_mark(file)
        fast = Statements(language)
        try:
            oxigraph.read_statements(file, suffix, fast, _base(path))
        except GraphError:  # of the file, while it was unpacked
            raise
        except oxigraph.REFUSALS:
            file.seek(0)
        else:
            return fast
    statements = Statements(language)
    if suffix in _LINES:
        read_lines(file, path, statements, quads=suffix == ".nq")
    else:
        _parse(file, path, suffix, RdfSink.of_statements(statements))
    return statements


def _parse(file: BufferedReader, path: Path, suffix: str, sink: RdfSink) -> None:
    if suffix in _XML:
        _read_xml(file, path, sink, trix=suffix == ".trix")
    elif suffix in _TURTLE:
        _read_turtle(file, path, sink, suffix)
    elif suffix == ".hext":
        parse_hextuples(file, path, sink)
    else:
        _read_json_ld(file, path, sink)


def _read_turtle(file: BufferedReader, path: Path, sink: RdfSink, suffix: str) -> None:
    text = file.read().decode("utf-8-sig")
    try:
        parse_turtle(text, sink, _base(path), named_graphs=suffix == ".trig")
    except TurtleError as error:
        hint = "; formulas, rules and variables of N3 are not read" if suffix == ".n3" else ""
        raise broken(path, error.line, f"{error}{hint}") from None
    except _EXPECTED:
        raise
    except Exception as error:  # rdflib raises all kinds of errors over a broken file
        raise broken(path, None, error) from None


def _read_xml(file: BufferedReader, path: Path, sink: RdfSink, *, trix: bool) -> None:
    try:
        parse_xml(file, sink, _base(path), _EXPECTED, trix=trix)
    except XmlError as error:
        raise broken(path, error.line, error) from None


def _read_json_ld(file: BufferedReader, path: Path, sink: RdfSink) -> None:
    text = file.read().decode("utf-8-sig")
    try:
        document = json.loads(text)
        check_json_ld(document, path)
        if not isinstance(document, dict | list):
            raise broken(path, 1, "expected an object or a list")
        to_rdf(document, cast("Graph", sink), base=_base(path))
    except _EXPECTED:
        raise
    except json.JSONDecodeError as error:
        raise broken(path, error.lineno, error.msg) from None
    except Exception as error:
        raise broken(path, None, error) from None


@contextmanager
def _quiet_terms() -> Iterator[None]:
    """Drop what rdflib logs over each IRI and literal it finds odd."""
    logger = logging.getLogger("rdflib.term")

    def drop(_: logging.LogRecord) -> bool:
        return False

    logger.addFilter(drop)
    try:
        yield
    finally:
        logger.removeFilter(drop)


def _skip_mark(file: BufferedReader) -> None:
    """Go past a byte order mark."""
    if file.read(len(_MARK)) != _MARK:
        file.seek(0)


def _base(path: Path) -> str:
    return f"file:///{quote(path.name)}"
