"""Codes of labels: the same whether computed, kept or read from the disk, and never more of them than the limit."""

import numpy as np
import pytest

from kgattn.encoders import text_codes
from kgattn.encoders.label_codes import LabelCodes, save_label_codes
from kgattn.errors import GraphError
from kgattn.graph import KnowledgeGraph

NAMES = [f"entity number {number}" for number in range(40)]


@pytest.fixture
def graph() -> KnowledgeGraph:
    return KnowledgeGraph.from_triples([], labels={name: name for name in NAMES})


def expected(rows):
    return text_codes([NAMES[row] for row in rows], 16).astype(np.float16).astype(np.float32)


def test_codes_are_those_of_the_labels_whatever_was_asked_before(graph):
    codes = LabelCodes(graph, 16, largest=12)
    generator = np.random.default_rng(0)
    for size in [3, 9, 12, 5, 30, 1, 0, 12, 40]:  # more than fit at once, too
        rows = generator.permutation(len(NAMES))[:size]
        np.testing.assert_array_equal(codes.of(rows), expected(rows))
        assert len(codes._codes) <= 12


def test_saved_codes_are_read_and_not_computed(graph, tmp_path, monkeypatch):
    graph.save(tmp_path / "graph")
    path = save_label_codes(graph, 16)
    assert path.parent == tmp_path / "graph" / "codes"
    loaded = KnowledgeGraph.load(tmp_path / "graph")
    rows = np.array([7, 3, 39, 0])
    marked = np.load(path)
    marked[7] += 1
    np.save(path, marked)
    found = LabelCodes(loaded, 16).of(rows)
    np.testing.assert_array_equal(found[1:], expected(rows[1:]))
    np.testing.assert_allclose(found[0], expected(rows[:1])[0] + 1, atol=1e-2)
    path.unlink()
    np.testing.assert_array_equal(LabelCodes(loaded, 16).of(rows), expected(rows))


def test_where_nothing_is_kept_no_table_of_all_entities_is_written(graph, tmp_path):
    graph.save(tmp_path / "graph")
    save_label_codes(graph, 16)
    codes = LabelCodes(KnowledgeGraph.load(tmp_path / "graph"), 16)
    codes._place.flags.writeable = False
    for rows in ([3, 1], [1, 2], []):
        np.testing.assert_array_equal(codes.of(np.array(rows, dtype=np.int64)), expected(rows))


def test_codes_of_other_labels_or_another_order_are_not_taken(graph, tmp_path):
    graph.save(tmp_path / "graph")
    save_label_codes(graph, 16)
    turned = KnowledgeGraph.from_triples([], labels={name: name for name in NAMES[::-1]})
    object.__setattr__(turned, "path", tmp_path / "graph")
    np.testing.assert_array_equal(LabelCodes(turned, 16).of(np.array([0])), expected([39]))


def test_a_folder_with_codes_may_be_replaced(graph, tmp_path):
    graph.save(tmp_path / "graph")
    save_label_codes(graph, 16)
    graph.save(tmp_path / "graph")
    assert not (tmp_path / "graph" / "codes").exists()


def test_codes_need_a_folder_and_rows_of_the_right_kind(graph, tmp_path):
    with pytest.raises(GraphError, match=r"this one has none; call graph\.save"):
        save_label_codes(graph, 16)
    graph.save(tmp_path / "graph")
    np.save(save_label_codes(graph, 16), np.zeros((40, 8)))
    with pytest.raises(GraphError, match=r"expected rows of 16 float16, got float64 \(40, 8\); remove the file"):
        LabelCodes(graph, 16).of(np.array([0]))
