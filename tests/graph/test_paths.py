"""Path lengths and siblings: equal to a slow walk, blind to hubs, and the same however rows are numbered."""

from collections import deque

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgattn.errors import GraphError
from kgattn.graph import KnowledgeGraph
from kgattn.graph.paths import FARTHEST, NO_PATH, pair_nearness

NAMES = [f"e{number}" for number in range(9)]
TRIPLES = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(["r", "s"]), st.sampled_from(NAMES)), min_size=1, max_size=24
)


def edges_of(graph):
    """Neighbour, relation and direction of every edge of each entity, out of the plain triples."""
    edges = {row: [] for row in range(graph.num_entities)}
    for head, relation, tail in graph.triples.tolist():
        edges[head].append((tail, relation, "out"))
        edges[tail].append((head, relation, "in"))
    return edges


def slow_length(edges, start, goal, hub_degree):
    """Breadth-first, one node at a time, from the end that is no hub."""
    if start == goal:
        return 0
    if any(other == goal for other, *_ in edges[start]):
        return 1
    if len(edges[start]) > hub_degree:
        start, goal = goal, start
    if len(edges[start]) > hub_degree:
        return NO_PATH
    distance, queue = {start: 0}, deque([start])
    while queue:
        node = queue.popleft()
        if distance[node] == FARTHEST or len(edges[node]) > hub_degree:
            continue
        for other, *_ in edges[node]:
            if other not in distance:
                distance[other] = distance[node] + 1
                queue.append(other)
    length = distance.get(goal, NO_PATH)
    return NO_PATH if length == FARTHEST and len(edges[goal]) > hub_degree else length


def slow_siblings(edges, first, second, hub_degree):
    if first == second or min(len(edges[first]), len(edges[second])) > hub_degree:
        return False
    shared = set(edges[first]) & set(edges[second])
    return any(node not in (first, second) and len(edges[node]) <= hub_degree for node, *_ in shared)


@settings(deadline=None, max_examples=100)
@given(TRIPLES, st.integers(1, 8))
def test_it_equals_a_slow_walk(triples, hub_degree):
    graph = KnowledgeGraph.from_triples(triples, labels={name: name for name in NAMES})
    edges = edges_of(graph)
    first, second = (rows.reshape(-1) for rows in np.indices((len(NAMES), len(NAMES))))
    found = pair_nearness(graph, first, second, hub_degree)
    ends = list(zip(first.tolist(), second.tolist(), strict=True))
    assert found.length.tolist() == [slow_length(edges, *pair, hub_degree) for pair in ends]
    assert found.siblings.tolist() == [slow_siblings(edges, *pair, hub_degree) for pair in ends]


def chain(hub_leaves=0):
    leaves = [("b", "likes", f"leaf {number}") for number in range(hub_leaves)]
    return KnowledgeGraph.from_triples([("a", "knows", "b"), ("c", "knows", "b"), ("c", "in", "d"), *leaves])


def nearness(graph, first, second, hub_degree=8):
    rows = [np.array([graph.entity_index(name)]) for name in (first, second)]
    found = pair_nearness(graph, *rows, hub_degree)
    return int(found.length[0]), bool(found.siblings[0])


def test_edges_are_taken_in_either_direction():
    graph = chain()
    assert nearness(graph, "a", "c") == (2, True)
    assert nearness(graph, "b", "d") == (2, False)
    assert nearness(graph, "a", "d") == (3, False)
    assert nearness(graph, "d", "a") == (3, False)
    assert nearness(graph, "a", "b") == (1, False)


def test_nobody_walks_through_a_hub_but_up_to_one():
    graph = chain(hub_leaves=8)
    assert nearness(graph, "a", "c") == (NO_PATH, False)
    assert nearness(graph, "a", "d") == (NO_PATH, False)
    assert nearness(graph, "b", "d") == (2, False)
    assert nearness(graph, "a", "c", hub_degree=10) == (2, True)


def test_a_hub_is_the_end_of_a_path_of_two_but_not_of_three():
    leaves = [("hub", "likes", f"leaf {number}") for number in range(9)]
    graph = KnowledgeGraph.from_triples([("a", "r", "b"), ("b", "r", "c"), ("c", "r", "hub"), *leaves])
    assert nearness(graph, "b", "hub") == (2, False)
    assert nearness(graph, "a", "hub") == (NO_PATH, False)
    assert nearness(graph, "a", "hub", hub_degree=10) == (3, False)


@pytest.mark.parametrize("num_relations", [40, 60, 100, 130])
def test_siblings_do_not_depend_on_how_many_relations_there_are(num_relations):
    others = [(f"x{number}", f"s{number}", f"y{number}") for number in range(num_relations)]
    graph = KnowledgeGraph.from_triples([*others, ("a", "r", "c"), ("b", "r", "c")])
    assert nearness(graph, "a", "b") == (2, True)


def test_no_pairs_and_no_triples():
    none = np.zeros(0, dtype=np.int64)
    assert len(pair_nearness(chain(), none, none, 4).length) == 0
    lonely = KnowledgeGraph.from_triples([], labels={"a": "a", "b": "b"})
    assert nearness(lonely, "a", "b") == (NO_PATH, False)


def test_a_limit_below_one_is_refused():
    with pytest.raises(GraphError, match="hub_degree must be at least 1, got 0"):
        nearness(chain(), "a", "b", hub_degree=0)
