"""The saved index: the same bytes whenever it is built from the same graph."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kgattn.graph import KnowledgeGraph
from kgattn.linking import EntityLinker
from kgattn.linking.orth_table import OrthTable


def files(labels, aliases, folder):
    graph = KnowledgeGraph.from_triples([], labels=labels, aliases=aliases)
    EntityLinker(graph).component.index.save(folder)
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_the_index_is_the_same_bytes_twice_and_in_any_order_of_aliases(tmp_path):
    labels = {"Q1": "Jordan", "Q2": "World Health Organization", "Q3": "river"}
    aliases = {"Q1": ["Urdunn", "the Jordan"], "Q2": ["WHO", "iWHO", "Jordan"]}
    first = files(labels, aliases, tmp_path / "a")
    assert files(labels, aliases, tmp_path / "b") == first
    turned = {entity: some[::-1] for entity, some in aliases.items()}
    assert files(labels, turned, tmp_path / "c") == first


@given(st.lists(st.integers(0, 2**64 - 1), unique=True, max_size=50), st.lists(st.integers(0, 2**64 - 1), max_size=50))
def test_the_table_of_ids_is_a_dictionary(known, asked):
    table, rows = OrthTable(), {}
    for half in (known[::2], known[1::2]):
        numbers = np.arange(len(rows), len(rows) + len(half))
        table.add(np.array(half, dtype=np.uint64), numbers)
        rows |= dict(zip(half, numbers.tolist(), strict=True))
    found = table.rows(np.array(known + asked, dtype=np.uint64))
    assert found.tolist() == [rows.get(orth, -1) for orth in known + asked]
    assert table.size == len(known)


def test_the_table_of_ids_grows():
    table, orths = OrthTable(), np.arange(0, 2**40, 2**27, dtype=np.uint64)
    table.add(orths, np.arange(len(orths)))
    np.testing.assert_array_equal(table.rows(orths), np.arange(len(orths)))
