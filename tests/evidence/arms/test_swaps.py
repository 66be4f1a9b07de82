"""Swaps keep both margins of the triples, make nothing twice, and reach almost all."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgattn.errors import ConfigError
from kgattn.evidence.arms.relations_permuted import permute_relations
from kgattn.evidence.arms.rewired import rewire
from kgattn.evidence.arms.swaps import HEAD, RELATION, TAIL, share_changed, swap_column
from kgattn.graph import KnowledgeGraph

NAMES = "abcdefgh"
TRIPLES = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from("xyz"), st.sampled_from(NAMES)), max_size=40)


def margin(triples: np.ndarray, *columns: int) -> Counter[tuple[int, ...]]:
    return Counter(tuple(row) for row in triples[:, columns].tolist())


@settings(max_examples=60, deadline=None)
@given(TRIPLES, st.integers(0, 3))
def test_margins_stay_and_no_triple_comes_twice(triples: list[tuple[str, str, str]], seed: int) -> None:
    graph = KnowledgeGraph.from_triples(triples, labels={name: name for name in NAMES})
    loops = sum(head == tail for head, _, tail in graph.triples.tolist())

    tails, relations = swap_column(graph, TAIL, RELATION, seed), swap_column(graph, RELATION, None, seed)

    for after in (tails, relations):
        assert after.dtype == graph.triples.dtype
        assert after.tolist() == sorted(after.tolist())
        assert len(set(map(tuple, after.tolist()))) == len(graph.triples)
    assert margin(tails, HEAD, RELATION) == margin(graph.triples, HEAD, RELATION)
    assert margin(tails, RELATION, TAIL) == margin(graph.triples, RELATION, TAIL)
    assert sum(head == tail for head, _, tail in tails.tolist()) <= loops
    assert margin(relations, HEAD, TAIL) == margin(graph.triples, HEAD, TAIL)
    assert margin(relations, RELATION) == margin(graph.triples, RELATION)


def test_nearly_all_of_a_large_graph_is_swapped() -> None:
    random = np.random.default_rng(0)
    ends = random.integers(0, 2000, (8000, 2)).tolist()
    triples = [(str(head), f"r{number % 10}", str(tail)) for number, (head, tail) in enumerate(ends)]
    graph = KnowledgeGraph.from_triples(triples)

    assert share_changed(graph.triples, rewire(graph, 0).triples) > 0.98
    assert share_changed(graph.triples, permute_relations(graph, 0).triples) > 0.85  # a tenth keep theirs by chance


def test_swaps_are_drawn_evenly() -> None:
    """Three edges and three ends, no loops: each of the six ways to join them comes about equally often."""
    graph = KnowledgeGraph.from_triples([("a", "r", "x"), ("b", "r", "y"), ("c", "r", "z")])

    ways = Counter(tuple(map(tuple, swap_column(graph, TAIL, RELATION, seed).tolist())) for seed in range(300))

    assert len(ways) == 6
    assert min(ways.values()) > 25


@pytest.mark.parametrize(
    ("triples", "change", "message"),
    [
        ([("a", "r", "b"), ("a", "r", "c")], rewire, "rewired finds nothing to swap in the 2 triples"),
        (
            [("a", "r", "b"), ("c", "r", "d")],
            permute_relations,
            "needs triples of different relations.* has 1 relations",
        ),
    ],
)
def test_a_control_that_would_change_nothing_is_refused(triples: list, change, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        change(KnowledgeGraph.from_triples(triples), 0)


def test_no_triples_are_no_share() -> None:
    none = np.zeros((0, 3), dtype=np.int32)
    assert share_changed(none, none) == 0.0
