"""What an entity is by way of what it is under: ancestors in the hierarchy, as types."""

import dataclasses

import numpy as np

from kgattn.errors import GraphError
from kgattn.graph.knowledge_graph import KnowledgeGraph
from kgattn.graph.strings import StringTable
from kgattn.graph.subgraph import ranges
from kgattn.graph.vocabulary import RDFS, SKOS
from kgattn.graph.wikidata import SUBCLASS_OF
from kgattn.shapes import Int

UPWARD = (f"{RDFS}subClassOf", f"{SKOS}broader", f"{SKOS}broaderTransitive", "is_a", SUBCLASS_OF)
"""Relations whose tail is the wider concept: of RDFS and OWL, SKOS, OBO, and Wikidata."""
DOWNWARD = (f"{SKOS}narrower", f"{SKOS}narrowerTransitive")
"""Relations whose head is: SKOS says either is the other's inverse, and vocabularies write one of them, or both."""


def with_ancestors(graph: KnowledgeGraph, depth: int) -> KnowledgeGraph:
    """What `KnowledgeGraph.with_ancestors` says."""
    if depth < 1:
        raise GraphError(f"depth must be at least 1, got {depth}; leave the ancestors out instead")
    up, down = (_links(graph, relations) for relations in (UPWARD, DOWNWARD))
    edges = np.unique(np.concatenate([up, down[:, ::-1]]), axis=0)
    if not len(edges):
        names = ", ".join((*UPWARD, *DOWNWARD))
        raise GraphError(f"expected a hierarchy of relations among {names}, got none; leave ancestors out")
    known = {type_id: row for row, type_id in enumerate(graph.type_ids)}

    # entity -> class, by type and by itself; then one step up at a time
    owner = np.repeat(np.arange(graph.num_entities), np.diff(graph.type_offsets))
    as_entity = np.array([graph.entity_index(name) if name in graph else -1 for name in known], dtype=np.int64)
    place = as_entity[graph.type_indices] if known else np.zeros(0, dtype=np.int64)
    below = np.concatenate([np.arange(graph.num_entities), owner[place >= 0]])
    at = np.concatenate([np.arange(graph.num_entities), place[place >= 0]])
    size = np.int64(graph.num_entities)
    found = below * size + at
    for _ in range(depth):
        begin = np.searchsorted(edges[:, 0], at)
        count = np.searchsorted(edges[:, 0], at, side="right") - begin
        below, at = np.repeat(below, count), edges[ranges(begin, count), 1]
        fresh = np.setdiff1d(below * size + at, found)
        found = np.union1d(found, fresh)
        below, at = np.divmod(fresh, size)
        if not len(fresh):
            break
    owners, classes = np.divmod(np.setdiff1d(found, np.arange(graph.num_entities) * (size + 1)), size)
    return _with_types(graph, owners, classes, known)


def _links(graph: KnowledgeGraph, relations: tuple[str, ...]) -> Int[np.ndarray, "link 2"]:
    """Head and tail of every triple of these relations."""
    wanted = np.array([name in relations for name in graph.relation_ids], dtype=bool)
    links: np.ndarray = graph.triples[wanted[graph.triples[:, 1]]][:, [0, 2]].astype(np.int64)
    return links


def _with_types(
    graph: KnowledgeGraph, owners: Int[np.ndarray, " link"], classes: Int[np.ndarray, " link"], known: dict[str, int]
) -> KnowledgeGraph:
    used = np.unique(classes)
    labels = [*graph.type_labels]
    for row in used.tolist():
        if graph.entity_ids[row] not in known:
            known[graph.entity_ids[row]] = len(known)
            labels.append(graph.labels[row])
    as_type = np.array([known[graph.entity_ids[row]] for row in used.tolist()], dtype=np.int64)
    owner = np.repeat(np.arange(graph.num_entities), np.diff(graph.type_offsets))
    pairs = np.stack([owner, graph.type_indices.astype(np.int64)], axis=1)
    new = np.stack([owners, as_type[np.searchsorted(used, classes)]], axis=1)
    merged, first = np.unique(np.concatenate([pairs, new]), axis=0, return_index=True)
    merged = merged[np.lexsort((first, merged[:, 0]))]  # given types first
    offsets = np.searchsorted(merged[:, 0], np.arange(graph.num_entities + 1)).astype(np.int64)
    return dataclasses.replace(
        graph,
        type_offsets=offsets,
        type_indices=merged[:, 1].astype(np.int32),
        type_ids=StringTable.from_strings(known),
        type_labels=StringTable.from_strings(labels),
        path=None,
    )
