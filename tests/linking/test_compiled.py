"""The compiled loops give what those written with arrays give."""

import dataclasses
import shutil
import sysconfig
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgattn.errors import LinkingError
from kgattn.linking import loops, matching
from kgattn.linking.distinct import follow
from kgattn.linking.orth_table import OrthTable, distinct_ids
from kgattn.linking.trie import ATOM, TOKEN, AtomTrie, DistinctTokens
from kgattn.linking.trie_build import build_edges, cased_keys

ATOMS = st.integers(1, 6)
"""Few, so that aliases share beginnings."""


@st.composite
def tries(draw):
    sequences = draw(st.lists(st.lists(ATOMS, min_size=1, max_size=4).map(tuple), min_size=1, max_size=25, unique=True))
    lengths = np.array([len(sequence) for sequence in sequences])
    atoms = np.array([atom for sequence in sequences for atom in sequence], dtype=np.uint64)
    edges = build_edges(atoms, lengths)
    edges.nodes["alias"][edges.end_node] = np.arange(len(sequences))
    rows = st.lists(st.integers(-1, 99), min_size=len(sequences), max_size=len(sequences))
    lower, capital = (np.array(draw(rows), dtype=np.int32) for _ in range(2))
    # some aliases have forms of their own: the cased hash of an atom is its folded one plus 10, 20 or nothing
    forms = [draw(st.lists(st.sampled_from([0, 10, 20]), max_size=2, unique=True)) for _ in sequences]
    cased = [[atom + more for atom in sequence] for sequence, own in zip(sequences, forms, strict=True) for more in own]
    flat = np.array([atom for sequence in cased for atom in sequence], dtype=np.uint64)
    keys = cased_keys(flat, np.array([len(sequence) for sequence in cased], dtype=np.int64))
    offsets = np.concatenate([[0], np.cumsum([len(own) for own in forms])]).astype(np.int64)
    exact_row = np.arange(100, 100 + len(cased), dtype=np.int32)
    return AtomTrie(*edges[:4], lower, capital, offsets, keys, exact_row)


@st.composite
def texts(draw):
    """Distinct tokens of no, one or several atoms, and a stream of them; the last one is the barrier."""
    tokens = [(0,), *draw(st.lists(st.lists(ATOMS, max_size=3).map(tuple), min_size=1, max_size=12, unique=True))]
    atoms = [atom for token in tokens for atom in token]
    more = draw(st.lists(st.sampled_from([0, 10, 20]), min_size=len(atoms), max_size=len(atoms)))
    letters = draw(st.lists(st.integers(0, 2), min_size=len(atoms), max_size=len(atoms)))
    stream = st.lists(st.integers(0, len(tokens) - 1), max_size=60)
    return made([len(token) for token in tokens], atoms, more, letters), np.array([*draw(stream), 0], dtype=np.int64)


def made(counts, folded, more, letters):
    """Tokens and atoms, ready to be followed."""
    tokens, atoms = np.zeros(len(counts), dtype=TOKEN), np.zeros(len(folded), dtype=ATOM)
    tokens["num_atoms"], tokens["first"] = counts, np.cumsum(counts) - counts
    atoms["folded"], atoms["letter"] = folded, letters
    atoms["cased"] = atoms["folded"] + np.array(more, dtype=np.uint64)
    return tokens, atoms


def followed(trie, text):
    tokens, atoms = text[0].copy(), text[1]
    follow(trie, tokens, atoms)
    return DistinctTokens(tokens, atoms)


@pytest.mark.skipif(loops.compiled is None, reason="not built here: no C compiler")
@given(trie=tries(), text=texts())
@settings(max_examples=400, deadline=None)
def test_compiled_and_arrays_agree(trie, text):
    tokens, stream = text
    distinct = followed(trie, tokens)

    hits = matching.leftmost_hits(stream, distinct, trie)

    every = trie.match(stream, distinct)
    kept = matching.leftmost(every.first_token, every.last_token)
    assert [column.tolist() for column in hits] == [column[kept].tolist() for column in every]


@pytest.mark.skipif(loops.compiled is None, reason="not built here: no C compiler")
@pytest.mark.parametrize(
    ("name", "place", "value"),
    [("edge_child", None, 2**31 - 1), ("edge_child", None, -7), ("alias", 2, 99), ("exact_offsets", 1, 2**40)],
)
def test_a_damaged_index_is_an_error_and_no_crash(name, place, value):
    """Arrays come from files; numpy looks at every index, so must this."""
    trie, tokens = whole_trie()
    barrier_one_two = np.array([1, 2, 0], dtype=np.int64)
    assert matching.leftmost_hits(barrier_one_two, tokens, trie).row.tolist() == [5]
    with pytest.raises(LinkingError, match="the linker index is damaged: delete it and build it again"):
        matching.leftmost_hits(barrier_one_two, tokens, damaged(trie, name, place, value))


