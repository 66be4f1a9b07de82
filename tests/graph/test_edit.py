import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgattn.errors import GraphError
from kgattn.graph import KnowledgeGraph
from kgattn.linking import EntityLinker


def test_a_triple_more(graph):
    edited = graph.with_triples([("Q1", "contains", "Q46"), ("Q46", "partOf", "Q1"), ("Q64", "capitalOf", "Q183")])
    built = KnowledgeGraph.from_triples(
        [
            ("Q64", "capitalOf", "Q183"),
            ("Q183", "partOf", "Q46"),
            ("Q64", "located in", "Q183"),
            ("Q1", "contains", "Q46"),
            ("Q46", "partOf", "Q1"),
        ],
        labels={"Q64": "Berlin", "Q183": "Germany", "Q46": "Europe", "Q1": "Universe"},
        aliases={"Q183": ["Deutschland", "FRG"], "Q46": "European continent"},
        types={"Q64": ["City", "CapitalCity"], "Q183": "Country"},
        features=np.arange(12, dtype=np.float32).reshape(4, 3),
        relation_labels={"partOf": "belongs to"},
    )
    assert edited.fingerprint == built.fingerprint
    assert edited.triples.tolist() == sorted(edited.triples.tolist())
    assert graph.num_triples == 3
    assert edited.entity_ids is graph.entity_ids
    assert edited.labels is graph.labels
    assert graph.with_triples([]).triples is graph.triples


def test_an_entity_more(graph):
    edited = graph.with_entity(
        "Q90", label="Paris", aliases="City of Light", types=["City", "Capital"], features=[1.0, 2.0, 3.0]
    )
    assert edited.num_entities == 5
    assert edited.entity_index("Q90") == 4
    assert (edited.label("Q90"), edited.aliases("Q90"), edited.types("Q90")) == (
        "Paris",
        ["City of Light"],
        ["City", "Capital"],
    )
    assert edited.features[4].tolist() == [1.0, 2.0, 3.0]
    assert graph.with_entity("Q90", label="Paris").features[4].tolist() == [0.0, 0.0, 0.0]
    for name in graph.entity_ids:
        assert (edited.label(name), edited.aliases(name), edited.types(name)) == (
            graph.label(name),
            graph.aliases(name),
            graph.types(name),
        )
    assert "Q90" not in graph
    assert edited.triples is graph.triples


def test_more_about_a_known_entity(graph):
    edited = graph.with_entity(
        "Q183", label="Federal Republic", aliases=["FRG", "Allemagne"], types="State", features=[7.0, 7.0, 7.0]
    )
    assert edited.label("Q183") == "Federal Republic"
    assert edited.aliases("Q183") == ["Deutschland", "FRG", "Germany", "Allemagne"]
    assert edited.types("Q183") == ["Country", "State"]
    assert edited.aliases("Q46") == ["European continent"]
    assert [edited.label(name) for name in ("Q64", "Q46", "Q1")] == ["Berlin", "Europe", "Universe"]
    assert edited.features[1].tolist() == [7.0, 7.0, 7.0]
    assert graph.features[1].tolist() == [3.0, 4.0, 5.0]
    assert edited.with_entity("Q183", label="Germany").aliases("Q183") == [
        "Deutschland",
        "FRG",
        "Allemagne",
        "Federal Republic",
    ]


NAMES = st.sampled_from("abcd")
ENTITY = st.tuples(
    NAMES, st.sampled_from("xyzä"), st.lists(st.sampled_from(["p", "qq", "ü", "x"])), st.lists(st.sampled_from("tu"))
)
TRIPLE = st.tuples(NAMES, st.sampled_from("rs"), NAMES)


@given(st.lists(ENTITY), st.lists(TRIPLE))
def test_edits_give_what_building_at_once_gives(entities, triples):
    edited = KnowledgeGraph.from_triples([("a", "r", "b"), ("c", "r", "d")], labels={name: name for name in "abcd"})
    labels, aliases = {name: [name] for name in "abcd"}, {name: {} for name in "abcd"}
    types = {name: {} for name in "abcd"}
    for name, label, others, kinds in entities:
        edited = edited.with_entity(name, label=label, aliases=others, types=kinds)
        if label != labels[name][0]:
            aliases[name] |= {labels[name][0]: None}
        labels[name] = [label]
        aliases[name] = {text: None for text in (*aliases[name], *others) if text != label}
        types[name] |= dict.fromkeys(kinds)
    for triple in triples:
        edited = edited.with_triples([triple])
    built = KnowledgeGraph.from_triples(
        [("a", "r", "b"), ("c", "r", "d"), *triples],
        labels={name: texts[0] for name, texts in labels.items()},
        aliases={name: list(texts) for name, texts in aliases.items()},
        types={name: list(kinds) for name, kinds in types.items()},
    )
    assert edited.fingerprint == built.fingerprint
    assert edited.triples.shape == built.triples.shape


def test_an_edited_graph_is_saved_and_linked_as_any_other(graph, tmp_path):
    graph.save(tmp_path / "graph")
    edited = (
        KnowledgeGraph.load(tmp_path / "graph").with_entity("Q90", label="Paris").with_triples([("Q90", "in", "Q46")])
    )
    assert edited.path is None
    edited.save(tmp_path / "edited")
    opened = KnowledgeGraph.load(tmp_path / "edited")
    assert opened.fingerprint == edited.fingerprint
    doc = EntityLinker(opened, nlp="en")("From Berlin to Paris.")
    assert [span.kb_id_ for span in doc.spans["kgattn"]] == ["Q64", "Q90"]


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda graph: graph.with_triples([("Q64", "r")]), r"triple 0 must be three strings .*, got \('Q64', 'r'\)"),
        (lambda graph: graph.with_triples(["abc"]), "triple 0 must be three strings"),
        (lambda graph: graph.with_triples([("Q64", " ", "Q1")]), "triple 0 must name a relation"),
        (
            lambda graph: graph.with_triples([("Q64", "r", "Q5")]),
            "unknown entity 'Q5'; add it first by graph.with_entity",
        ),
        (lambda graph: graph.with_entity("Q5"), "a new entity must have a label, got none for 'Q5'"),
        (lambda graph: graph.with_entity("Q64", label=" "), "must have a label, got none for 'Q64'"),
        (lambda graph: graph.with_entity(" ", label="x"), "an entity must have an id"),
        (lambda graph: graph.with_entity("Q64", types=[""]), "types must be ids"),
        (lambda graph: graph.with_entity("Q64", features=[1.0]), r"features must be 3 finite numbers, .* shape \(1,\)"),
        (lambda graph: graph.with_entity("Q64", features=[1.0, 2.0, float("nan")]), "3 finite numbers"),
        (
            lambda graph: KnowledgeGraph.from_triples([("a", "r", "b")]).with_entity("a", features=[1.0]),
            "features must be left out, as the graph has none",
        ),
    ],
)
def test_edits_that_cannot_be_made_are_refused(graph, edit, message):
    with pytest.raises(GraphError, match=message):
        edit(graph)
