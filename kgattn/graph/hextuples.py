"""HexTuples: a JSON list of six texts a line, as rdflib writes and reads them (format `hext`).

They are subject, predicate, value, datatype, language, graph; the datatype "globalId" makes the value an IRI, "localId"
a blank node. rdflib's own parser follows datatypes, which costs time without end for some, and names no line.
"""

import json
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import Any

from rdflib import BNode, Literal, URIRef

from kgattn.graph.ntriples import MAX_LINE, line_too_long
from kgattn.graph.rdf_sink import RdfSink, broken, literal, not_utf8


def parse_hextuples(file: BufferedReader, path: Path, sink: RdfSink) -> None:
    """Read statements, of any graph.

    Raises:
        GraphError: A line is broken, not UTF-8 or longer than 16 MiB; names it.
    """
    for number, line in enumerate(iter(partial(file.readline, MAX_LINE), b""), start=1):
        if line == b"\n":
            continue
        if len(line) >= MAX_LINE:
            raise line_too_long(path, number)
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise not_utf8(path, number, error) from None
        try:
            if text.strip():
                sink.add(_statement(json.loads(text)))
        except json.JSONDecodeError as error:  # which counts lines from this one
            raise broken(path, number, error.msg) from None
        except Exception as error:  # rdflib and json raise all kinds of errors over a broken line
            raise broken(path, number, error) from None


def _statement(values: Any) -> tuple[URIRef | BNode, URIRef | BNode, URIRef | BNode | Literal]:
    if not isinstance(values, list) or len(values) != 6 or not all(isinstance(item or "", str) for item in values):
        raise ValueError("expected a list of six texts: subject, predicate, value, datatype, language, graph")
    subject, predicate, value, datatype, language, _ = values
    is_node = datatype in ("globalId", "localId")
    if not (subject and predicate and datatype) or value is None or (is_node and not value):
        raise ValueError("expected a subject, a predicate, a value and a datatype, got nothing in the place of one")
    if datatype == "globalId":
        return _node(subject), _node(predicate), URIRef(value)
    if datatype == "localId":
        return _node(subject), _node(predicate), BNode(value.removeprefix("_:"))
    return _node(subject), _node(predicate), literal(value, None if language else datatype, language or None)


def _node(name: str) -> URIRef | BNode:
    return BNode(name.removeprefix("_:")) if name.startswith("_:") else URIRef(name)
