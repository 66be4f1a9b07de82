import numpy as np
import pytest

from kgattn.errors import GraphError
from kgattn.graph import KnowledgeGraph


def test_entities_are_united_by_id():
    first = KnowledgeGraph.from_triples(
        [("a", "r", "b")], labels={"a": "Alpha", "b": "Beta"}, types={"a": "T"}, licence="CC0", sources=["one"]
    )
    second = KnowledgeGraph.from_triples(
        [("b", "s", "c"), ("c", "r", "a")],
        labels={"c": "Gamma", "a": "ALPHA", "b": "Beta"},
        aliases={"b": "Bee"},
        types={"a": ["T", "U"]},
        licence="MIT",
        sources=["two", "one"],
    )
    merged = KnowledgeGraph.merge([first, second])
    assert list(merged.entity_ids) == ["a", "b", "c"]
    assert merged.label("a") == "Alpha"
    assert merged.aliases("a") == ["ALPHA"]
    assert merged.aliases("b") == ["Bee"]
    assert merged.types("a") == ["T", "U"]
    assert merged.num_triples == 3
    assert list(merged.relation_ids) == ["r", "s"]
    assert (merged.licence, merged.sources) == ("CC0; MIT", ("one", "two"))


def test_a_graph_merged_with_itself_stays_what_it_was(graph):
    assert KnowledgeGraph.merge([graph, graph]).fingerprint == graph.fingerprint


def test_the_first_vector_counts_and_missing_ones_are_zero():
    first = KnowledgeGraph.from_triples([], labels={"a": "A"}, features=np.array([[1.0]]))
    second = KnowledgeGraph.from_triples([], labels={"a": "A", "b": "B"}, features=np.array([[2.0], [3.0]]))
    third = KnowledgeGraph.from_triples([], labels={"c": "C"})
    assert KnowledgeGraph.merge([first, second, third]).features.tolist() == [[1.0], [3.0], [0.0]]


def test_blank_nodes_of_different_graphs_stay_apart():
    first = KnowledgeGraph.from_triples(
        [("a", "r", "_:b0")], labels={"a": "A", "_:b0": "tower"}, features=np.array([[1.0], [2.0]])
    )
    second = KnowledgeGraph.from_triples(
        [("a", "r", "_:b0"), ("_:b0", "r", "_:b0x2")],
        labels={"a": "A", "_:b0": "bridge", "_:b0x2": "gate"},
        types={"a": "_:b0"},
        features=np.array([[1.0], [3.0], [4.0]]),
    )
    merged = KnowledgeGraph.merge([first, second, second])
    assert dict(zip(merged.entity_ids, merged.labels, strict=True)) == {
        "a": "A",
        "_:b0": "tower",
        "_:b0x3": "bridge",
        "_:b0x2": "gate",
    }
    assert merged.types("a") == ["_:b0x3"]
    assert merged.triples.tolist() == [[0, 0, 1], [0, 0, 2], [2, 0, 3]]
    assert merged.features.tolist() == [[1.0], [2.0], [3.0], [4.0]]


@pytest.mark.parametrize("order", [1, -1])
def test_an_id_as_label_gives_way_to_a_real_label(order):
    bare = KnowledgeGraph.from_triples([("Q64", "partOf", "Q183")], types={"Q64": "bigCity"})
    named = KnowledgeGraph.from_triples(
        [("Q64", "partOf", "Q183")],
        labels={"Q64": "Berlin", "Q183": "Germany"},
        types={"Q64": "bigCity"},
        relation_labels={"partOf": "belongs to"},
        type_labels={"bigCity": "metropolis"},
    )
    merged = KnowledgeGraph.merge([bare, named][::order])
    assert list(merged.labels) == ["Berlin", "Germany"]
    assert merged.aliases("Q64") == ["Q64"]
    assert list(merged.relation_labels) == ["belongs to"]
    assert list(merged.type_labels) == ["metropolis"]


def test_labels_that_read_like_their_iris_are_kept():
    graph = KnowledgeGraph.from_triples([], labels={"http://places.example/New_York": "New York"})
    assert list(KnowledgeGraph.merge([graph, graph]).labels) == ["New York"]


def test_features_of_different_widths_are_refused():
    graphs = [KnowledgeGraph.from_triples([], labels={"a": "A"}, features=np.ones((1, width))) for width in (1, 2)]
    with pytest.raises(GraphError, match=r"features of one width, got \[1, 2\]"):
        KnowledgeGraph.merge(graphs)


def test_nothing_to_merge_is_refused():
    with pytest.raises(GraphError, match="at least one graph to merge"):
        KnowledgeGraph.merge([])
