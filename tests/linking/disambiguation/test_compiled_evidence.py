"""Compiled evidence is what arrays give, bit for bit."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgattn.errors import LinkingError
from kgattn.graph import KnowledgeGraph
from kgattn.linking import EntityLinker, loops
from kgattn.linking.candidates import CandidateRows
from kgattn.linking.disambiguation.coherence import HUB_DEGREE, coherence_scores
from kgattn.linking.disambiguation.context import TokenWords, context_scores
from kgattn.linking.disambiguation.options import Options
from kgattn.linking.found import Found

pytestmark = pytest.mark.skipif(loops.evidence is None, reason="not built here: no C compiler")
NUM_ENTITIES, NUM_WORDS = 12, 9


def with_arrays(call):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loops, "evidence", None)
        return call()


def rows_of(lists, dtype=np.int32):
    """Lists one after the other, and where each begins."""
    return np.cumsum([0, *map(len, lists)], dtype=np.int64), np.array([one for some in lists for one in some], dtype)


@pytest.fixture(scope="module")
def plain_senses():
    graph = KnowledgeGraph.from_triples([("a", "r", "b")], labels={"a": "Ada Lovelace", "b": "Bob Noyce"})
    return EntityLinker(graph).component.index.senses


def numbers(limit, most=5):
    return st.sets(st.integers(0, limit - 1), max_size=most).map(sorted)


def some_senses(draw, plain, hub=False):
    """Words and neighbours of entities drawn; links go both ways, and entity 0 may be a hub."""
    bags = rows_of([draw(numbers(NUM_WORDS)) for _ in range(NUM_ENTITIES)])
    joined = draw(st.sets(st.tuples(*[st.integers(0, NUM_ENTITIES - 1)] * 2), max_size=25))
    size = NUM_ENTITIES + (HUB_DEGREE + 1 if hub else 0)
    joined |= {(0, other) for other in range(NUM_ENTITIES, size)}
    links = rows_of([sorted({b for a, b in joined if a == e} | {a for a, b in joined if b == e}) for e in range(size)])
    weights = draw(st.lists(st.integers(0, 4096), min_size=NUM_WORDS, max_size=NUM_WORDS))
    return dataclasses.replace(
        plain,
        word_keys=np.arange(NUM_WORDS, dtype=np.uint64),
        word_weights=(np.array(weights) / 4096).astype(np.float32),
        bag_offsets=bags[0],
        bag_words=bags[1],
        link_offsets=links[0],
        link_entities=links[1],
    )


@st.composite
def batches(draw):
    """Documents of words, mentions in them (they may overlap), and candidates of each."""
    lengths = draw(st.lists(st.integers(1, 90), min_size=1, max_size=3))
    places = sorted(
        (number, start, draw(st.integers(start + 1, min(start + 3, length))))
        for number, length in enumerate(lengths)
        for start in draw(st.sets(st.integers(0, length - 1), max_size=20))
    )
    columns = np.array(places, dtype=np.int64).reshape(-1, 3).T.copy()
    found = Found(*columns, np.arange(len(places)), np.zeros(len(places), dtype=np.int64))
    offsets, entities = rows_of([draw(numbers(NUM_ENTITIES, 3)) or [0] for _ in places])
    priors = np.array(draw(st.lists(st.floats(0.0625, 1, width=32), min_size=len(entities), max_size=len(entities))))
    rows = CandidateRows(offsets, entities, priors.astype(np.float32), np.zeros(len(places), dtype=np.int8))
    word = numbers(NUM_WORDS, 2)
    words = [[] if draw(st.integers(0, 3)) else draw(word) for length in lengths for _ in range(length + 1)]
    end = np.cumsum(np.array(lengths) + 1)
    return found, rows, TokenWords(end - np.array(lengths) - 1, end - 1, *rows_of(words, np.int64))


def options_of(found, rows, chosen):
    mention = np.repeat(chosen, np.diff(rows.offsets)[chosen])
    place = np.concatenate([np.arange(*rows.offsets[one : one + 2]) for one in chosen.tolist()] or [[]]).astype(int)
    return Options(mention, rows.entities[place].astype(np.int64), rows.priors[place].astype(np.float64))


@given(data=st.data(), batch=batches(), hub=st.booleans())
@settings(max_examples=300, deadline=None)
def test_evidence_equals_that_of_arrays(plain_senses, data, batch, hub):
    found, rows, words = batch
    senses = some_senses(data.draw, plain_senses, hub)
    witness = np.array(data.draw(st.lists(st.booleans(), min_size=len(found.doc), max_size=len(found.doc))), dtype=bool)
    options = options_of(found, rows, np.flatnonzero(witness))
    if not len(options.mention):
        return

    def scores():
        told = context_scores(senses, words, found, options)
        return told.tolist(), coherence_scores(senses, rows, found, witness, options).tolist()

    assert scores() == with_arrays(scores)


@pytest.mark.parametrize("change", ["link_offsets", "link_entities", "bag_offsets", "entities", "offsets"])
def test_a_damaged_index_is_an_error(plain_senses, change):
    """Two mentions of a text, in which entity 0 and entity 1 are joined through entity 2, and one word tells of 0."""
    senses = dataclasses.replace(
        plain_senses,
        word_keys=np.zeros(1, dtype=np.uint64),
        word_weights=np.ones(1, dtype=np.float32),
        **dict(zip(("bag_offsets", "bag_words"), rows_of([[0], [], []]), strict=True)),
        **dict(zip(("link_offsets", "link_entities"), rows_of([[2], [2], [0, 1]]), strict=True)),
    )
    found = Found(*np.array([[0, 0], [0, 2], [1, 3], [0, 1], [0, 0]]))
    rows = CandidateRows(*rows_of([[0], [1]]), np.ones(2, dtype=np.float32), np.zeros(2, dtype=np.int8))
    words = TokenWords(np.array([0]), np.array([3]), *rows_of([[], [0], [], []], np.int64))
    witness = np.ones(2, dtype=bool)

    def scores(senses=senses, rows=rows):
        options = Options(np.array([0, 1]), np.array([0, 1]), np.ones(2))
        told = context_scores(senses, words, found, options)
        return told.tolist(), coherence_scores(senses, rows, found, witness, options).tolist()

    told, coherent = scores()
    assert told[0] > 0 == told[1]
    assert min(coherent) > 0
    of = rows if change in ("entities", "offsets") else senses
    damaged = np.full_like(getattr(of, change), 2**30)
    changed = {"rows" if of is rows else "senses": dataclasses.replace(of, **{change: damaged})}
    with pytest.raises(LinkingError, match="the linker index is damaged: delete it and build it again"):
        scores(**changed)
