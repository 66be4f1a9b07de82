import json
from dataclasses import replace

import numpy as np
import pytest
import spacy
from spacy.kb import InMemoryLookupKB

from kgattn.errors import GraphError
from kgattn.graph import KnowledgeGraph
from kgattn.linking import EntityLinker, LinkerConfig


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
    assert [candidate.prior for candidate in span._.kg_candidates] == pytest.approx([0.9, 0.1])


def priors(graph):
    """By entity and name, where there is one."""
    if graph.name_priors is None:
        return None
    names = [*zip(graph.entity_ids, graph.labels, strict=True)]
    names += [(entity, alias) for entity in graph.entity_ids for alias in graph.aliases(entity)]
    given = zip(names, graph.name_priors.tolist(), strict=True)
    return {name: round(prior, 6) for name, prior in given if prior == prior}


PRIORS = {
    ("Q90", "Paris"): 0.9,
    ("Q167646", "Paris"): 0.1,
    ("Q90", "City of Light"): 0.5,
    ("Q64", "Berlin"): 1.0,
    ("Q64", "Bärlin"): 0.7,
    ("Q167646", "Paris of Troy"): 1.0,
}


def test_priors_are_kept_and_saved(tmp_path):
    graph = KnowledgeGraph.from_spacy_kb(knowledge_base())
    assert priors(graph) == PRIORS
    graph.save(tmp_path / "with")
    again = KnowledgeGraph.load(tmp_path / "with")
    assert priors(again) == PRIORS
    assert again.fingerprint == graph.fingerprint == replace(again).fingerprint
    without = replace(graph, name_priors=None)
    without.save(tmp_path / "without")
    assert priors(KnowledgeGraph.load(tmp_path / "without")) is None
    versions = [
        json.loads((tmp_path / name / "graph.json").read_text())["format_version"] for name in ("with", "without")
    ]
    assert versions == [2, 1]
    assert without.fingerprint != graph.fingerprint
    other = replace(graph, name_priors=graph.name_priors[::-1].copy())
    assert other.fingerprint not in (graph.fingerprint, without.fingerprint)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda values: values[:-1], "name_priors must have 6 rows, got 5"),
        (lambda values: values + 1, r"name_priors must lie in \[0, 1\], got others"),
        (lambda values: values.astype(np.int64), "expected 1 axes of kind 'f'"),
    ],
)
def test_damaged_priors_are_refused(tmp_path, damage, message):
    graph = KnowledgeGraph.from_spacy_kb(knowledge_base())
    graph.save(tmp_path / "graph")
    np.save(tmp_path / "graph" / "name_priors.npy", damage(graph.name_priors))
    with pytest.raises(GraphError, match=message):
        KnowledgeGraph.load(tmp_path / "graph")


def test_priors_stay_where_a_graph_is_changed():
    graph = KnowledgeGraph.from_spacy_kb(knowledge_base())
    assert priors(graph.with_triples([("Q90", "twinned with", "Q64")])) == PRIORS
    for changed in (
        graph.with_entity("Q64", aliases=["Spree-Athen"], types=["city"]),
        graph.with_entity("Q64", label="Berlin (city)"),
        graph.with_entity("Q1", label="universe", aliases=["everything"]),
        graph.with_entity("Q167646", aliases=["Paris"]),
    ):
        assert priors(changed) == PRIORS
    facts = KnowledgeGraph.from_triples([("Q64", "near", "Q1")], labels={"Q64": "Berlin", "Q1": "universe"})
    for merged in (KnowledgeGraph.merge([facts, graph]), KnowledgeGraph.merge([graph, facts])):
        assert priors(merged) == PRIORS
    assert priors(KnowledgeGraph.merge([facts])) is None


def shares(graph, text, prior="uniform"):
    """The candidates of each mention with their priors."""
    doc = EntityLinker(graph, config=LinkerConfig(prior=prior, context_weight=0.0, coherence_weight=0.0))(text)
    return [{one.entity_id: round(one.prior, 3) for one in span._.kg_candidates} for span in doc.spans["kgattn"]]


