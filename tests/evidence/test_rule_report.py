"""What rules do in a corpus: the same however many sentences are looked at together, and never more than a batch."""

import random

import pytest

from kgattn.bias.entity_pairs import EntityPairs
from kgattn.evidence import rule_report
from kgattn.evidence.rule_report import report_rules
from kgattn.graph import KnowledgeGraph, read_rules
from kgattn.ner.corpus import load_corpus

SENTENCES = 23
TRIPLES = [("Rome", "in", "Italy"), ("Pisa", "in", "Italy"), ("Paris", "in", "France"), ("Italy", "near", "France")]
QUERIES = {
    "inside": "SELECT ?head ?tail WHERE { ?head relation:in ?tail }",
    "same": "SELECT ?head ?tail WHERE { ?head relation:in ?c . ?tail relation:in ?c . FILTER(?head != ?tail) }",
    "never": "SELECT ?head ?tail WHERE { ?head relation:none ?tail }",
}


@pytest.fixture
def graph():
    return KnowledgeGraph.from_triples(TRIPLES)


@pytest.fixture
def rules(tmp_path):
    (tmp_path / "rules").mkdir()
    for name, query in QUERIES.items():
        (tmp_path / "rules" / f"{name}.rq").write_text(query)
    return read_rules(tmp_path / "rules")


@pytest.fixture
def corpus(tmp_path):
    """Sentences that differ in length and in what they name, so that batches differ too."""
    names, choice = ["Rome", "Pisa", "Italy", "Paris", "France", "and"], random.Random(5)
    sentences = [choice.choices(names, k=choice.randint(1, 9)) for _ in range(SENTENCES)]
    folder = tmp_path / "corpus"
    folder.mkdir()
    text = "\n".join("".join(f"{word}\t{'O' if word == 'and' else 'B-LOC'}\n" for word in row) for row in sentences)
    for name in ("train", "dev", "test"):
        (folder / f"{name}.txt").write_text(text)
    return load_corpus(str(folder))


@pytest.mark.parametrize("size", [1, 5, SENTENCES, SENTENCES + 1])
def test_batches_of_any_size_give_the_same_counts(graph, rules, corpus, monkeypatch, size):
    whole = {fact.name: fact for fact in report_rules(graph, rules, corpus=corpus)}
    assert whole["inside"].mention_pairs > whole["inside"].sentences > 0
    assert 0 < whole["same"].sentences < SENTENCES
    assert (whole["never"].mention_pairs, whole["never"].sentences) == (0, 0)

    seen, pairs_of = [], EntityPairs.of
    monkeypatch.setattr(EntityPairs, "of", lambda batch: seen.append(len(batch.entities)) or pairs_of(batch))
    monkeypatch.setattr(rule_report, "BATCH", size)
    assert {fact.name: fact for fact in report_rules(graph, rules, corpus=corpus)} == whole
    assert sum(seen) == SENTENCES
    assert max(seen) == min(size, SENTENCES)