def damaged(trie, name, place, value):
    """A trie with one wrong number, or all edges wrong."""
    if name == "alias":
        nodes = trie.nodes.copy()
        nodes[name][place] = value
        return dataclasses.replace(trie, nodes=nodes)
    array = getattr(trie, name).copy()
    array[array > 0 if name == "edge_child" else place] = value
    return dataclasses.replace(trie, **{name: array})


@pytest.mark.skipif(loops.compiled is None, reason="not built here: no C compiler")
def test_an_edge_for_the_barrier_leads_nowhere():
    """A damaged index might have one, and then no text would end."""
    trie, tokens = whole_trie((1, 0))
    with pytest.raises(LinkingError, match="the linker index is damaged"):
        matching.leftmost_hits(np.array([1, 0], dtype=np.int64), tokens, trie)


@pytest.mark.skipif(loops.compiled is None, reason="not built here: no C compiler")
def test_arrays_of_unlike_lengths_and_texts_without_an_end_are_refused():
    trie, tokens = whole_trie()
    cut = dataclasses.replace(trie, edge_child=trie.edge_child[:-1])
    with pytest.raises(LinkingError, match="the linker index is damaged"):
        matching.leftmost_hits(np.array([1, 2, 0]), tokens, cut)
    with pytest.raises(ValueError, match="a barrier must stand behind the last text"):
        matching.leftmost_hits(np.array([1, 2]), tokens, trie)
    assert len(matching.leftmost_hits(np.array([], dtype=np.int64), tokens, trie).row) == 0


def whole_trie(alias=(1, 2)):
    """One alias, with a form of its own; tokens 0 (the barrier), 1 and 2 of one atom each."""
    atoms = np.array(alias, dtype=np.uint64)
    edges = build_edges(atoms, np.array([2]))
    row, keys = np.array([3], dtype=np.int32), cased_keys(atoms, np.array([2]))
    exact = np.array([0, 1], dtype=np.int64), keys, np.array([5], dtype=np.int32)
    trie = AtomTrie(*edges[:4], row, row, *exact)
    return trie, followed(trie, made([1, 1, 1], [0, 1, 2], [0, 0, 0], [0, 0, 0]))


@pytest.mark.skipif(loops.compiled is None, reason="not built here: no C compiler")
@given(
    known=st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 40), unique=True, max_size=60),
    asked=st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 40), max_size=60),
)
@settings(max_examples=200, deadline=None)
def test_rows_are_found_as_by_a_dictionary(known, asked):
    table = OrthTable()
    table.add(np.array(known, dtype=np.uint64), np.arange(len(known)))
    rows = {orth: row for row, orth in enumerate(known)}
    asked = [*asked, *known]
    expected = [rows.get(orth, -1) for orth in asked]

    assert table.rows(np.array(asked, dtype=np.uint64)).tolist() == expected
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loops, "compiled", None)
        assert table.rows(np.array(asked, dtype=np.uint64)).tolist() == expected


@pytest.mark.skipif(loops.words is None, reason="not built here: no C compiler")
@given(trie=tries(), text=texts())
@settings(max_examples=200, deadline=None)
def test_tokens_are_followed_as_with_arrays(trie, text):
    tokens, _ = text
    found = followed(trie, tokens)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loops, "words", None)
        expected = followed(trie, tokens)
    for name in TOKEN.names:
        np.testing.assert_array_equal(found.tokens[name], expected.tokens[name], err_msg=name)


@pytest.mark.skipif(loops.words is None, reason="not built here: no C compiler")
@pytest.mark.parametrize(
    ("name", "place", "value"),
    [("edge_child", None, 2**31 - 1), ("edge_child", None, -7), ("alias", 2, 99), ("exact_offsets", 1, 2**40)],
)
def test_tokens_followed_through_a_damaged_index_are_an_error(name, place, value):
    trie, _ = whole_trie()
    token = made([2], [1, 2], [0, 0], [0, 0])
    assert followed(trie, token).tokens["row"].tolist() == [5]
    with pytest.raises(LinkingError, match="the linker index is damaged: delete it and build it again"):
        followed(damaged(trie, name, place, value), token)
    with pytest.raises(LinkingError, match="the linker index is damaged"):
        followed(dataclasses.replace(trie, edge_child=trie.edge_child[:-1]), token)


@pytest.mark.skipif(loops.compiled is None, reason="not built here: no C compiler")
@given(ids=st.lists(st.integers(0, 9) | st.integers(0, 2**64 - 1), max_size=60))
def test_ids_come_once(ids):
    found = distinct_ids(np.array(ids, dtype=np.uint64)).tolist()
    assert len(found) == len(set(found))
    assert set(found) == set(ids)


@pytest.mark.parametrize("name", ["_compiled", "_words", "_rows", "_evidence", "_docs", "_plain", "_fuzzy"])
def test_they_are_built_where_they_can_be(name):
    header = Path(sysconfig.get_paths()["include"]) / "Python.h"
    built = getattr(loops, name.strip("_"))
    assert built is not None or not (shutil.which("cc") and shutil.which("c++") and header.exists())
