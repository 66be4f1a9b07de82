import numpy as np
import pytest
import spacy
from spacy.kb import InMemoryLookupKB

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


def knowledge_base(priors):
    """A graph of a spaCy knowledge base, from P(entity given name) by name and entity."""
    kb = InMemoryLookupKB(spacy.blank("en").vocab, entity_vector_length=1)
    for entity in sorted({entity for shares in priors.values() for entity in shares}):
        kb.add_entity(entity, freq=1, entity_vector=[0])
    for name, shares in priors.items():
        kb.add_alias(name, list(shares), list(shares.values()))
    return KnowledgeGraph.from_spacy_kb(kb)


def priors(graph):
    owners = np.repeat(np.arange(graph.num_entities), np.diff(graph.alias_offsets))
    uses = [*enumerate(graph.labels), *zip(owners.tolist(), graph.alias_texts, strict=True)]
    return {
        (name, graph.entity_ids[row]): pytest.approx(prior, abs=1e-6)
        for (row, name), prior in zip(uses, graph.name_priors.tolist(), strict=True)
        if prior == prior
    }


def test_priors_of_entities_that_become_one_are_added_up():
    graph = knowledge_base({"Paris": {"Q90": 0.5, "dbr:Paris": 0.3, "Q1": 0.2}, "Lutetia": {"dbr:Paris": 0.4}})
    united = KnowledgeGraph.merge([graph], same_as={"dbr:Paris": "Q90"})
    assert priors(united) == {("Paris", "Q90"): 0.8, ("Paris", "Q1"): 0.2, ("Lutetia", "Q90"): 0.4}


def test_a_sum_of_priors_is_at_most_one(tmp_path):
    graph = knowledge_base({"Paris": {"a": 0.6, "b": 0.1, "c": 0.3}})
    united = KnowledgeGraph.merge([graph], same_as={"a": "b", "c": "b"})
    united.save(tmp_path / "united")
    assert united.name_priors.max() <= 1
    assert priors(KnowledgeGraph.load(tmp_path / "united")) == {("Paris", united.entity_ids[0]): 1.0}


@pytest.mark.parametrize("order", [1, -1])
def test_priors_of_several_graphs_are_their_mean(order):
    one = knowledge_base({"Paris": {"Q90": 0.9, "Q1": 0.1}, "Lutetia": {"Q90": 0.4}})
    other = knowledge_base({"Paris": {"dbr:Paris": 0.5, "Q7": 0.4}})
    merged = KnowledgeGraph.merge([one, other][::order], same_as={"dbr:Paris": "Q90"})
    city = "Q90" if order == 1 else "dbr:Paris"
    expected = {("Paris", city): 0.7, ("Paris", "Q1"): 0.05, ("Paris", "Q7"): 0.2, ("Lutetia", city): 0.4}
    assert priors(merged) == expected


def test_a_graph_of_priors_merged_with_one_that_says_the_same_stays_what_it_was():
    content = {"Paris": {"Q90": 0.9, "Q1": 0.1}, "Lutetia": {"Q90": 0.4}}
    graph = knowledge_base(content)
    assert KnowledgeGraph.merge([graph, knowledge_base(content)]).fingerprint == graph.fingerprint
