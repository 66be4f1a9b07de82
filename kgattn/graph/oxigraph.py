"""RDF by pyoxigraph (the extra `fast-rdf`): Turtle, TriG and RDF/XML, several times faster than by rdflib.

N-Triples gain nothing by it, and its JSON-LD parser crashes on deep documents.
"""

from functools import cache
from io import BufferedReader
from typing import Any

from kgattn.graph.rdf_sink import literal_text
from kgattn.graph.statements import Statements
from kgattn.graph.vocabulary import LITERAL_PREDICATES

_FORMATS = {
    ".ttl": "TURTLE",
    ".n3": "TURTLE",
    ".trig": "TRIG",
    ".rdf": "RDF_XML",
    ".owl": "RDF_XML",
    ".xml": "RDF_XML",
}
REFUSALS = (SyntaxError, ValueError, MemoryError)
"""What pyoxigraph raises over a file it does not read: MemoryError over a literal that exceeds its buffer."""


@cache
def pyoxigraph() -> Any | None:
    """The library, None where it is not installed."""
    try:
        import pyoxigraph as library
    except ImportError:
        return None
    return library


def reads(suffix: str) -> bool:
    """Whether files of this kind are read by it."""
    return suffix in _FORMATS and pyoxigraph() is not None


def read_statements(file: BufferedReader, suffix: str, statements: Statements, base: str) -> None:
    """Read statements, of any graph.

    IRIs are taken as they stand, as rdflib does.

    Raises:
        SyntaxError, ValueError, MemoryError: It does not read this file; `statements` holds a part of it.
    """
    library: Any = pyoxigraph()
    named, blank, text = library.NamedNode, library.BlankNode, library.Literal
    add_link, add_text = statements.add_link, statements.add_text
    for subject, predicate, target, _ in library.parse(
        file, getattr(library.RdfFormat, _FORMATS[suffix]), base_iri=base, lenient=True
    ):
        kind = type(target)
        if kind is text:
            relation = predicate.value
            if relation not in LITERAL_PREDICATES:
                continue
        elif kind is named:
            link = target.value
        elif kind is blank:
            link = f"_:{target.value}"
        else:
            raise ValueError(f"expected an IRI, a blank node or a literal, got {target}")
        if type(subject) is named:
            own = subject.value
        elif type(subject) is blank:
            own = f"_:{subject.value}"
        else:
            raise ValueError(f"expected an IRI or a blank node, got {subject}")
        if kind is text:
            add_text(own, relation, literal_text(target.value, target.datatype.value), target.language or "")
        else:
            add_link(own, predicate.value, link)
