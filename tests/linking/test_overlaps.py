from itertools import pairwise

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc, DocBin

from kgattn.graph import KnowledgeGraph
from kgattn.linking import EntityLinker, LinkerConfig

LABELS = {"Q1": "New York", "Q2": "New York Times", "Q3": "York", "Q4": "Times Square", "Q5": "Times"}
PLAIN = {"common_words": "none", "variants": (), "whole_names": False, "short_names": False}


def marked(doc, key):
    return [(span.text, span.kb_id_, [one.entity_id for one in span._.kg_candidates]) for span in doc.spans[key]]


@pytest.fixture(scope="module")
def linker():
    graph = KnowledgeGraph.from_triples([], labels=LABELS)
    return EntityLinker(graph, config=LinkerConfig(overlaps="all", **PLAIN))


def test_other_matches_are_kept_beside_the_longest(linker):
    doc = linker("the New York Times Square")
    assert marked(doc, "kgattn") == [("New York Times", "Q2", ["Q2"])]
    assert marked(doc, "kgattn_alternatives") == [
        ("New York", "Q1", ["Q1"]),
        ("York", "Q3", ["Q3"]),
        ("Times Square", "Q4", ["Q4"]),
        ("Times", "Q5", ["Q5"]),
    ]


def test_alternatives_are_left_out_unless_asked_for():
    graph = KnowledgeGraph.from_triples([], labels=LABELS)
    assert "kgattn_alternatives" not in EntityLinker(graph)("New York Times").spans


def test_linking_again_without_them_takes_them_off(linker):
    graph = KnowledgeGraph.from_triples([], labels=LABELS)
    doc = linker("the New York Times Square")
    EntityLinker(graph, nlp=linker.nlp, config=LinkerConfig(**PLAIN)).component(doc)
    assert set(doc.spans) == {"kgattn"}


def test_alternatives_survive_docbin(linker):
    doc = linker("the New York Times Square")
    data = DocBin(store_user_data=True, docs=[doc]).to_bytes()
    again = next(DocBin(store_user_data=True).from_bytes(data).get_docs(spacy.blank("en").vocab))
    for key in ("kgattn", "kgattn_alternatives"):
        assert marked(again, key) == marked(doc, key)


def test_parts_of_longer_names_become_alternatives():
    graph = KnowledgeGraph.from_triples([], labels={"Q1": "Ben"})
    doc = EntityLinker(graph, config=LinkerConfig(overlaps="all"))("so Ben Carson said")
    assert not doc.spans["kgattn"]
    assert marked(doc, "kgattn_alternatives") == [("Ben", "Q1", ["Q1"])]


@pytest.mark.parametrize(
    ("setting", "kept"),
    [
        ({"types": ("paper",)}, []),
        ({"types": ("city", "paper")}, ["New York"]),
        ({"exclude_types": ("city",)}, ["York", "Times"]),
        ({"nil_threshold": 0.9}, ["New York", "York"]),
    ],
)
def test_filters_hold_for_alternatives_too(setting, kept):
    graph = KnowledgeGraph.from_triples(
        [],
        labels={**LABELS, "Q6": "Times", "Q7": "The Guardian"},
        types={"Q1": ["city"], "Q2": ["paper"], "Q7": ["paper"]},
    )
    doc = EntityLinker(graph, config=LinkerConfig(overlaps="all", **PLAIN, **setting))("in New York Times")
    assert [text for text, _, _ in marked(doc, "kgattn")] == ["New York Times"]
    assert [text for text, _, _ in marked(doc, "kgattn_alternatives")] == kept


WORDS = st.sampled_from(["New", "York", "Times", "Square", "new", "of"])


@given(batch=st.lists(st.lists(WORDS, min_size=1, max_size=8), min_size=1, max_size=3))
@settings(max_examples=40, deadline=None)
def test_mentions_and_alternatives_are_all_places_where_an_alias_stands(linker, batch):
    docs = linker.link_words(batch)
    for words, doc in zip(batch, docs, strict=True):
        everywhere = {
            (start, end)
            for start in range(len(words))
            for end in range(start + 1, len(words) + 1)
            if " ".join(words[start:end]) in LABELS.values()
        }
        chosen = [(span.start, span.end) for span in doc.spans["kgattn"]]
        others = [(span.start, span.end) for span in doc.spans["kgattn_alternatives"]]
        assert everywhere == {*chosen, *others}
        assert not set(chosen) & set(others)
        assert all(one[1] <= two[0] for one, two in pairwise(chosen))
        assert others == sorted(others, key=lambda place: (place[0], -place[1]))


def test_no_document_has_no_alternatives(linker):
    assert marked(linker(""), "kgattn_alternatives") == []
    assert isinstance(linker(""), Doc)
