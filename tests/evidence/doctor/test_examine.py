"""`kgattn.doctor` from end to end: what it reads, what it gives, what it refuses."""

import dataclasses
import json
from dataclasses import replace

import pytest

import kgattn
from kgattn.errors import ConfigError, CorpusError
from kgattn.ner.corpus import Corpus, Sentence


def test_a_report_is_one_frozen_value_to_print_and_to_keep(graph, corpus):
    report = kgattn.doctor(graph, corpus)
    assert isinstance(report, kgattn.DoctorReport)
    with pytest.raises(dataclasses.FrozenInstanceError):
        report.split = "test"
    kept = json.loads(json.dumps(report.to_dict()))
    assert kept == report.to_dict() == kgattn.doctor(graph, corpus).to_dict()
    assert kept["coverage"]["total"] == {
        "gold": 180,
        "exact": 90,
        "partial": 0,
        "none": 90,
        "exact_share": 0.5,
        "partial_share": 0.0,
    }
    assert kept["sentences"] == {"learn": 240, "score": 240}
    assert kept["taggers"]["linker_tagger"] <= kept["taggers"]["ceiling"] == pytest.approx(2 / 3)
    assert [noise["form"] for noise in kept["noise"]] == ["quern"]
    assert kept["without_noise"]["links"]["precision"] > kept["links"]["precision"]
    assert kept["tokenizer"] is None
    text = str(report)
    assert text.startswith("names (dev: 240 sentences, learned from 240)")
    for words in (report.verdict.words, "Leak check: nothing found.", "Gold mentions linked", "quern", "ceiling, F1"):
        assert words in text


def test_tags_of_test_are_not_read_unless_asked_for(graph, corpus):
    turned = tuple(Sentence(each.words, tuple("O" for _ in each.tags)) for each in corpus.test)
    blind = replace(corpus, test=turned)
    assert kgattn.doctor(graph, corpus).to_dict() == kgattn.doctor(graph, blind).to_dict()
    assert kgattn.doctor(graph, corpus, split="test").split == "test"
    with pytest.raises(CorpusError, match="the test sentences of 'names' hold no entity"):
        kgattn.doctor(graph, blind, split="test")


def test_noise_is_learned_from_training_alone(graph, corpus):
    quiet = replace(corpus, train=tuple(each for each in corpus.train if "quern" not in each.words))
    assert kgattn.doctor(graph, quiet).noise == ()


def test_train_is_scored_by_its_other_half(graph, corpus):
    report = kgattn.doctor(graph, replace(corpus, dev=(), test=()), split="train")
    assert report.sentences == {"learn": 120, "score": 120}
    assert report.coverage.seen.gold > 0


def test_without_training_sentences_the_ceiling_remains(graph, corpus):
    report = kgattn.doctor(graph, replace(corpus, train=()))
    assert (report.taggers.linker_tagger, report.noise, report.sentences["learn"]) == (None, (), 0)
    assert "types alone" not in report.verdict.words


def test_a_corpus_may_be_a_file(graph, corpus, tmp_path):
    file = tmp_path / "names.jsonl"
    rows = ({"tokens": list(each.words), "ner_tags": list(each.tags)} for each in corpus.dev)
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert kgattn.doctor(graph, str(file), split="test").coverage.total.gold == 180
    with pytest.raises(CorpusError, match="'names' has no dev sentences to score, but test; choose another split"):
        kgattn.doctor(graph, file)


def test_a_tokenizer_tells_what_it_cuts_off_and_does_not_know(graph, bert_tiny_path):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(bert_tiny_path, model_max_length=8)
    words = ("we", "saw", "the", "Efendak", "again", "and", "the", "Efendak", "again", "☃")
    tags = ("O", "O", "O", "B-River", "O", "O", "O", "B-River", "O", "O")
    short = Sentence(words[:2], ("O", "B-River"))
    fit = kgattn.doctor(graph, Corpus("one", (), (Sentence(words, tags), short), (), ("River",)), tokenizer).tokenizer
    pieces = [len(tokenizer.tokenize(word)) for word in words]
    assert pieces[3] > 1
    assert (fit.max_length, fit.sentences, fit.too_long, fit.gold, fit.words) == (8, 2, 1, 3, 12)
    first_ends, room = sum(pieces[:4]), 8 - 2
    assert fit.cut_off == 1 + (first_ends > room)
    assert (fit.tokens, fit.unknown) == (sum(pieces) + 2, 1)


def test_a_tokenizer_without_a_limit_cuts_nothing_off(graph, corpus, bert_tiny_path):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(bert_tiny_path, model_max_length=10**30)
    report = kgattn.doctor(graph, corpus, tokenizer)
    assert (report.tokenizer.max_length, report.tokenizer.cut_off) == (None, 0)
    assert "no limit" in str(report)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"split": "devel"}, ConfigError, "split must be one of train, dev, test, got 'devel'"),
        ({"tokenizer": str}, ConfigError, "tokenizer must be a fast one of Transformers, got type"),
    ],
)
def test_what_is_refused(graph, corpus, arguments, error, message):
    with pytest.raises(error, match=message):
        kgattn.doctor(**{"graph": graph, "corpus": corpus} | arguments)
