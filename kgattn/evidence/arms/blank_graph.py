"""A graph that says nothing: its entities are all alike, so a plugin on it has parameters and no knowledge."""

from dataclasses import replace

import numpy as np

from kgattn.graph import KnowledgeGraph
from kgattn.graph.strings import StringTable
from kgattn.shapes import Int

LABEL = "entity"
TYPE = "thing"


def blank_entities(graph: KnowledgeGraph) -> KnowledgeGraph:
    """The same entities in the same rows, of one label and one type, without aliases, triples and given vectors.

    A type is left where the graph has some, and vectors of zeros where it has vectors: so a plugin gets the same
    parameters on both.
    """
    size = graph.num_entities
    nothing = StringTable.from_strings(())
    counts = np.ones(size, dtype=np.int64) if graph.num_types else np.zeros(size, dtype=np.int64)
    types = StringTable.from_strings((TYPE,) if graph.num_types else ())
    return replace(
        graph,
        labels=StringTable.from_strings(LABEL for _ in range(size)),
        alias_offsets=np.zeros(size + 1, dtype=np.int64),
        alias_texts=nothing,
        type_offsets=offsets_of(counts),
        type_indices=np.zeros(int(counts.sum()), dtype=np.int32),
        relation_ids=nothing,
        relation_labels=nothing,
        type_ids=types,
        type_labels=types,
        triples=np.zeros((0, 3), dtype=np.int32),
        features=None if graph.features is None else np.zeros((size, graph.features.shape[1]), dtype=np.float32),
        name_priors=None,
        path=None,
    )


def one_blank_entity(graph: KnowledgeGraph, seed: int) -> KnowledgeGraph:
    """A graph of a single entity about which nothing is known; in row 0."""
    blank = blank_entities(graph)
    return replace(
        blank,
        entity_ids=StringTable.from_strings((LABEL,)),
        labels=StringTable.from_strings((LABEL,)),
        alias_offsets=blank.alias_offsets[:2],
        type_offsets=blank.type_offsets[:2],
        type_indices=blank.type_indices[: int(blank.type_offsets[1])],
        features=None if blank.features is None else blank.features[:1],
    )


def offsets_of(counts: Int[np.ndarray, " row"]) -> Int[np.ndarray, " row_and_one"]:
    """Where rows of these lengths begin when they lie one after the other."""
    offsets = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=offsets[1:])
    return offsets
