"""What follows from an ontology: the OWL 2 RL closure of RDF files, by the library `reasonable`.

Never by default: a full closure multiplies the edges of an ontology 9 to 30 times. `with_ancestors` is the cheap part.
"""

from collections.abc import Iterable
from dataclasses import replace
from itertools import count
from pathlib import Path

from rdflib import BNode, Graph, URIRef
from rdflib.term import Node

from kgattn.errors import GraphError
from kgattn.graph.knowledge_graph import KnowledgeGraph
from kgattn.graph.owl import OWL
from kgattn.graph.packed import plain_suffix
from kgattn.graph.provenance import record_file
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


def load_closed(path: str | Path, *more: str | Path, language: str = "en") -> KnowledgeGraph:
    """Read RDF files and close them under OWL 2 RL, all together: an ontology may lie in one and its data in another.

    Blank nodes of different files stay apart. Each file is noted in `provenance`, with counts and licence only
    where it is the one file.

    Args:
        path: RDF in any format that `KnowledgeGraph.load` reads, plain or packed.
        more: Further such files.
        language: As in `KnowledgeGraph.load`.

    Raises:
        GraphError: One is no RDF file, broken or hostile, there is no label at all, or the library is not installed.
    """
    paths = list(dict.fromkeys(map(Path, (path, *more))))
    for file in paths:
        _check_rdf(file)
    closed = graph_from_rdf(close_rdf(_united(paths)), language=language)
    closed = replace(closed, sources=(*(file.name for file in paths), "closed under OWL 2 RL"))
    records = [record for file in paths for record in record_file(closed, file).provenance]
    if len(records) > 1:  # what each gave by itself was never a graph
        records = [replace(record, counts={}, licence="") for record in records]
    return replace(closed, provenance=tuple(records))


def _check_rdf(path: Path) -> None:
    suffix = plain_suffix(path)
    if suffix not in RDF_SUFFIXES or not path.is_file():
        raise GraphError(
            f"{path}: a closure is made of an RDF file, {' '.join(RDF_SUFFIXES)}, which says what its classes and "
            "properties mean; leave --closure out for other sources"
        )


def _united(paths: list[Path]) -> Graph:
    """The statements of all files; a blank node whose name an earlier file has taken gets a number."""
    united = rdf_graph_from_file(paths[0], plain_suffix(paths[0]))
    taken = _blank_nodes(united)
    for path in paths[1:]:
        part = rdf_graph_from_file(path, plain_suffix(path))
        own = _blank_nodes(part)
        names: dict[Node, Node] = {}
        for node in own & taken:
            fresh = (BNode(f"{node}x{number}") for number in count(2))
            names[node] = next(name for name in fresh if name not in taken and name not in own)
        for subject, predicate, target in part:
            united.add((names.get(subject, subject), predicate, names.get(target, target)))
        taken |= own | _blank_nodes_of(names.values())
    return united


def _blank_nodes(graph: Graph) -> set[BNode]:
    return _blank_nodes_of(node for subject, _, target in graph for node in (subject, target))


def _blank_nodes_of(nodes: Iterable[Node]) -> set[BNode]:
    return {node for node in nodes if isinstance(node, BNode)}


def _says_something(subject: Node, predicate: Node, target: Node) -> bool:
    return subject not in _EMPTY and target not in _EMPTY and not (subject == target and predicate in _REFLEXIVE)
