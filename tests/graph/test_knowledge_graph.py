import copy
import dataclasses
import multiprocessing
import pickle

import numpy as np
import pytest

from kgattn.errors import GraphError
from kgattn.graph import KnowledgeGraph, sample_subgraph


def test_counts_and_lookups(graph):
    assert (graph.num_entities, graph.num_relations, graph.num_triples, graph.num_types) == (4, 3, 3, 3)
    assert graph.entity_index("Q183") == 1
    assert graph.label("Q183") == "Germany"
    assert graph.aliases("Q183") == ["Deutschland", "FRG"]
    assert graph.aliases("Q64") == []
    assert graph.types("Q64") == ["City", "CapitalCity"]
    assert "Q64" in graph
    assert "Q65" not in graph
    assert list(graph.relation_labels) == ["capital of", "belongs to", "located in"]
    assert list(graph.type_labels) == ["city", "capital city", "country"]
    assert repr(graph) == "KnowledgeGraph(4 entities, 3 relations, 3 triples, 3 types)"
    assert (graph.licence, graph.sources, graph.path) == ("CC0", ("made up",), None)


def test_an_unknown_entity_is_named():
    graph = KnowledgeGraph.from_triples([("Berlin", "capitalOf", "Germany")])
    for look_up in (graph.entity_index, graph.label, graph.aliases, graph.types):
        with pytest.raises(GraphError, match="got 'Paris'"):
            look_up("Paris")


def test_an_id_is_its_own_label_when_no_labels_are_given():
    graph = KnowledgeGraph.from_triples([("Berlin", "capitalOf", "Germany")], types={"Paris": "City"})
    assert list(graph.labels) == ["Berlin", "Germany", "Paris"]


def test_triples_are_unique_and_sorted():
    triples = [("b", "r", "a"), ("a", "s", "b"), ("b", "r", "a"), ("a", "r", "b")]
    graph = KnowledgeGraph.from_triples(triples)
    assert graph.triples.dtype == np.int32
    assert graph.triples.tolist() == sorted(graph.triples.tolist())
    named = {(graph.entity_ids[h], graph.relation_ids[r], graph.entity_ids[t]) for h, r, t in graph.triples.tolist()}
    assert named == set(triples)
    assert graph.num_triples == 3


def test_labels_may_carry_aliases_and_aliases_hold_no_label_and_nothing_twice():
    graph = KnowledgeGraph.from_triples(
        [], labels={"x": ["New York", "NYC", " New  York"]}, aliases={"x": ["NYC", "", "Big Apple"]}
    )
    assert graph.label("x") == "New York"
    assert graph.aliases("x") == ["NYC", "Big Apple"]


@pytest.mark.parametrize("kind", [tuple, set, np.array])
def test_several_texts_come_in_any_collection_and_sets_are_sorted(kind):
    texts = {"a": kind(["A", "Ah", "Aleph"])}
    graph = KnowledgeGraph.from_triples([], labels=texts, aliases={"a": kind(["Alpha", "Az"])}, types=texts)
    assert graph.label("a") == "A"
    assert graph.aliases("a") == ["Ah", "Aleph", "Alpha", "Az"]
    assert graph.types("a") == ["A", "Ah", "Aleph"]


def test_features_may_be_given_by_id():
    vectors = {"b": [3.0, 4.0], "a": np.array([1.0, 2.0])}
    graph = KnowledgeGraph.from_triples([("a", "r", "b")], features=vectors)
    assert graph.features.tolist() == [[1.0, 2.0], [3.0, 4.0]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"triples": []}, "got an empty graph"),
        (
            {"triples": [("http://a/x", "r", "b")]},
            "without labels .* http://a/x and no label; give labels by the argument",
        ),
        ({"triples": [("a", "r", "urn:b")]}, "without labels"),
        ({"triples": [("a", "r", "b"), ("a", "r", "c")], "labels": {"a": "A", "b": "B"}}, "triple 1 .* entity 'c'"),
        ({"triples": [("a", "r")]}, "triple 0 must be three non-empty strings"),
        ({"triples": iter([("a", "r", 3)])}, "triple 0 must be three non-empty strings"),
        ({"triples": [("a", "", "b")]}, "triple 0 must be three non-empty strings"),
        ({"triples": [("a", "r", "b"), ("a", "r", " ")]}, r"triple 1 must be three .* got \('a', 'r', ' '\)"),
        ({"triples": ["abc"]}, "triple 0 must be three non-empty strings"),
        ({"triples": [], "labels": {"a": " "}}, "labels must not be empty, got none for 'a'"),
        ({"triples": [], "labels": {"a": []}}, "labels must not be empty, got none for 'a'"),
        ({"triples": [], "labels": {"a": "A"}, "aliases": {"b": "B"}}, "aliases must belong to entities in labels"),
        ({"triples": [], "labels": {"a": "A"}, "types": {"b": "B"}}, "types must belong to entities in labels"),
        ({"triples": [("a", "r", "b")], "features": {"a": [1.0]}}, "got 1 names and none for 'b'"),
        ({"triples": [("a", "r", "b")], "features": {name: [1.0] for name in "abc"}}, "got 3 names; give"),
        ({"triples": [("a", "r", "b")], "features": {"a": [1.0], "b": [1.0, 2.0]}}, "share one width"),
        ({"triples": [("a", "r", "b")], "features": np.zeros(2)}, "shape \\[entity, dim\\], got \\(2,\\)"),
        ({"triples": [("a", "r", "b")], "features": np.zeros((3, 2))}, "one row for each of 2 entities, got 3"),
        ({"triples": [("a", "r", "b")], "features": np.full((2, 2), np.nan)}, "must be finite"),
        ({"triples": [("a", "r", "b\ud800")]}, "half a surrogate pair"),
    ],
)
def test_bad_input_is_refused(arguments, message):
    with pytest.raises(GraphError, match=message):
        KnowledgeGraph.from_triples(**arguments)


