import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgattn.errors import GraphError
from kgattn.graph import StringTable


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))), st.integers(-9, 9), st.integers(-9, 9))
def test_a_table_reads_like_the_list_it_was_made_from(texts, start, stop):
    table = StringTable.from_strings(texts)
    assert list(table) == texts
    assert len(table) == len(texts)
    assert [table[row] for row in range(-len(texts), len(texts))] == texts + texts
    assert table[start:stop] == texts[start:stop]
    assert table[::-2] == texts[::-2]


def test_an_index_outside_the_table_is_an_index_error():
    with pytest.raises(IndexError, match="string 2 of 2"):
        StringTable.from_strings(["a", "b"])[2]


def test_half_a_surrogate_pair_is_refused():
    with pytest.raises(GraphError, match="half a surrogate pair"):
        StringTable.from_strings(["a", "\ud800"])


def test_the_arrays_cannot_be_changed():
    table = StringTable.from_strings(["a"])
    for values in (table.data, table.offsets):
        with pytest.raises(ValueError, match="read-only"):
            values[0] = 1
    assert table.offsets.dtype == np.int64
    assert repr(table) == "StringTable(1 strings, 1 bytes)"


def test_damaged_texts_are_refused_when_they_are_read():
    table = StringTable(np.frombuffer(b"a\xff", dtype=np.uint8), np.array([0, 1, 2]))
    assert table[0] == "a"
    for read in (lambda: table[1], lambda: list(table)):
        with pytest.raises(GraphError, match=r"texts of a graph must be UTF-8, got b'.xff' .*; save the graph again"):
            read()
