"""Types for the entities that have none, read off the relations they take part in.

SDType (Paulheim and Bizer 2013, "Type Inference on Noisy RDF Data", https://doi.org/10.1007/978-3-642-41335-3_32): what
is the object of `birthPlace` is likely a place. Each relation, at either end, votes with the share of each type among
the typed entities that take part in it, and weighs the more, the further these are from the shares among all entities.
"""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from kgattn.errors import GraphError
from kgattn.graph.knowledge_graph import KnowledgeGraph
from kgattn.graph.subgraph import ranges
from kgattn.shapes import Float, Int

FEWEST_TYPED = 3
"""Typed entities at one end of a relation for it to have a vote."""
CHUNK_CELLS = 4_000_000
"""Most numbers held at once while votes are counted."""


def with_inferred_types(graph: KnowledgeGraph, threshold: float) -> KnowledgeGraph:
    """What `KnowledgeGraph.with_inferred_types` says."""
    if not 0 < threshold <= 1:
        raise GraphError(f"threshold must lie in (0, 1], got {threshold}")
    if not graph.num_types:
        raise GraphError("expected a graph in which some entities have types to learn from, got none; give types first")
    ends = _ends(graph)
    votes = _votes(graph, ends)
    untyped = np.flatnonzero(np.diff(graph.type_offsets) == 0)
    parts = [(rows, scores >= threshold) for rows, scores in _scores(ends, votes, untyped)]
    owners = np.concatenate([rows[np.nonzero(likely)[0]] for rows, likely in parts] or [untyped[:0]])
    types = np.concatenate([np.nonzero(likely)[1] for _, likely in parts] or [untyped[:0]])
    counts = np.diff(graph.type_offsets) + np.bincount(owners, minlength=graph.num_entities)
    all_owners = np.concatenate([np.repeat(np.arange(graph.num_entities), np.diff(graph.type_offsets)), owners])
    all_types = np.concatenate([graph.type_indices.astype(np.int64), types])
    return dataclasses.replace(
        graph,
        type_offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        type_indices=all_types[np.argsort(all_owners, kind="stable")].astype(np.int32),
        path=None,
    )


@dataclass(frozen=True)
class _Ends:
    """The relation ends each entity stands at: 2 * relation for its head, one more for its tail; none twice."""

    offsets: Int[np.ndarray, " entity_and_1"]
    ends: Int[np.ndarray, " pair"]
    number: int


@dataclass(frozen=True)
class _Votes:
    """Of each relation end: its weight, and the share of each type among the typed entities there."""

    weights: Float[np.ndarray, " end"]
    shares: Float[np.ndarray, "end type"]


def _ends(graph: KnowledgeGraph) -> _Ends:
    heads, relations, tails = graph.triples.astype(np.int64).T
    number = 2 * graph.num_relations
    pairs = np.unique(np.concatenate([heads * number + 2 * relations, tails * number + 2 * relations + 1]))
    owners, ends = np.divmod(pairs, max(number, 1))
    return _Ends(np.searchsorted(owners, np.arange(graph.num_entities + 1)), ends, number)


def _votes(graph: KnowledgeGraph, ends: _Ends) -> _Votes:
    types = graph.num_types
    counts = np.diff(graph.type_offsets)
    owners = np.repeat(np.arange(graph.num_entities), np.diff(ends.offsets))
    typed = counts[owners] > 0
    at, owners = ends.ends[typed], owners[typed]
    held = graph.type_indices[ranges(graph.type_offsets[owners], counts[owners])]
    cells = np.bincount(np.repeat(at, counts[owners]) * types + held, minlength=ends.number * types)
    standing = np.bincount(at, minlength=ends.number)
    shares = cells.reshape(ends.number, types) / np.maximum(standing, 1)[:, None]
    prior = np.bincount(graph.type_indices, minlength=types) / max(1, int((counts > 0).sum()))
    weights = np.square(shares - prior).sum(axis=1)
    weights[standing < FEWEST_TYPED] = 0
    return _Votes(weights, shares)


def _scores(
    ends: _Ends, votes: _Votes, entities: Int[np.ndarray, " entity"]
) -> Iterator[tuple[Int[np.ndarray, " row"], Float[np.ndarray, "row type"]]]:
    """Entities, some at a time, with the weighted mean of the shares at their ends; 0 where none has a vote."""
    types = votes.shares.shape[1]
    sizes = ends.offsets[entities + 1] - ends.offsets[entities]
    chunk = np.cumsum((sizes + 1) * types) // CHUNK_CELLS
    for number in np.unique(chunk):
        rows, size = entities[chunk == number], sizes[chunk == number]
        at = ends.ends[ranges(ends.offsets[rows], size)]
        owner = np.repeat(np.arange(len(rows)), size)
        weights = votes.weights[at]
        total = np.bincount(owner, weights, minlength=len(rows))
        scores = np.zeros((len(rows), types))
        np.add.at(scores, owner, votes.shares[at] * weights[:, None])
        yield rows, scores / np.where(total > 0, total, 1)[:, None]