def test_the_fingerprint_ignores_order_and_provenance(graph):
    reordered = KnowledgeGraph.from_triples(
        [("Q64", "located in", "Q183"), ("Q183", "partOf", "Q46"), ("Q64", "capitalOf", "Q183")],
        labels={"Q1": "Universe", "Q183": "Germany", "Q46": "Europe", "Q64": "Berlin"},
        aliases={"Q46": "European continent", "Q183": ["FRG", "Deutschland"]},
        types={"Q183": "Country", "Q64": ["CapitalCity", "City"]},
        features={"Q64": [0.0, 1.0, 2.0], "Q183": [3.0, 4.0, 5.0], "Q46": [6.0, 7.0, 8.0], "Q1": [9.0, 10.0, 11.0]},
        relation_labels={"partOf": "belongs to"},
    )
    assert reordered.fingerprint == graph.fingerprint


@pytest.mark.parametrize(
    "changes",
    [
        {"triples": [("a", "r", "b")]},
        {"triples": [("b", "r", "a"), ("a", "s", "b")]},
        {"labels": {"a": "A", "b": "C"}},
        {"labels": {"a": "A", "b": "B", "c": "C"}, "features": np.zeros((3, 1))},
        {"aliases": {"b": "x"}},
        {"aliases": {"a": ["xy"]}},
        {"aliases": {"a": ["x", "y"]}},
        {"types": {"b": "t"}},
        {"features": np.ones((2, 1))},
        {"features": np.zeros((2, 2))},
        {"features": None},
        {"relation_labels": {"r": "other"}},
        {"type_labels": {"t": "other"}},
    ],
    ids=str,
)
def test_the_fingerprint_changes_with_the_content(changes):
    content = {
        "triples": [("a", "r", "b"), ("a", "s", "b")],
        "labels": {"a": "A", "b": "B"},
        "aliases": {"a": "x"},
        "types": {"a": "t"},
        "features": np.zeros((2, 1)),
    }
    plain = KnowledgeGraph.from_triples(**content)
    assert KnowledgeGraph.from_triples(**(content | changes)).fingerprint != plain.fingerprint


def test_same_entities_asks_for_the_same_ids_in_the_same_order_alone(tmp_path):
    graph = KnowledgeGraph.from_triples([("a", "in", "b"), ("b", "in", "c")])
    graph.save(tmp_path / "graph")
    same = (
        graph.with_triples([("c", "in", "a")]),
        graph.with_entity("a", aliases="x"),
        KnowledgeGraph.load(tmp_path / "graph"),
    )
    others = (
        graph.with_entity("d", label="d"),
        KnowledgeGraph.from_triples([("b", "in", "c"), ("a", "in", "b")]),
        KnowledgeGraph.from_triples([("ab", "in", "c")]),  # the same bytes, cut elsewhere
        KnowledgeGraph.from_triples([("a", "in", "bc")]),
    )
    assert [graph.same_entities(other) for other in (graph, *same, *others)] == [True] * 4 + [False] * 4
    assert len({other.entity_digest for other in others}) == 4


def test_same_rows_asks_for_the_same_knowledge_in_the_same_order(graph, tmp_path):
    graph.save(tmp_path / "graph")
    assert graph.same_rows(KnowledgeGraph.load(tmp_path / "graph"))
    first = KnowledgeGraph.from_triples([], labels={"a": "A", "b": "B"})
    assert not first.same_rows(graph)
    assert not first.same_rows(KnowledgeGraph.from_triples([], labels={"a": "A", "b": "C"}))
    turned = KnowledgeGraph.from_triples([], labels={"b": "B", "a": "A"})
    assert turned.fingerprint == first.fingerprint
    assert not first.same_rows(turned)


def test_a_graph_cannot_be_changed(graph):
    with pytest.raises(dataclasses.FrozenInstanceError):
        graph.licence = "none"
    for values in (graph.triples, graph.features, graph.alias_offsets, graph.type_indices):
        with pytest.raises(ValueError, match="read-only"):
            values[...] = 0


def test_copies_are_the_graph_itself(graph):
    assert copy.copy(graph) is graph
    assert copy.deepcopy({"graph": graph})["graph"] is graph


@pytest.mark.parametrize("saved", [False, True])
def test_a_pickle_holds_everything_and_no_caches(graph, tmp_path, saved):
    if saved:
        graph.save(tmp_path / "graph")
        graph = KnowledgeGraph.load(tmp_path / "graph")
    before = len(pickle.dumps(graph))
    sample_subgraph(graph, np.array([0]), 1, 8)
    assert graph.entity_index("Q64") == 0
    assert len(pickle.dumps(graph)) == before
    restored = pickle.loads(pickle.dumps(graph))
    assert (restored.licence, restored.sources) == (graph.licence, graph.sources)
    assert restored.__dict__.get("fingerprint") is None
    assert restored.fingerprint == graph.fingerprint


def send_fingerprint(graph, connection):
    connection.send((graph.fingerprint, isinstance(graph.triples.base, np.memmap)))


@pytest.mark.parametrize("saved", [False, True])
def test_a_spawned_process_maps_the_saved_folder(graph, tmp_path, saved):
    if saved:
        graph.save(tmp_path / "graph")
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=send_fingerprint, args=(graph, sender))
    process.start()
    assert receiver.poll(60)
    assert receiver.recv() == (graph.fingerprint, saved)
    process.join()
