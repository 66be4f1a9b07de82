"""Types inferred from relations: by hand, against an obvious reference, and what is refused."""

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgattn.errors import GraphError
from kgattn.graph import KnowledgeGraph, type_inference

PEOPLE = ("ada", "bob", "cyd")
TOWNS = ("york", "bath", "ely")


def births(**types: list[str]) -> KnowledgeGraph:
    """Three typed people born in three typed towns, and one of each without types."""
    known = {name: ["person"] for name in PEOPLE} | {name: ["town"] for name in TOWNS}
    triples = [(person, "born in", town) for person, town in zip((*PEOPLE, "dan"), (*TOWNS, "hull"), strict=True)]
    return KnowledgeGraph.from_triples([*triples, ("ada", "likes", "tea")], types=known | types)


def test_what_stands_where_towns_stand_is_a_town():
    graph = births().with_inferred_types()
    assert (graph.types("dan"), graph.types("hull")) == (["person"], ["town"])
    assert graph.types("ada") == ["person"]
    assert list(graph.entity_ids) == list(births().entity_ids)


def test_few_typed_entities_have_no_vote():
    assert births().with_inferred_types().types("tea") == []
    fewer = KnowledgeGraph.from_triples(
        [("ada", "born in", "york"), ("dan", "born in", "hull")], types={"ada": ["person"]}
    )
    assert fewer.with_inferred_types().types("dan") == []


def test_a_higher_threshold_asks_for_more_agreement():
    mixed = births(ely=["town", "city"], bath=["town", "city"])
    assert mixed.with_inferred_types(0.6).types("hull") == ["town", "city"]
    assert mixed.with_inferred_types(0.7).types("hull") == ["town"]


def test_of_a_graph_that_was_read_back(tmp_path):
    births().save(tmp_path / "graph")
    read = KnowledgeGraph.load(tmp_path / "graph").with_inferred_types()
    assert read.fingerprint == births().with_inferred_types().fingerprint
    assert read.path is None


@pytest.mark.parametrize("threshold", [0.0, 1.1, float("nan")])
def test_a_threshold_out_of_range_is_refused(threshold):
    with pytest.raises(GraphError, match="threshold must lie in"):
        births().with_inferred_types(threshold)


def test_a_graph_without_types_is_refused():
    with pytest.raises(GraphError, match="some entities have types to learn from"):
        KnowledgeGraph.from_triples([("a", "r", "b")]).with_inferred_types()


def slow_scores(graph: KnowledgeGraph) -> dict[str, dict[str, float]]:
    """The definition in the paper, entity by entity."""
    ends: dict[str, set[tuple[str, int]]] = defaultdict(set)
    names, relations = list(graph.entity_ids), list(graph.relation_ids)
    for head, relation, tail in graph.triples.tolist():
        ends[names[head]].add((relations[relation], 0))
        ends[names[tail]].add((relations[relation], 1))
    typed = [name for name in names if graph.types(name)]
    every = list(graph.type_ids)

    def shares(among: list[str]) -> np.ndarray:
        return np.array([np.mean([kind in graph.types(name) for name in among]) for kind in every])

    standing = {end: [name for name in typed if end in ends[name]] for name in names for end in ends[name]}
    votes = {
        end: (np.square(shares(there) - shares(typed)).sum(), shares(there))
        for end, there in standing.items()
        if len(there) >= type_inference.FEWEST_TYPED
    }
    found = {}
    for name in set(names) - set(typed):
        given = [votes[end] for end in ends[name] if end in votes]
        total = sum(weight for weight, _ in given)
        scores = sum(weight * share for weight, share in given) / total if total else np.zeros(len(every))
        found[name] = dict(zip(every, scores.tolist(), strict=True))
    return found


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 2), st.integers(0, 9)), min_size=1, max_size=40),
    st.dictionaries(st.integers(0, 9), st.sets(st.integers(0, 2), min_size=1), min_size=3, max_size=8),
    st.sampled_from([1, 4_000_000]),
)
def test_equals_the_definition(triples, types, chunk):
    graph = KnowledgeGraph.from_triples(
        [(f"e{head}", f"r{relation}", f"e{tail}") for head, relation, tail in triples],
        labels={f"e{number}": str(number) for number in range(10)},
        types={f"e{number}": [f"t{kind}" for kind in sorted(kinds)] for number, kinds in types.items()},
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type_inference, "CHUNK_CELLS", chunk)
        inferred = graph.with_inferred_types(0.37)
    for name, scores in slow_scores(graph).items():
        assert not any(abs(score - 0.37) < 1e-9 for score in scores.values())
        assert set(inferred.types(name)) == {kind for kind, score in scores.items() if score >= 0.37}
    for name in graph.entity_ids:
        if graph.types(name):
            assert inferred.types(name) == graph.types(name)
