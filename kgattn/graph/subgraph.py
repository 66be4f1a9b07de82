"""The neighbourhood of some entities, cut to a size that fits a training step."""

from dataclasses import dataclass

import numpy as np

from kgattn.errors import GraphError
from kgattn.graph.adjacency import PairIndex
from kgattn.graph.knowledge_graph import KnowledgeGraph
from kgattn.shapes import Int


@dataclass(frozen=True, eq=False)
class Subgraph:
    """Part of a graph, with its own node numbers.

    Attributes:
        entities: Entity row of each node; the seeds come first, in the order given.
        edge_index: Nodes each edge leads from (row 0) and to (row 1).
        edge_type: In [0, 2 * num_relations); the upper half are relations read from tail to head.
        node_ends: Nodes within 0, 1, ... steps of the seeds; nodes are in this order.
        edge_ends: Edges towards nodes within fewer than 0, 1, ... steps; edges are in this order.
    """

    entities: Int[np.ndarray, " node"]
    edge_index: Int[np.ndarray, "2 edge"]
    edge_type: Int[np.ndarray, " edge"]
    node_ends: tuple[int, ...]
    edge_ends: tuple[int, ...]

    @property
    def num_nodes(self) -> int:
        """Nodes, seeds included."""
        return len(self.entities)

    @property
    def num_edges(self) -> int:
        """Directed edges."""
        return len(self.edge_type)


def sample_subgraph(graph: KnowledgeGraph, seeds: Int[np.ndarray, " seed"], num_hops: int, fan_out: int) -> Subgraph:
    """Collect what can send messages to the seeds within `num_hops` steps.

    As in GraphSAGE (Hamilton et al. 2017, arXiv:1706.02216, sec. 3.1) a node keeps at most `fan_out` incoming
    edges, but always the same ones: those with the smallest hash of their texts. So a hub costs no more than any
    other node, and neither renumbering entities, reordering triples nor the rest of the batch changes what a seed
    sees.

    Args:
        graph: Where to sample.
        seeds: Entity rows, each once.
        num_hops: Steps to go; 0 gives the seeds without edges.
        fan_out: Most incoming edges of one node.

    Returns:
        The seeds, what was reached, and the edges towards every node but those reached in the last step.

    Raises:
        GraphError: A seed is out of range or comes twice, or a limit is negative.
    """
    seeds = seeds.astype(np.int64)
    _check_request(graph, seeds, num_hops, fan_out)
    adjacency = graph.adjacency
    entities = frontier = seeds
    sources: list[Int[np.ndarray, " edge"]] = [np.zeros(0, dtype=np.int64)]
    targets: list[Int[np.ndarray, " edge"]] = [np.zeros(0, dtype=np.int64)]
    edge_types: list[Int[np.ndarray, " edge"]] = [np.zeros(0, dtype=np.int64)]
    node_ends, edge_ends = [len(seeds)], [0]
    for _ in range(num_hops):
        start = adjacency.offsets[frontier]
        degree = np.minimum(adjacency.offsets[frontier + 1] - start, fan_out)
        edges = ranges(start, degree)
        neighbours = adjacency.neighbours[edges]
        sources.append(neighbours)
        targets.append(np.repeat(frontier, degree))
        edge_types.append(adjacency.edge_types[edges].astype(np.int64))
        frontier = _unseen(neighbours, entities)
        entities = np.concatenate([entities, frontier])
        node_ends.append(len(entities))
        edge_ends.append(edge_ends[-1] + len(edges))

    order = np.argsort(entities)
    ends = np.stack([np.concatenate(sources), np.concatenate(targets)])
    edge_index: np.ndarray = order[np.searchsorted(entities, ends, sorter=order)] if len(entities) else ends
    return Subgraph(entities, edge_index, np.concatenate(edge_types), tuple(node_ends), tuple(edge_ends))


def pair_relations(
    graph: KnowledgeGraph, heads: Int[np.ndarray, " pair"], tails: Int[np.ndarray, " pair"]
) -> tuple[Int[np.ndarray, " match"], Int[np.ndarray, " match"]]:
    """Every relation that holds from a head to its tail.

    Args:
        graph: Where to look.
        heads: Entity rows; a negative one matches nothing.
        tails: Entity rows; a negative one matches nothing.

    Returns:
        The number of the pair, rising, and the relation row of each match.
    """
    return match_pairs(graph.pair_index, graph.num_entities, heads, tails)


def match_pairs(
    index: PairIndex, num_entities: int, heads: Int[np.ndarray, " pair"], tails: Int[np.ndarray, " pair"]
) -> tuple[Int[np.ndarray, " match"], Int[np.ndarray, " match"]]:
    """What an index holds of each pair of entities; `pair_relations` says how."""
    keys = heads.astype(np.int64) * num_entities + tails
    keys = np.where((heads < 0) | (tails < 0), -1, keys)
    first = np.searchsorted(index.keys, keys, side="left")
    count = np.searchsorted(index.keys, keys, side="right") - first
    pair_number = np.repeat(np.arange(len(keys), dtype=np.int64), count)
    return pair_number, index.relations[ranges(first, count)].astype(np.int64)  # sums of small types would wrap


def ranges(start: Int[np.ndarray, " item"], length: Int[np.ndarray, " item"]) -> Int[np.ndarray, " place"]:
    """The ranges `[start, start + length)`, one after the other."""
    ends = np.cumsum(length)
    total = int(ends[-1]) if len(ends) else 0
    places: np.ndarray = np.arange(total, dtype=np.int64) + np.repeat(start - (ends - length), length)
    return places


def _unseen(found: Int[np.ndarray, " found"], seen: Int[np.ndarray, " seen"]) -> Int[np.ndarray, " new"]:
    """What is found for the first time, once each, in the order found (which rows do not influence)."""
    unique, first = np.unique(found, return_index=True)
    new = ~np.isin(unique, seen)
    ordered: np.ndarray = unique[new][np.argsort(first[new])]
    return ordered


def _check_request(graph: KnowledgeGraph, seeds: Int[np.ndarray, " seed"], num_hops: int, fan_out: int) -> None:
    if num_hops < 0 or fan_out < 0:
        raise GraphError(f"num_hops and fan_out must be at least 0, got {num_hops} and {fan_out}; raise them")
    bad = seeds[(seeds < 0) | (seeds >= graph.num_entities)]
    if len(bad):
        raise GraphError(
            f"seeds must lie in [0, {graph.num_entities}), got {int(bad[0])}; was it linked with another graph?"
        )
    if len(np.unique(seeds)) != len(seeds):
        raise GraphError("seeds must be distinct, got one twice; pass np.unique(seeds)")
