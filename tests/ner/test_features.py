import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kgattn.errors import ConfigError, CorpusError
from kgattn.graph import KnowledgeGraph
from kgattn.linking import EntityLinker, Processor
from kgattn.ner.corpus import Sentence
from kgattn.ner.features import encode_sentences
from kgattn.ner.labels import LabelSet

LABELS = LabelSet(("A",))


def sentence(words: str, tags: str | None = None) -> Sentence:
    parts = tuple(words.split(" "))
    return Sentence(parts, tuple(tags.split()) if tags else ("O",) * len(parts))


def test_the_first_subword_of_each_word_has_its_label(tokenizer):
    split = encode_sentences([sentence("abc d ef", "B-A I-A O")], tokenizer, LABELS)
    (feature,) = split.features
    assert tokenizer.convert_ids_to_tokens(feature["input_ids"]) == [
        "[CLS]",
        "a",
        "##b",
        "##c",
        "d",
        "e",
        "##f",
        "[SEP]",
    ]
    assert feature["labels"] == [-100, 1, -100, -100, 2, 0, -100, -100]
    assert feature["word_ids"] == [-1, 0, -1, -1, 1, 2, -1, -1]
    assert split.unread_words == 0


def test_words_without_subwords_are_counted(tokenizer):
    split = encode_sentences([sentence("ab \u200b c", "O O B-A"), sentence("\x07")], tokenizer, LABELS)
    assert split.features[0]["word_ids"] == [-1, 0, -1, 2, -1]
    assert split.unread_words == 2
    assert split.select([1]).unread_words == 1
    assert len(split.select([1]).features) == 1
    assert split.select([1]).features[0]["sentence"] == 0


def test_a_window_that_begins_inside_a_word_does_not_read_it(tokenizer):
    """`abcdefgh` lies over the border of 4-token windows; only the window with its first piece may read it."""
    split = encode_sentences([sentence("a abcdefgh b")], tokenizer, LABELS, max_length=6, stride=1)
    read = [
        (number, word, tokenizer.convert_ids_to_tokens(feature["input_ids"])[place])
        for number, feature in enumerate(split.features)
        for place, word in enumerate(feature["word_ids"])
        if word >= 0
    ]
    assert [(word, piece) for _, word, piece in read] == [(0, "a"), (1, "a"), (2, "b")]
    assert len(split.features) == 3


def test_a_word_is_read_where_it_lies_farthest_from_a_cut(tokenizer):
    split = encode_sentences([sentence("a b c d e f")], tokenizer, LABELS, max_length=6, stride=2)
    assert [feature["word_ids"] for feature in split.features] == [[-1, 0, 1, 2, -1, -1], [-1, -1, 3, 4, 5, -1]]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    st.lists(st.text("abcdefgh", min_size=1, max_size=9), min_size=1, max_size=25),
    st.integers(4, 12),
    st.integers(0, 8),
)
def test_every_word_is_read_once_at_its_first_piece_whatever_the_windows(tokenizer, words, max_length, stride):
    if max_length - 2 - stride < 1:
        return
    split = encode_sentences([sentence(" ".join(words))], tokenizer, LABELS, max_length, stride)
    read = {}
    for feature in split.features:
        pieces = tokenizer.convert_ids_to_tokens(feature["input_ids"])
        assert len(pieces) <= max_length
        for piece, word in zip(pieces, feature["word_ids"], strict=True):
            if word >= 0:
                assert word not in read
                read[word] = piece
    assert read == {number: word[0] for number, word in enumerate(words)}
    assert split.unread_words == 0


def test_links_are_laid_over_words_and_windows(tokenizer):
    graph = KnowledgeGraph.from_triples([("Q1", "r", "Q2")], labels={"Q1": "Abba Cafe", "Q2": "Baghdad"})
    processor = Processor(tokenizer, EntityLinker(graph, nlp="en"))
    split = encode_sentences(
        [sentence("a Abba Cafe b Baghdad", "O B-A I-A O O"), sentence("h")], processor, LABELS, max_length=9, stride=2
    )
    assert [row.tolist() for row in split.linked] == [[False, True, True, False, True], [False]]
    assert {"kg_token_slot", "kg_entities", "kg_priors"} <= set(split.features[0])
    again = encode_sentences([sentence("a Abba Cafe b Baghdad")], processor, LABELS, max_length=9, stride=2)
    first = [{key: f[key] for key in f if key != "labels"} for f in split.features if f["sentence"] == 0]
    assert first == [{key: f[key] for key in f if key != "labels"} for f in again.features], "tags reached the linker"
    assert np.array_equal(split.select([1, 0]).linked[1], split.linked[0])


def test_settings_that_leave_no_room_are_refused(tokenizer):
    with pytest.raises(ConfigError, match="max_length must exceed stride 8 and the special tokens, got 10"):
        encode_sentences([sentence("a")], tokenizer, LABELS, max_length=10, stride=8)
    tokenizer.truncation_side = "left"
    with pytest.raises(ConfigError, match="truncation_side 'right', got 'left'"):
        encode_sentences([sentence("a")], tokenizer, LABELS)


def test_unknown_tags_are_refused(tokenizer):
    with pytest.raises(CorpusError, match="got 'B-Z'"):
        encode_sentences([sentence("a", "B-Z")], tokenizer, LABELS)
