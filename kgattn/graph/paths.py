"""How near two entities are in the graph: the length of a shortest path, and whether they are siblings."""

from dataclasses import dataclass

import numpy as np

from kgattn.errors import GraphError
from kgattn.graph.knowledge_graph import KnowledgeGraph
from kgattn.graph.subgraph import ranges
from kgattn.shapes import Bool, Int

FARTHEST = 3
"""Longest path that is told apart, in edges."""
NO_PATH = FARTHEST + 1


@dataclass(frozen=True, eq=False)
class PairNearness:
    """What a walk from one entity towards the other found.

    Attributes:
        length: Edges of a shortest path, in [0, 3]; 4 is "farther, or only through hubs".
        siblings: Whether another entity, no hub, is joined to both by the same relation in the same direction.
    """

    length: Int[np.ndarray, " pair"]
    siblings: Bool[np.ndarray, " pair"]


def pair_nearness(
    graph: KnowledgeGraph, first: Int[np.ndarray, " pair"], second: Int[np.ndarray, " pair"], hub_degree: int
) -> PairNearness:
    """Measure pairs of entities, edges taken in either direction.

    A hub, an entity with more than `hub_degree` edges, is near everything: nobody walks through one or away from one.
    It may be one end of a pair, not both. So the walk from an entity sees at most `hub_degree` squared places, whatever
    the size of the graph, and the whole costs at most that times the distinct entities.

    Args:
        graph: Where to walk.
        first: Entity rows, one end of each pair.
        second: Entity rows, the other end.
        hub_degree: Most edges of an entity that is walked through, at least 1; a triple is an edge of both its ends.

    Raises:
        GraphError: `hub_degree` is below 1.
    """
    if hub_degree < 1:
        raise GraphError(f"hub_degree must be at least 1, got {hub_degree}; raise it")
    size = np.int64(graph.num_entities)
    low, high = np.minimum(first, second).astype(np.int64), np.maximum(first, second).astype(np.int64)
    keys, place = np.unique(low * size + high, return_inverse=True)
    start, goal = np.divmod(keys, size) if len(keys) else (keys, keys)
    swap = _degree(graph, start) > _degree(graph, goal)
    start, goal = np.where(swap, goal, start), np.where(swap, start, goal)  # the walk begins where fewer edges are

    walk = _Walk.from_entities(graph, np.unique(start[_degree(graph, start) <= hub_degree]), hub_degree)
    length = np.full(len(keys), NO_PATH, dtype=np.int64)
    pairs = start * size + goal
    length[_contains(walk.beyond, pairs)] = 2
    length[_joined(graph, start, goal)] = 1
    length[start == goal] = 0
    open_pairs = np.flatnonzero(length == NO_PATH)
    length[open_pairs[_meets(graph, walk, start[open_pairs], goal[open_pairs], hub_degree)]] = 3
    siblings = _contains(walk.siblings, pairs) & (start != goal)
    return PairNearness(length[place.reshape(-1)], siblings[place.reshape(-1)])


@dataclass(frozen=True, eq=False)
class _Walk:
    """Two steps from each start; a place is the key `start * num_entities + entity`, sorted and unique.

    Attributes:
        beyond: Reached in two steps, over no hub.
        siblings: Those of `beyond` that were reached by an edge and its like, the other way round.
    """

    beyond: Int[np.ndarray, " beyond"]
    siblings: Int[np.ndarray, " sibling"]

    @classmethod
    def from_entities(cls, graph: KnowledgeGraph, starts: Int[np.ndarray, " start"], hub_degree: int) -> "_Walk":
        size = np.int64(graph.num_entities)
        edge, origin = _edges(graph, starts)
        neighbours, edge_types = graph.adjacency.neighbours, graph.adjacency.edge_types
        middle, kind = neighbours[edge], edge_types[edge]
        owner = starts[origin]
        through = _degree(graph, middle) <= hub_degree
        owner, middle, kind = owner[through], middle[through], kind[through]
        onward, came_by = _edges(graph, middle)
        owner, there = owner[came_by], neighbours[onward]
        beyond = owner * size + there
        back = (kind[came_by] + graph.num_relations) % (2 * graph.num_relations) if len(kind) else kind[came_by]
        alike = (edge_types[onward] == back) & (middle[came_by] != owner) & (middle[came_by] != there)
        return cls(np.unique(beyond), np.unique(beyond[alike]))


def _meets(
    graph: KnowledgeGraph,
    walk: _Walk,
    start: Int[np.ndarray, " pair"],
    goal: Int[np.ndarray, " pair"],
    hub_degree: int,
) -> Bool[np.ndarray, " pair"]:
    """Whether a last step leads to the goal: from the goal back if it is no hub, else by asking each place for it."""
    size = np.int64(graph.num_entities)
    met = np.zeros(len(start), dtype=bool)

    small = np.flatnonzero(_degree(graph, goal) <= hub_degree)
    edge, pair = _edges(graph, goal[small])
    last = graph.adjacency.neighbours[edge]
    through = _degree(graph, last) <= hub_degree
    pair, last = small[pair[through]], last[through]
    met[pair[_contains(walk.beyond, start[pair] * size + last)]] = True

    large = np.flatnonzero(_degree(graph, goal) > hub_degree)  # with a hub at the start, too, nothing is beyond
    begin = np.searchsorted(walk.beyond, start[large] * size)
    count = np.searchsorted(walk.beyond, (start[large] + 1) * size) - begin
    last = walk.beyond[ranges(begin, count)] % size
    pair = np.repeat(large, count)
    through = _degree(graph, last) <= hub_degree
    pair, last = pair[through], last[through]
    met[pair[_joined(graph, last, goal[pair])]] = True
    return met


def _joined(
    graph: KnowledgeGraph, first: Int[np.ndarray, " pair"], second: Int[np.ndarray, " pair"]
) -> Bool[np.ndarray, " pair"]:
    """Whether a triple joins the two, in either direction."""
    size, keys = np.int64(graph.num_entities), graph.pair_index.keys
    joined: np.ndarray = _contains(keys, first * size + second) | _contains(keys, second * size + first)
    return joined


def _degree(graph: KnowledgeGraph, entities: Int[np.ndarray, " item"]) -> Int[np.ndarray, " item"]:
    offsets: np.ndarray = graph.adjacency.offsets
    degree: np.ndarray = offsets[entities + 1] - offsets[entities]
    return degree


def _edges(
    graph: KnowledgeGraph, entities: Int[np.ndarray, " item"]
) -> tuple[Int[np.ndarray, " edge"], Int[np.ndarray, " edge"]]:
    """Every edge of each entity, as a place in the adjacency, and which of the entities it belongs to."""
    begin = graph.adjacency.offsets[entities]
    count = graph.adjacency.offsets[entities + 1] - begin
    return ranges(begin, count), np.repeat(np.arange(len(entities), dtype=np.int64), count)


def _contains(keys: Int[np.ndarray, " key"], wanted: Int[np.ndarray, " item"]) -> Bool[np.ndarray, " item"]:
    """Which of the wanted are among the keys, which rise."""
    if not len(keys):
        return np.zeros(len(wanted), dtype=bool)
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    found: np.ndarray = keys[place] == wanted
    return found
