"""Compiled code that takes words apart, reads and marks spaCy's documents does what Python does."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc

from kgattn.errors import GraphError, LinkingError
from kgattn.graph import KnowledgeGraph, StringTable
from kgattn.linking import EntityLinker, loops
from kgattn.linking.found import Found
from kgattn.linking.index import RowCache
from kgattn.linking.marking import mark
from kgattn.linking.stream import AtomTable
from kgattn.linking.trie import TOKEN

BUILT = ("compiled", "words", "rows", "docs", "plain")
NOT_BUILT = "not built here: no compiler, or another spaCy"
SAMPLES = [
    "Jordan",
    "jordan",
    "1994",
    "x86",
    "case",
    "NOUN",
    "(",
    "[",
    "ß",
    "İ",
    "don",
    "'t",
    "京",
    "\n\n",
    " ",
    "٢٠٢٤",
]
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)
WORDS = st.lists(st.sampled_from(SAMPLES) | TEXTS, min_size=1, max_size=30)


@pytest.fixture(scope="module")
def linker():
    labels = {"Q1": "Jordan", "Q2": "Michael Jordan", "Q3": "x86", "Q4": "case law", "Q5": "京"}
    return EntityLinker(KnowledgeGraph.from_triples([], labels=labels, aliases={"Q2": ["Jordan"]}))


def in_python(call):
    with pytest.MonkeyPatch.context() as patch:
        for name in BUILT:
            patch.setattr(loops, name, None)
        return call()


def by_token(stream):
    """What is known of each token, whatever the order of rows."""
    tokens = stream.distinct.tokens[stream.row]
    columns = [tokens[name].tolist() for name in TOKEN.names if name != "first"]
    atoms = [
        stream.distinct.atoms[first : first + count].tolist()
        for first, count in zip(tokens["first"].tolist(), tokens["num_atoms"].tolist(), strict=True)
    ]
    return columns, atoms, [column.tolist() for column in stream[2:]]


@pytest.mark.skipif(loops.words is None or loops.docs is None, reason=NOT_BUILT)
@given(texts=st.lists(WORDS, min_size=1, max_size=3), data=st.data())
@example(texts=[["don", "'t", "(", "NOUN"], ["case"]], data=None)
@settings(max_examples=100, deadline=None)
def test_documents_are_read_as_in_python(linker, texts, data):
    spaces = [
        data.draw(st.lists(st.booleans(), min_size=len(one), max_size=len(one))) if data else None for one in texts
    ]
    vocab, trie = linker.nlp.vocab, linker.component.index.trie.plain
    docs = [Doc(vocab, words=words, spaces=some) for words, some in zip(texts, spaces, strict=True)]
    expected = in_python(lambda: by_token(AtomTable().stream(docs, trie)))
    assert by_token(AtomTable().stream(docs, trie)) == expected


@pytest.mark.skipif(loops.docs is None, reason=NOT_BUILT)
@given(texts=st.lists(WORDS, min_size=1, max_size=3), data=st.data())
@settings(max_examples=100, deadline=None)
def test_documents_are_marked_as_in_python(linker, texts, data):
    places = sorted(
        (number, start, data.draw(st.integers(start + 1, len(words))))
        for number, words in enumerate(texts)
        for start in data.draw(st.sets(st.integers(0, len(words) - 1)))
    )
    columns = np.array(places, dtype=np.int64).reshape(-1, 3).T.copy()
    zeros = np.zeros(len(places), dtype=np.int64)
    found = Found(*columns, zeros, zeros)
    candidates = [data.draw(st.sampled_from([(("Q1", 0.5), ("Ω", 0.25)), (("NOUN", 1.0),)])) for _ in places]

    def marked():
        docs = [Doc(linker.nlp.vocab, words=words) for words in texts]
        mark(docs, found, candidates, "kgattn")
        return [(doc.to_bytes(), list(doc.user_data.items())) for doc in docs]

    assert marked() == in_python(marked)


@pytest.mark.skipif(loops.docs is None, reason=NOT_BUILT)
def test_places_outside_of_documents_are_refused(linker):
    doc = Doc(linker.nlp.vocab, words=["one", "two"])
    candidates = [(("Q1", 1.0),)]
    for number, start, end, message in (
        (0, 1, 3, "not in its document"),
        (0, 1, 1, "not in its"),
        (1, 0, 1, "in order"),
    ):
        found = Found(*(np.array([value]) for value in (number, start, end, 0, 0)))
        with pytest.raises(IndexError, match=message):
            mark([doc], found, candidates, "kgattn")
    with pytest.raises(TypeError, match="Doc"):
        loops.docs.read([None], 0, np.empty(1, dtype=np.uint64), np.empty(1, dtype=np.uint8))
    for room in (2, 4):
        with pytest.raises(ValueError, match="a place for each token"):
            loops.docs.read([doc], 0, np.empty(room, dtype=np.uint64), np.empty(room, dtype=np.uint8))


@pytest.mark.skipif(loops.docs is None, reason=NOT_BUILT)
def test_a_spacy_of_another_layout_is_told_by_its_version(monkeypatch):
    assert loops.docs.fits()
    monkeypatch.setattr(loops.docs, "_running", "3.7.5")
    assert not loops.docs.fits()


def test_rows_are_read_as_in_python(linker):
    rows = np.array([2, 0, 1, 0], dtype=np.int64)
    index = linker.component.index
    found = RowCache(index).of(rows)
    assert found == in_python(lambda: RowCache(index).of(rows))
    assert found[1] is found[3]


@pytest.mark.parametrize("change", ["offsets", "entities", "id_offsets", "id_bytes"])
def test_rows_of_a_damaged_index_are_an_error(linker, change):
    cache = RowCache(linker.component.index)
    offsets, data = cache._ids.offsets.copy(), cache._ids.data.copy()
    if change == "offsets":
        cache._offsets = np.full_like(cache._offsets, 2**40)
    elif change == "entities":
        cache._entities = np.full_like(cache._entities, 99)
    elif change == "id_offsets":
        offsets[1:] = 2**40
    else:
        data[:] = 0xFF
    cache._ids = StringTable(data, offsets)
    rows = np.array([0], dtype=np.int64)
    if loops.rows is not None:
        with pytest.raises(LinkingError, match="the linker index is damaged: delete it and build it again"):
            cache.of(rows)
    if change in ("entities", "id_bytes"):
        with pytest.raises((IndexError, GraphError)):
            in_python(lambda: cache.of(rows))
