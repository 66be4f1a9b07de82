"""Which ids name one entity: clusters of sameness, from the graphs or from a table."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from kgattn.errors import GraphError
from kgattn.graph.content import GraphContent
from kgattn.graph.naming import is_iri, local_name
from kgattn.graph.tables import read_table

SAME_RELATIONS = (
    "http://www.w3.org/2002/07/owl#sameAs",
    "http://www.w3.org/2004/02/skos/core#exactMatch",
    "owl:sameAs",
    "skos:exactMatch",
)
OWN_LINKS = "owl"
Renaming = dict[str, str]
SameAs = Mapping[str, str] | str | Path | None


def united_names(
    graphs: Sequence[GraphContent], names: Sequence[Renaming], same_as: SameAs, max_cluster: int
) -> list[Renaming]:
    """Old to new ids of each graph, in which all the names of an entity have become one.

    Args:
        graphs: The graphs.
        names: Old to new ids of each, where they differ already.
        same_as: Id to id, or a file of two columns, or `"owl"` for the sameAs and exactMatch triples of the graphs.
        max_cluster: Most ids of the graphs that may name one entity.

    Raises:
        GraphError: No pair has a say in these graphs, a cluster is larger than `max_cluster`, or the file is broken.
    """
    if same_as is None:
        return list(names)
    known = _known(graphs, names)
    clusters = _clusters(_pairs(graphs, names, same_as), known)
    if not clusters:
        raise GraphError(
            "same_as must unite at least two ids of the graphs, got no such pair; "
            + ("merge without it" if same_as == OWN_LINKS else "check that its ids are those of graph.entity_ids")
        )
    largest = max(clusters, key=lambda cluster: (len(cluster), min(cluster)))
    if len(largest) > max_cluster:
        some = ", ".join(sorted(largest)[:5])
        raise GraphError(
            f"at most {max_cluster} ids may name one entity, got {len(largest)} that are the same by way of others: "
            f"{some}, ...; repair the wrong link among them, or raise max_cluster"
        )
    chosen: Renaming = {}
    for cluster in clusters:
        name = min(cluster, key=known.__getitem__)
        chosen |= dict.fromkeys(cluster - {name}, name)
    return [
        {
            name: chosen.get(own.get(name, name), own.get(name, name))
            for name in (*graph.entity_ids, *graph.type_ids)
            if name in own or name in chosen
        }
        for graph, own in zip(graphs, names, strict=True)
    ]


def _known(graphs: Sequence[GraphContent], names: Sequence[Renaming]) -> dict[str, tuple[int, bool, str]]:
    """Every id with what makes it the better name of an entity: an early graph, a label that was given, the alphabet.

    Rows do not count: graphs that differ in these alone merge into the same one.
    """
    known: dict[str, tuple[int, bool, str]] = {}
    for place, (graph, own) in enumerate(zip(graphs, names, strict=True)):
        for entity_id, label in zip(graph.entity_ids, graph.labels, strict=True):
            name = own.get(entity_id, entity_id)
            known.setdefault(name, (place, is_iri(entity_id) and label == local_name(entity_id), name))
        for type_id in graph.type_ids:
            name = own.get(type_id, type_id)
            known.setdefault(name, (len(graphs), True, name))
    return known


def _pairs(graphs: Sequence[GraphContent], names: Sequence[Renaming], same_as: SameAs) -> Iterator[tuple[str, str]]:
    if isinstance(same_as, Mapping):
        yield from same_as.items()
    elif same_as == OWN_LINKS:
        for graph, own in zip(graphs, names, strict=True):
            yield from _own_pairs(graph, own)
    elif same_as is not None:
        path = Path(same_as)
        if not path.is_file():
            raise GraphError(
                f"{path}: same_as must be 'owl', a mapping of ids or a file of two columns, got no such file; "
                "check the path"
            )
        for _, (name, other) in read_table(path, ("id", "same_as")):
            yield name, other


def _own_pairs(graph: GraphContent, own: Renaming) -> Iterator[tuple[str, str]]:
    rows = [row for row, name in enumerate(graph.relation_ids) if name in SAME_RELATIONS]
    ids = graph.entity_ids
    for row in rows:
        for head, _, tail in graph.triples[graph.triples[:, 1] == row].tolist():
            yield own.get(ids[head], ids[head]), own.get(ids[tail], ids[tail])


def _clusters(pairs: Iterable[tuple[str, str]], known: Mapping[str, object]) -> list[set[str]]:
    """Ids of the graphs that are connected by pairs, by way of unknown ids too; only where there are several."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        top = name
        while (above := parent.setdefault(top, top)) != top:
            top = above
        while parent[name] != top:
            parent[name], name = top, parent[name]
        return top

    for name, other in pairs:
        first, second = root(name), root(other)
        if first != second:
            parent[max(first, second)] = min(first, second)
    clusters: dict[str, set[str]] = defaultdict(set)
    for name in parent:
        if name in known:
            clusters[root(name)].add(name)
    return [cluster for cluster in clusters.values() if len(cluster) > 1]
