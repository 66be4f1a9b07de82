import spacy

from kgattn.graph import KnowledgeGraph
from kgattn.linking import EntityLinker, LinkerConfig
from kgattn.linking.marking import doc_mentions


def a_linker(nlp, name, labels, spans_key="kgattn", **settings):
    """A component with the index of a graph of these labels."""
    component = nlp.add_pipe("kgattn_linker", name=name, config={"spans_key": spans_key})
    graph = KnowledgeGraph.from_triples([], labels=labels, types={entity: ["city"] for entity in labels})
    component.set_index(EntityLinker(graph, spacy.blank("en"), LinkerConfig(**settings)).component.index)
    return component


def candidates(doc, spans_key):
    return [[one.entity_id for one in span._.kg_candidates] for span in doc.spans[spans_key]]


def test_linkers_with_keys_of_their_own_keep_their_candidates_apart():
    nlp = spacy.blank("en")
    a_linker(nlp, "a", {"A1": "Berlin", "A2": "Paris"})
    a_linker(nlp, "b", {"B1": "Berlin"}, "other")
    doc = nlp("from Berlin to Paris")
    assert candidates(doc, "kgattn") == [["A1"], ["A2"]]
    assert candidates(doc, "other") == [["B1"]]
    assert [one.candidates[0].entity_id for one in doc_mentions(doc, "other")] == ["B1"]
    copy = spacy.tokens.Doc.from_docs([doc, nlp("and Berlin")])
    assert candidates(copy, "kgattn") == [["A1"], ["A2"], ["A1"]]
    assert candidates(copy, "other") == [["B1"], ["B1"]]


def test_of_one_id_in_two_graphs_the_mentions_have_the_priors_of_their_own():
    nlp = spacy.blank("en")
    a_linker(nlp, "a", {"A1": "Berlin", "A2": "Berlin"})
    a_linker(nlp, "b", {"A1": "Berlin"}, "other")
    doc = nlp("in Berlin")
    assert [one.prior for one in doc_mentions(doc, "kgattn")[0].candidates] == [0.5, 0.5]
    assert [one.prior for one in doc_mentions(doc, "other")[0].candidates] == [1.0]


def test_linked_again_what_is_no_mention_any_more_has_no_candidates():
    nlp = spacy.blank("en")
    linker = a_linker(nlp, "a", {"A1": "Berlin"})
    doc = nlp("in Berlin")
    span = doc[1:2]
    assert len(span._.kg_candidates) == 1
    a_linker(nlp, "b", {"A1": "Berlin"}, exclude_types=("city",))(doc)
    assert candidates(doc, "kgattn") == []
    assert span._.kg_candidates == []
    assert linker(doc).spans["kgattn"][0].kb_id_ == "A1"
