"""What follows from an ontology: the OWL 2 RL closure of an RDF file, by the library `reasonable`.

Never by default: a full closure multiplies the edges of an ontology 9 to 30 times. `with_ancestors` is the cheap part.
"""

from dataclasses import replace
from pathlib import Path

from rdflib import Graph, URIRef
from rdflib.term import Node

from kgattn.errors import GraphError
from kgattn.graph.knowledge_graph import KnowledgeGraph
from kgattn.graph.owl import OWL
from kgattn.graph.packed import plain_suffix
from kgattn.graph.rdf import graph_from_rdf
from kgattn.graph.rdf_files import rdf_graph_from_file
from kgattn.graph.sources import RDF_SUFFIXES
from kgattn.graph.vocabulary import RDFS

_REFLEXIVE = {
    URIRef(iri)
    for iri in (
        f"{OWL}sameAs",
        f"{OWL}equivalentClass",
        f"{OWL}equivalentProperty",
        f"{RDFS}subClassOf",
        f"{RDFS}subPropertyOf",
    )
}
_EMPTY = {URIRef(f"{OWL}Thing"), URIRef(f"{OWL}Nothing"), URIRef(f"{RDFS}Resource")}


def close_rdf(graph: Graph) -> Graph:
    """The statements of a graph and all that OWL 2 RL derives from them, less what says nothing.

    Sub-classes and sub-properties, domains and ranges, inverse, transitive and symmetric properties, owl:sameAs and the
    rest of the profile, RDFS among it. Left out are statements about owl:Thing and owl:Nothing, and that things are
    the same as, or a part of, themselves.

    Raises:
        GraphError: The library is not installed.
    """
    try:
        from reasonable import PyReasoner
    except ImportError:
        raise GraphError("the closure owl-rl needs the package reasonable; pip install 'kgattn[reason]'") from None
    reasoner = PyReasoner()
    reasoner.from_graph(graph)
    closed = Graph(bind_namespaces="none")
    for statement in reasoner.reason():
        if _says_something(*statement):
            closed.add(statement)
    for statement in graph:  # what was said stays, whatever it says
        closed.add(statement)
    return closed


def load_closed(path: str | Path, *, language: str = "en") -> KnowledgeGraph:
    """Read an RDF file and close it under OWL 2 RL.

    Args:
        path: RDF in any format that `KnowledgeGraph.load` reads, plain or packed.
        language: As in `KnowledgeGraph.load`.

    Raises:
        GraphError: It is no RDF file, broken, hostile or without any label, or the library is not installed.
    """
    path = Path(path)
    suffix = plain_suffix(path)
    if suffix not in RDF_SUFFIXES or not path.is_file():
        raise GraphError(
            f"{path}: a closure is made of an RDF file, {' '.join(RDF_SUFFIXES)}, which says what its classes and "
            "properties mean; leave --closure out for other sources"
        )
    closed = graph_from_rdf(close_rdf(rdf_graph_from_file(path, suffix)), language=language)
    return replace(closed, sources=(path.name, "closed under OWL 2 RL"))


def _says_something(subject: Node, predicate: Node, target: Node) -> bool:
    return subject not in _EMPTY and target not in _EMPTY and not (subject == target and predicate in _REFLEXIVE)
