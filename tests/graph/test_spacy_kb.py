import numpy as np
import pytest
import spacy
from spacy.kb import InMemoryLookupKB

from kgattn.errors import GraphError
from kgattn.graph import KnowledgeGraph
from kgattn.linking import EntityLinker


def knowledge_base(width=2, vectors=((1.0, 2.0), (3.0, 4.0), (0.0, 1.0))):
    kb = InMemoryLookupKB(spacy.blank("en").vocab, entity_vector_length=width)
    kb.set_entities(entity_list=["Q90", "Q64", "Q167646"], freq_list=[3, 5, 1], vector_list=list(vectors))
    kb.add_alias("Paris", ["Q90", "Q167646"], [0.9, 0.1])
    kb.add_alias("City of Light", ["Q90"], [0.5])
    kb.add_alias("Berlin", ["Q64"], [1.0])
    kb.add_alias("Bärlin", ["Q64"], [0.7])
    kb.add_alias("Paris of Troy", ["Q167646"], [1.0])
    return kb


def test_entities_aliases_and_vectors_come_over():
    graph = KnowledgeGraph.from_spacy_kb(knowledge_base())
    assert list(graph.entity_ids) == ["Q167646", "Q64", "Q90"]
    assert list(graph.labels) == ["Paris of Troy", "Berlin", "Paris"]
    assert graph.aliases("Q90") == ["City of Light"]
    assert graph.aliases("Q64") == ["Bärlin"]
    assert graph.aliases("Q167646") == ["Paris"]
    assert graph.features.tolist() == [[0.0, 1.0], [3.0, 4.0], [1.0, 2.0]]
    assert graph.num_triples == 0


def test_the_likelier_candidate_comes_first():
    graph = KnowledgeGraph.from_spacy_kb(knowledge_base())
    doc = EntityLinker(graph, nlp="en")("We went to Paris.")
    (span,) = doc.spans["kgattn"]
    assert [candidate.entity_id for candidate in span._.kg_candidates] == ["Q90", "Q167646"]


def test_labels_may_be_given_and_empty_vectors_are_none():
    graph = KnowledgeGraph.from_spacy_kb(
        knowledge_base(vectors=np.zeros((3, 2)).tolist()), labels={"Q64": "Berlin (city)"}
    )
    assert graph.label("Q64") == "Berlin (city)"
    assert graph.aliases("Q64") == ["Berlin", "Bärlin"]
    assert graph.features is None


def test_a_saved_knowledge_base_gives_the_same_graph(tmp_path):
    kb = knowledge_base()
    kb.to_disk(tmp_path / "kb")
    again = InMemoryLookupKB(spacy.blank("en").vocab, entity_vector_length=2)
    again.from_disk(tmp_path / "kb")
    assert KnowledgeGraph.from_spacy_kb(again).fingerprint == KnowledgeGraph.from_spacy_kb(kb).fingerprint


def test_what_is_no_knowledge_base_is_refused():
    with pytest.raises(GraphError, match="takes a spaCy InMemoryLookupKB, got dict"):
        KnowledgeGraph.from_spacy_kb({})
    with pytest.raises(GraphError, match="labels must belong to entities of the knowledge base, got 'Q1'"):
        KnowledgeGraph.from_spacy_kb(knowledge_base(), labels={"Q1": "universe"})
    with pytest.raises(GraphError, match="expected at least one entity"):
        KnowledgeGraph.from_spacy_kb(InMemoryLookupKB(spacy.blank("en").vocab, entity_vector_length=2))
