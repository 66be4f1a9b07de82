"""What follows from an ontology: the OWL 2 RL closure of RDF files, by the library `reasonable`.

Never by default: a full closure multiplies the edges of an ontology 9 to 30 times. `with_ancestors` is the cheap part.
"""

import json
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

from rdflib import BNode, Graph, Literal, URIRef
from rdflib.term import Node

from kgattn.errors import GraphError
from kgattn.graph.knowledge_graph import KnowledgeGraph
from kgattn.graph.limited_process import Died, OutOfTime, ask
from kgattn.graph.packed import plain_suffix
from kgattn.graph.provenance import record_file
from kgattn.graph.rdf import graph_from_rdf
from kgattn.graph.rdf_files import rdf_graph_from_file
from kgattn.graph.sources import RDF_SUFFIXES, is_address

Statement = tuple[Node, Node, Node]
GIVEN, DERIVED = "given.jsonl", "derived.jsonl"
"""Files in the folder that is shared with `kgattn.graph.closure_worker`, beside request and answer."""
TIME_LIMIT = 60.0
"""Seconds, beside the share of each statement that is given."""
SECONDS_EACH = 1e-3
"""Measured 0.15 to 0.3 milliseconds a statement, the Disease Ontology, whose closure is 2.6 times as large."""
MEMORY = 4 << 30
MEMORY_EACH = 1 << 16
"""Bytes; measured 2 KiB a statement of the closure, and 9 to 30 of these for each that is given is usual."""
MAX_GROWTH = 100
ALWAYS_ALLOWED = 100_000
_ADVICE = (
    "close fewer sources, or none with long chains of transitive properties or large sets of the same things, or take "
    "--ancestors in the place of --closure"
)


def close_rdf(graph: Graph, *, origin: str = "", limit: int | None = None, time_limit: float = TIME_LIMIT) -> Graph:
    """The statements of a graph and all that OWL 2 RL derives from them, less what says nothing.

    Sub-classes and sub-properties, domains and ranges, inverse, transitive and symmetric properties, owl:sameAs and the
    rest of the profile, RDFS among it. Left out are statements about owl:Thing and owl:Nothing, and that things are
    the same as, or a part of, themselves. A process of its own does it, within limits: a chain of a thousand under a
    transitive property has half a million pairs, and what is the same as each other has as many squared.

    Args:
        graph: What is said.
        origin: Where it came from, for messages.
        limit: Most statements to derive; left out, 100 for each that is given, and 100,000 in any case.
        time_limit: Seconds; each statement that is given adds a millisecond.

    Raises:
        GraphError: The library is not installed, or the closure exceeds a limit, of memory too.
    """
    try:
        import reasonable  # noqa: F401 - it is used by the other process
    except ImportError:
        raise GraphError("the closure owl-rl needs the package reasonable; pip install 'kgattn[reason]'") from None
    seconds, memory = time_limit + SECONDS_EACH * len(graph), MEMORY + MEMORY_EACH * len(graph)
    limit = max(ALWAYS_ALLOWED, MAX_GROWTH * len(graph)) if limit is None else limit
    where = f"{origin}: " if origin else ""
    with tempfile.TemporaryDirectory(prefix="kgattn-closure-") as name:
        folder = Path(name)
        write_statements(folder / GIVEN, graph)
        try:
            answer = ask("kgattn.graph.closure_worker", folder, {"limit": limit}, seconds=seconds, memory=memory)
        except OutOfTime:
            raise GraphError(
                f"{where}a closure may take {seconds:.3g} s, for {len(graph)} statements, this one was not done; "
                f"{_ADVICE}"
            ) from None
        except Died as death:
            raise GraphError(
                f"{where}a closure may take {memory >> 20} MiB, for {len(graph)} statements, this one ended early "
                f"({death}); {_ADVICE}"
            ) from None
        if "derived" not in answer:
            raise GraphError(
                f"{where}a closure may add {limit} statements to the {len(graph)} given, got more; {_ADVICE}"
            )
        closed = Graph(bind_namespaces="none")
        for statement in (*graph, *read_statements(folder / DERIVED)):
            closed.add(statement)
    return closed


def write_statements(path: Path, statements: Iterable[Statement]) -> int:
    """Write statements for the other process, term by term as they are, and count them."""
    count = 0
    with path.open("w", encoding="ascii") as file:
        for statement in statements:
            file.write(json.dumps([_to_json(term) for term in statement]) + "\n")
            count += 1
    return count


def read_statements(path: Path) -> Iterator[Statement]:
    """Read what `write_statements` wrote."""
    with path.open(encoding="ascii") as file:
        for line in file:
            subject, predicate, target = map(_from_json, json.loads(line))
            yield subject, predicate, target


def _to_json(term: Node) -> list[str | None]:
    if isinstance(term, Literal):
        return ["text", str(term), term.language, None if term.datatype is None else str(term.datatype)]
    return ["blank" if isinstance(term, BNode) else "iri", str(term)]


def _from_json(values: list[Any]) -> Node:
    kind, text, *rest = values
    if kind == "text":
        language, datatype = rest
        return Literal(text, lang=language, datatype=None if datatype is None else URIRef(datatype), normalize=False)
    return BNode(text) if kind == "blank" else URIRef(text)


def load_closed(
    path: str | Path,
    *more: str | Path,
    language: str = "en",
    limit: int | None = None,
    time_limit: float = TIME_LIMIT,
) -> KnowledgeGraph:
    """Read RDF files and close them under OWL 2 RL, all together: an ontology may lie in one and its data in another.

    Blank nodes of different files stay apart. Each file is noted in `provenance`, with counts and licence only
    where it is the one file.

    Args:
        path: RDF in any format that `KnowledgeGraph.load` reads, plain or packed.
        more: Further such files.
        language: As in `KnowledgeGraph.load`.
        limit: As in `close_rdf`.
        time_limit: As in `close_rdf`.

    Raises:
        GraphError: One is no RDF file, broken or hostile, there is no label at all, the library is not installed, or
            the closure exceeds a limit.
    """
    paths = list(dict.fromkeys(map(Path, (path, *more))))
    for file in paths:
        _check_rdf(file)
    origin = " ".join(map(str, paths))
    statements = close_rdf(_united(paths), origin=origin, limit=limit, time_limit=time_limit)
    closed = graph_from_rdf(statements, language=language)
    closed = replace(closed, sources=(*(file.name for file in paths), "closed under OWL 2 RL"))
    records = [record for file in paths for record in record_file(closed, file).provenance]
    if len(records) > 1:  # what each gave by itself was never a graph
        records = [replace(record, counts={}, licence="") for record in records]
    return replace(closed, provenance=tuple(records))


def _check_rdf(path: Path) -> None:
    if not path.exists() and not is_address(path):
        raise GraphError(f"{path}: expected an RDF file, got nothing there; check the path")
    if plain_suffix(path) not in RDF_SUFFIXES or not path.is_file():
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
