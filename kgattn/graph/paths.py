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
HUB_DEGREE = 64
"""An entity with more edges is a hub, where nothing else is said."""
_FILTER_BITS = 20


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

    A hub, an entity with more than `hub_degree` edges, is near everything: nobody walks through one or away from one,
    and it is one end of a pair only up to two edges away. So the walk from an entity sees at most `hub_degree` squared
    places, whatever the size of the graph, and the whole costs at most that times the distinct entities.

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
    swap = _degree(graph, first) > _degree(graph, second)
    start, goal = np.where(swap, second, first), np.where(swap, first, second)  # the walk begins where fewer edges are
    pairs = start * size + goal

    near = np.flatnonzero(_degree(graph, goal) <= hub_degree)
    edge, goes_to = _edges(graph, goal[near])
    last = graph.adjacency.neighbours[edge]
    through = _degree(graph, last) <= hub_degree
    pair, last = near[goes_to[through]], last[through]
    gates = start[pair] * size + last  # from where one more step leads to the goal

    walk = _Walk.from_entities(
        graph, np.unique(start[_degree(graph, start) <= hub_degree]), hub_degree, _Filter.of(pairs, gates)
    )
    length = np.full(len(pairs), NO_PATH, dtype=np.int64)
    few = np.flatnonzero(_Filter.of(walk.places).may_hold(gates))
    length[pair[few[_contains(walk.places, gates[few])]]] = 3
    length[_contains(walk.places, pairs)] = 2
    length[_joined(graph, start, goal)] = 1
    length[start == goal] = 0
    return PairNearness(length, _contains(walk.siblings, pairs) & (start != goal))


@dataclass(frozen=True, eq=False)
class _Walk:
    """Two steps from each start; a place is the key `start * num_entities + entity`, sorted and unique.

    Attributes:
        places: Reached in two steps, over no hub, and asked for.
        siblings: Those of them that were reached by an edge and its like, the other way round.
    """

    places: Int[np.ndarray, " place"]
    siblings: Int[np.ndarray, " sibling"]

    @classmethod
    def from_entities(
        cls, graph: KnowledgeGraph, starts: Int[np.ndarray, " start"], hub_degree: int, wanted: "_Filter"
    ) -> "_Walk":
        neighbours, edge_types = graph.adjacency.neighbours, graph.adjacency.edge_types
        edge, origin = _edges(graph, starts)
        through = _degree(graph, neighbours[edge]) <= hub_degree
        edge, owner = edge[through], starts[origin[through]]
        onward, came_by = _edges(graph, neighbours[edge])
        places = owner[came_by] * np.int64(graph.num_entities) + neighbours[onward]
        kept = np.flatnonzero(wanted.may_hold(places))  # most lead nowhere: sorting them would cost more than all else
        onward, came_by, places = onward[kept], came_by[kept], places[kept]

        back = (edge_types[edge].astype(np.int64) + graph.num_relations) % max(2 * graph.num_relations, 1)
        middle = neighbours[edge][came_by]
        alike = (edge_types[onward] == back[came_by]) & (middle != owner[came_by]) & (middle != neighbours[onward])
        return cls(np.unique(places), np.unique(places[alike]))


@dataclass(frozen=True, eq=False)
class _Filter:
    """A set of keys that forgets some differences: never a wrong no, now and then a wrong yes (Bloom 1970)."""

    table: Bool[np.ndarray, " cell"]

    @classmethod
    def of(cls, *keys: np.ndarray) -> "_Filter":
        table = np.zeros(1 << _FILTER_BITS, dtype=bool)
        for part in keys:
            table[_cells(part)] = True
        return cls(table)

    def may_hold(self, keys: Int[np.ndarray, " key"]) -> Bool[np.ndarray, " key"]:
        held: np.ndarray = self.table[_cells(keys)]
        return held


def _cells(keys: Int[np.ndarray, " key"]) -> Int[np.ndarray, " key"]:
    """The upper bits of a product with the golden ratio of 64 bits (Knuth 1973, sec. 6.4)."""
    hashed: np.ndarray = keys.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    cells: np.ndarray = hashed >> np.uint64(64 - _FILTER_BITS)
    return cells.astype(np.int64)


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