def test_names_with_and_without_a_prior_meet():
    graph = KnowledgeGraph.from_spacy_kb(knowledge_base()).with_entity("Q1", label="Paris", aliases=["Berlin"])
    # Without priors Q1 had 1 / (1 + 1 + 0.5) of "Paris" and 0.5 / (0.5 + 1) of "Berlin".
    paris, berlin, baerlin = shares(graph, "Paris and Berlin and Bärlin")
    assert paris == {"Q1": 0.4, "Q90": 0.54, "Q167646": 0.06}
    assert berlin == {"Q64": 0.667, "Q1": 0.333}
    assert baerlin == {"Q64": 1.0}


def test_what_priors_leave_over_goes_to_names_without_one():
    graph = KnowledgeGraph.from_spacy_kb(knowledge_base()).with_entity("Q1", label="Bärlin")
    (found,) = shares(graph, "Bärlin")
    assert found == {"Q64": pytest.approx(0.7 / 3, abs=1e-3), "Q1": pytest.approx(1 - 0.7 / 3, abs=1e-3)}


@pytest.mark.parametrize("prior", ["degree", "pagerank"])
def test_a_hub_of_another_name_changes_nothing_for_names_with_and_without_a_prior(prior):
    graph = KnowledgeGraph.from_spacy_kb(knowledge_base()).with_entity("Q1", label="Paris")
    hub = graph.with_entity("hub", label="Everything")
    for number in range(30):
        hub = hub.with_entity(f"leaf{number}", label=f"Leaf Number{number}")
    hub = hub.with_triples([(f"leaf{number}", "in", "hub") for number in range(30)])
    (found,), (beside,) = shares(graph, "Paris", prior), shares(hub, "Paris", prior)
    assert found == beside == {"Q1": 0.4, "Q90": 0.54, "Q167646": 0.06}


def test_a_candidate_of_prior_zero_is_the_last_one():
    kb = InMemoryLookupKB(spacy.blank("en").vocab, entity_vector_length=1)
    kb.set_entities(entity_list=["Q1", "Q2"], freq_list=[1, 1], vector_list=[[0.0], [0.0]])
    kb.add_alias("Paris", ["Q1", "Q2"], [0.0, 0.3])
    doc = EntityLinker(KnowledgeGraph.from_spacy_kb(kb))("Paris")
    (span,) = doc.spans["kgattn"]
    assert [one.entity_id for one in span._.kg_candidates] == ["Q2", "Q1"]
    assert span._.kg_candidates[0].prior == pytest.approx(1, abs=1e-4)


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


def test_priors_stay_in_a_merge_where_a_name_is_the_end_of_its_iri():
    kb = InMemoryLookupKB(spacy.blank("en").vocab, entity_vector_length=2)
    kb.add_entity("http://x/Berlin", freq=1, entity_vector=[0, 0])
    kb.add_entity("http://x/Berlin_(band)", freq=1, entity_vector=[0, 0])
    kb.add_alias("Berlin", ["http://x/Berlin", "http://x/Berlin_(band)"], [0.3, 0.7])
    graph = KnowledgeGraph.from_spacy_kb(kb)
    names = {"http://x/Berlin": ["Berlin"], "Germany": ["Germany"]}
    facts = KnowledgeGraph.from_triples([("http://x/Berlin", "in", "Germany")], labels=names)
    assert priors(graph) == priors(KnowledgeGraph.merge([graph])) == priors(KnowledgeGraph.merge([graph, facts]))
    assert len(priors(graph)) == 2


def test_a_sum_of_priors_a_little_above_one_is_taken(tmp_path):
    kb = InMemoryLookupKB(spacy.blank("en").vocab, entity_vector_length=2)
    kb.add_entity("Q64", freq=1, entity_vector=[0, 0])
    kb.add_alias("Berlin", ["Q64"], [1.000005])
    KnowledgeGraph.from_spacy_kb(kb).save(tmp_path / "graph")
    assert priors(KnowledgeGraph.load(tmp_path / "graph")) == {("Q64", "Berlin"): 1.0}
