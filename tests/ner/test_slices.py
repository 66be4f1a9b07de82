"""What the linker found at each word, and the slices it puts gold entities in."""

import numpy as np
from transformers import AutoTokenizer

from kgattn.graph import KnowledgeGraph
from kgattn.linking import EntityLinker, Processor
from kgattn.ner.corpus import Sentence
from kgattn.ner.features import encode_sentences
from kgattn.ner.labels import LabelSet
from kgattn.ner.metrics import entity_scores
from kgattn.ner.slices import WordLinks, slice_names, word_links

GRAPH = KnowledgeGraph.from_triples(
    [("p1", "in", "fr"), ("p1", "on", "seine"), ("p2", "in", "us"), ("rome", "in", "it")],
    labels={
        "p1": "Paris",
        "p2": "Paris",
        "fr": "France",
        "us": "America",
        "seine": "Seine",
        "rome": "Rome",
        "it": "Italy",
    },
)
SENTENCE = Sentence(("Ada", "left", "Rome", "for", "Paris", "."), ("B-P", "O", "B-L", "O", "B-L", "O"))


def test_candidates_and_triples_of_each_word(bert_tiny_path):
    processor = Processor(AutoTokenizer.from_pretrained(bert_tiny_path), EntityLinker(GRAPH))
    split = encode_sentences([SENTENCE, SENTENCE], processor, LabelSet(("L", "P")))

    first, second = word_links(split, GRAPH)

    assert first.candidates.tolist() == second.candidates.tolist() == [0, 0, 1, 0, 2, 0]
    assert first.triples[2] == 1
    assert first.triples[4] in (1, 2)
    assert first.triples[[0, 1, 3, 5]].tolist() == [-1, -1, -1, -1]


def test_the_likeliest_candidate_counts():
    split = encode_sentences_stub([[0, -1], [0.2, 0.0]], [[2, 1], [0.3, 0.7]])

    (links,) = word_links(split, GRAPH)

    degrees = np.diff(GRAPH.adjacency.offsets)
    assert links.candidates.tolist() == [1, 2]
    assert links.triples.tolist() == [degrees[0], degrees[1]]


def encode_sentences_stub(*mentions):
    from kgattn.ner.features import EncodedSplit

    feature = {
        "kg_token_slot": [0, 1, 2, 0],
        "kg_entities": [entities for entities, _ in mentions],
        "kg_priors": [priors for _, priors in mentions],
        "word_ids": [-1, 0, 1, -1],
        "sentence": 0,
    }
    return EncodedSplit((Sentence(("a", "b"), ("O", "O")),), (feature,), (np.array([True, True]),), 0)


def test_head_is_above_the_median_of_linked_gold_entities():
    assert slice_names([(1, 5), (3, 1), (0, -1), (1, 2)]) == [
        ("unambiguous", "head"),
        ("ambiguous", "tail"),
        (),
        ("unambiguous", "tail"),
    ]
    assert slice_names([]) == []


def test_slices_are_counted_in_scores():
    links = [WordLinks(np.array([0, 2, 0, 1, 1]), np.array([-1, 9, -1, 1, 3]))]
    gold = [["O", "B-L", "O", "B-L", "I-L"]]

    slices = entity_scores(gold, [["O", "B-L", "O", "O", "O"]], links=links).slices

    assert {name: (part.found, part.gold) for name, part in slices.items()} == {
        "ambiguous": (1, 1),
        "unambiguous": (0, 1),
        "head": (1, 1),
        "tail": (0, 1),
    }
