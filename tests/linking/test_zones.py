"""Streams of documents across spaCy's memory zones."""

from itertools import islice

import numpy as np
import pytest
import spacy
from spacy.strings import get_string_id

from kgattn.errors import LinkingError
from kgattn.linking import EntityLinker
from kgattn.linking.zones import KeptStrings, Zone

TEXTS = [f"Rareword{number % 7} flew from Amman to Chicago with thing{number % 5}" for number in range(30)]
BATCH = 4
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")


@pytest.fixture
def fresh(graph) -> EntityLinker:
    """A linker whose vocabulary has seen no text."""
    return EntityLinker(graph)


def content(docs):
    return [
        (
            [token.text for token in doc],
            [(span.text, span.kb_id_, span._.kg_candidates) for span in doc.spans["kgattn"]],
        )
        for doc in docs
    ]


@pytest.fixture(scope="module")
def expected(graph):
    return content(EntityLinker(graph).pipe(TEXTS))


@pytest.mark.parametrize("processes", [1, 2])
def test_a_stream_goes_on_after_zones_that_took_whole_batches(fresh, expected, processes):
    stream = fresh.pipe(iter(TEXTS), n_process=processes, batch_size=BATCH)
    found = content(islice(stream, BATCH))
    for _ in range(2):
        with fresh.nlp.memory_zone():
            found += content(islice(stream, BATCH))
        found += content(islice(stream, BATCH))
    assert found + content(stream) == expected


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("in_another_zone", [False, True])
def test_documents_whose_zone_is_over_are_not_given_out(fresh, expected, processes, in_another_zone):
    stream = fresh.pipe(iter(TEXTS), n_process=processes, batch_size=BATCH)
    with fresh.nlp.memory_zone():
        assert content(islice(stream, 1)) == expected[:1]
    message = "the end of the zone before 3 documents that were made in it; read the whole stream there"
    if in_another_zone:
        with fresh.nlp.memory_zone(), pytest.raises(LinkingError, match=message):
            next(stream)
    else:
        with pytest.raises(LinkingError, match=message):
            next(stream)


def test_documents_made_before_a_zone_outlive_it(fresh, expected):
    stream = fresh.pipe(iter(TEXTS), batch_size=BATCH)
    found = content(islice(stream, 1))
    with fresh.nlp.memory_zone():
        found += content(islice(stream, 1))
    assert found + content(islice(stream, 2)) == expected[:4]


def test_what_is_cached_of_words_is_right_in_the_next_zone(fresh, expected):
    for _ in range(3):
        with fresh.nlp.memory_zone():
            assert content(fresh.pipe(TEXTS)) == expected
    assert content(fresh.pipe(TEXTS)) == expected


def test_strings_that_are_used_are_kept_over_the_zones_of_a_stream():
    nlp = spacy.blank("en")
    strings, one, two = KeptStrings(nlp.vocab), get_string_id("one"), get_string_id("two")
    for new, used in ((["one"], [one]), (["two"], [two, one]), ([], [two])):
        with nlp.memory_zone():
            strings.add(new, np.array(used, dtype=np.uint64))
            assert [number in nlp.vocab.strings for number in (one, two)] == [one in used, two in used]
        assert not any(number in nlp.vocab.strings for number in (one, two))
    strings.add(["three"], np.array([one, one], dtype=np.uint64))
    assert [text in nlp.vocab.strings for text in ("one", "two", "three")] == [True, False, True]


def test_a_zone_costs_what_its_own_documents_cost():
    """Not what all documents before it did, as when every zone was told all strings again."""
    nlp, added = spacy.blank("en"), []
    strings = KeptStrings(nlp.vocab)
    for zone in range(30):
        texts = [f"word{zone}x{number}" for number in range(10)]
        with nlp.memory_zone():
            before = len(nlp.vocab.strings)
            strings.add(texts, np.array([get_string_id(text) for text in texts], dtype=np.uint64))
            added.append(len(nlp.vocab.strings) - before)
    assert added == [10] * 30


def test_a_zone_is_told_from_the_next_one():
    nlp = spacy.blank("en")
    size = len(nlp.vocab.strings)
    none = Zone(nlp.vocab)
    with nlp.memory_zone():
        first = Zone(nlp.vocab)
        assert not first.has_ended
    with nlp.memory_zone():
        assert (first.has_ended, none.has_ended) == (True, False)
    assert len(nlp.vocab.strings) == size
