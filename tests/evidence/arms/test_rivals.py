"""The rivals that use the graph without the method: a tagger of links, and facts in the text."""

from dataclasses import replace

import pytest

from kgattn.evidence.arms import ARMS, ArmInput
from kgattn.evidence.arms.linker_tagger import tag_links
from kgattn.evidence.arms.mentions import LinkedWords, linked_words
from kgattn.evidence.arms.text_triples import append_facts, facts_of
from kgattn.graph import KnowledgeGraph
from kgattn.ner.corpus import Sentence
from kgattn.ner.features import EncodedSplit
from kgattn.ner.likeliest import likeliest
from kgattn.ner.metrics import entity_scores
from kgattn.training.encode import EncodedCorpus
from tests.evidence.arms.conftest import encode, read_by


def forged(split: EncodedSplit) -> EncodedSplit:
    """The same sentences, every word of them called a player."""
    wrong = tuple(Sentence(sentence.words, ("B-Player",) * len(sentence.words)) for sentence in split.sentences)
    features = tuple({**feature, "labels": [3 for _ in feature["labels"]]} for feature in split.features)
    return replace(split, sentences=wrong, features=features)


def test_the_tagger_gives_links_the_label_of_their_types(encoded: EncodedCorpus, given: ArmInput) -> None:
    _, test = tag_links(encoded, given)

    scores = entity_scores([sentence.tags for sentence in encoded.test.sentences], test)

    assert scores.f1 > 0.7
    assert scores.by_type["River"].true_positives > 0
    assert scores.by_type["Player"].true_positives > 0


def test_the_tagger_reads_no_gold_but_that_of_train(encoded: EncodedCorpus, given: ArmInput) -> None:
    honest = tag_links(encoded, given)

    blind = replace(encoded, dev=forged(encoded.dev), test=forged(encoded.test))

    assert tag_links(blind, given) == honest
    assert tag_links(replace(encoded, train=forged(encoded.train)), given) != honest


def test_a_tagger_without_labelled_links_tags_nothing(encoded: EncodedCorpus, given: ArmInput) -> None:
    outside = tuple(Sentence(sentence.words, ("O",) * len(sentence.words)) for sentence in encoded.train.sentences)
    dev, test = tag_links(replace(encoded, train=replace(encoded.train, sentences=outside)), given)

    assert {tag for row in (*dev, *test) for tag in row} == {"O"}


def test_mentions_are_read_in_words(given: ArmInput, config, graph: KnowledgeGraph, corpus) -> None:
    two = Sentence(("Old", "Marsh", "met", "Arlen", "."), ("O",) * 5)
    split = encode(replace(corpus, test=(two,)), graph, config).test

    ((first, second),) = linked_words(split)

    assert first == LinkedWords(1, 2, graph.entity_index("Marsh"))
    assert second == LinkedWords(3, 4, graph.entity_index("Arlen"))


def test_the_likeliest_candidate_is_the_first_of_equal_ones() -> None:
    assert likeliest([[3, 4], [5, 6], [-1, -1], []], [[0.2, 0.8], [0.5, 0.5], [0.0, 0.0], []]) == [4, 5, -1, -1]


def test_facts_are_types_and_some_triples_either_way_round(graph: KnowledgeGraph) -> None:
    types, *triples = facts_of(graph, graph.entity_index("Hodder"))

    assert types == "Hodder is person, player."
    assert len(triples) == 4
    known = {
        f"{graph.labels[head]} {graph.relation_labels[relation]} {graph.labels[tail]}."
        for head, relation, tail in graph.triples.tolist()
    }
    assert set(triples) <= known
    assert all("Hodder" in fact for fact in triples)


def test_facts_use_the_room_that_is_left_and_no_more(encoded: EncodedCorpus, given: ArmInput) -> None:
    length = max(len(feature["input_ids"]) for feature in encoded.test.features)
    for room in (length, length + 9, 128):
        tight = replace(given, config=replace(given.config, max_length=room, stride=0))
        windows = append_facts(encoded.test, tight)
        for now, before in zip(windows.features, encoded.test.features, strict=True):
            assert len(now["input_ids"]) <= room
            assert {len(now[key]) for key in ("input_ids", "attention_mask", "token_type_ids", "labels")} == {
                len(now["input_ids"])
            }
            added = now["input_ids"][len(before["input_ids"]) :]
            if room == 128 and max(map(max, before["kg_entities"])) >= 0:
                text = given.tokenizer.decode(added)
                assert text.endswith(". [SEP]")
                assert given.graph.labels[before["kg_entities"][0][0]].lower() in text
                assert set(now["token_type_ids"][-len(added) :]) == {1}
    assert all("kg_entities" not in feature for feature in windows.features)


@pytest.mark.parametrize("arm", ["linker-tagger", "text-triples"])
def test_rivals_name_no_injection(arm: str, encoded: EncodedCorpus, given: ArmInput) -> None:
    assert ARMS[arm].role == "rival"
    assert read_by(ARMS[arm], encoded, given).sentences == encoded.test.sentences
