"""The linker's benchmark: its arms, its documents, its generated sentences and its tables."""

import pytest

from benchmarks.city_sentences import DISTRACTED, TEMPLATES, city_sentences
from benchmarks.linker_quality import arms, city_scores, documents, span_scores
from benchmarks.linker_tables import markdown
from kg_data import bundled_graph
from kgattn.graph import KnowledgeGraph
from kgattn.linking import EntityLinker, LinkerConfig
from kgattn.linking.config import VARIANTS
from kgattn.ner.corpus import Sentence

SENTENCES = [
    Sentence(("Ada", "Byron", "slept"), ("B-PER", "I-PER", "O")),
    Sentence(("Bob", "Ray", "woke", "Rome"), ("B-PER", "I-PER", "O", "O")),
]


@pytest.fixture(scope="module")
def bundled():
    return bundled_graph.build()


def test_each_arm_differs_from_matching_alone():
    found = arms()
    plain = found.pop("matching alone")
    assert plain.context_weight == plain.coherence_weight == 0
    assert all(config != plain for config in found.values())
    assert found["default"] == LinkerConfig()
    everything = found["everything"]
    assert (everything.variants, everything.branches) == (VARIANTS, True)


def test_documents_of_several_sentences_shift_gold():
    assert documents(SENTENCES, 1)[1] == [{(0, 2)}, {(0, 2)}]
    words, gold = documents(SENTENCES, 2)
    assert [len(one) for one in words] == [7]
    assert gold == [{(0, 2), (3, 5)}]


def test_links_are_scored_by_their_spans():
    graph = KnowledgeGraph.from_triples([], labels={"a": "Ada Byron", "r": "Ray", "c": "Rome", "d": "Rome"})
    scores = span_scores(EntityLinker(graph), SENTENCES, 1)
    assert scores == pytest.approx(
        {"exact": 1 / 2, "precision": 1 / 3, "partial": 1 / 2, "ambiguous": 1 / 3, "links": 3}
    )


def test_dev_and_test_share_neither_templates_nor_countries(bundled):
    assert not set(TEMPLATES["dev"] + DISTRACTED["dev"]) & set(TEMPLATES["test"] + DISTRACTED["test"])
    meant = {split: {city for one in city_sentences(bundled, split) for city in one.meant} for split in ("dev", "test")}
    assert min(map(len, meant.values())) > 10
    assert not meant["dev"] & meant["test"]


def test_sentences_hold_the_name_where_they_say(bundled):
    for one in city_sentences(bundled, "dev", distracted=True):
        name = one.text[one.start : one.end]
        assert any(name in (bundled.label(city), *bundled.aliases(city)) for city in one.meant)


def test_evidence_beats_the_prior_on_dev(bundled):
    sentences = city_sentences(bundled, "dev")
    off = LinkerConfig(context_weight=0.0, coherence_weight=0.0)
    prior = city_scores(EntityLinker(bundled, config=off), sentences)
    full = city_scores(EntityLinker(bundled), sentences)
    assert prior["accuracy"] < 0.6
    assert full["accuracy"] >= 0.9
    assert full["calibration"] < 0.2


def test_the_tables_say_every_row():
    row = {"exact": 0.5, "precision": 0.25, "partial": 0.125, "ambiguous": 0.0, "links": 8}
    corpora = [
        {"corpus": "A", "split": "dev", "sentences_in_document": 10, "arm": "x", **row, "tokens_per_second": 1234.5},
        {"corpus": "A", "split": "test", "sentences_in_document": 1, "arm": "default", **row},
    ]
    cities = [
        {"arm": "prior alone", "split": "dev", "distracted": both, "accuracy": 0.5, "calibration": 0.1, "sentences": 4}
        for both in (False, True)
    ]
    lines = markdown({"corpora": corpora, "cities": cities}).splitlines()
    assert "| A dev, 10 sentences a document | x | 50.0 | 25.0 | 12.5 | 0.0 | 1,234 |" in lines
    assert "| A test | default | 50.0 | 25.0 | 12.5 | 0.0 | – |" in lines
    assert lines[-1] == "| prior alone | 50.0 | 10.0 | 50.0 | 10.0 |"
