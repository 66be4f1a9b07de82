"""The process that closes statements under OWL 2 RL: `python -m kgattn.graph.closure_worker FOLDER`.

A process of its own, because the library derives all at once and can be neither interrupted nor bounded. It reads
the request and the given statements from the folder, and leaves the answer and what follows from them there.
"""

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from rdflib import Graph, URIRef
from rdflib.term import Node

from kgattn.graph.closure import DERIVED, GIVEN, Statement, read_statements, write_statements
from kgattn.graph.limited_process import answer_request
from kgattn.graph.owl import OWL
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


def main(folder: Path) -> None:
    """Derive; the answer has the key "derived", unless that is more than the request allows."""

    def work(request: dict[str, Any]) -> dict[str, Any]:
        limit: int = request["limit"]
        count = write_statements(folder / DERIVED, islice(_derived(folder / GIVEN), limit + 1))
        return {"derived": count} if count <= limit else {}

    answer_request(folder, work)


def _derived(path: Path) -> Iterator[Statement]:
    """What follows and was not said, less what says nothing."""
    from reasonable import PyReasoner

    graph = Graph(bind_namespaces="none")
    for statement in read_statements(path):
        graph.add(statement)
    reasoner = PyReasoner()
    reasoner.from_graph(graph)
    for statement in reasoner.reason():
        if _says_something(*statement) and statement not in graph:
            yield statement


def _says_something(subject: Node, predicate: Node, target: Node) -> bool:
    return subject not in _EMPTY and target not in _EMPTY and not (subject == target and predicate in _REFLEXIVE)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
