import errno
import json
import os
import shutil

import numpy as np
import pytest

from kgattn.errors import GraphError, StorageError
from kgattn.graph import KnowledgeGraph
from kgattn.graph.storage import holds_graph, reopen_graph, verify_folder


@pytest.fixture
def other() -> KnowledgeGraph:
    return KnowledgeGraph.from_triples([("a", "r", "b")])


def fail(*_, **__):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_saved_graph_comes_back_memory_mapped(graph, tmp_path):
    graph.save(tmp_path / "graph")
    loaded = KnowledgeGraph.load(tmp_path / "graph")
    assert loaded.__dict__.pop("fingerprint") == graph.fingerprint
    assert loaded.fingerprint == graph.fingerprint
    assert isinstance(loaded.triples.base, np.memmap)
    assert (loaded.licence, loaded.sources) == (graph.licence, graph.sources)
    assert list(loaded.entity_ids) == list(graph.entity_ids)
    assert graph.path == loaded.path == tmp_path / "graph"
    verify_folder(tmp_path / "graph")


def test_the_indexes_over_the_triples_are_mapped_too(graph, tmp_path):
    graph.save(tmp_path / "graph")
    loaded = KnowledgeGraph.load(tmp_path / "graph")
    for name in ("adjacency", "pair_index"):
        for column, values in vars(loaded.__dict__[name]).items():
            assert isinstance(values.base, np.memmap)
            np.testing.assert_array_equal(values, getattr(getattr(graph, name), column))


def test_a_folder_without_indexes_is_read_and_indexed(graph, tmp_path):
    """As written before indexes were kept."""
    graph.save(tmp_path / "graph")
    header = json.loads((tmp_path / "graph" / "graph.json").read_text())
    for path in [*(tmp_path / "graph").glob("adjacency.*"), *(tmp_path / "graph").glob("pair_index.*")]:
        path.unlink()
        del header["files"][path.name]
    (tmp_path / "graph" / "graph.json").write_text(json.dumps(header))
    loaded = KnowledgeGraph.load(tmp_path / "graph")
    np.testing.assert_array_equal(loaded.adjacency.neighbours, graph.adjacency.neighbours)


def test_a_graph_may_replace_another_even_the_one_it_is_mapped_from(graph, other, tmp_path):
    folder = tmp_path / "graph"
    other.save(folder)
    graph.save(folder)
    loaded = KnowledgeGraph.load(folder)
    loaded.save(folder)
    assert loaded.label("Q64") == "Berlin"
    assert KnowledgeGraph.load(folder).fingerprint == graph.fingerprint
    assert os.listdir(tmp_path) == ["graph"]


def test_an_empty_folder_may_be_filled_and_parents_are_made(graph, tmp_path):
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "empty", tmp_path / "new" / "deep"):
        graph.save(folder)
        assert KnowledgeGraph.load(folder).num_entities == 4


@pytest.mark.parametrize("place", ["folder", "file"])
def test_what_is_no_graph_is_not_overwritten(graph, tmp_path, place):
    target = tmp_path / place
    if place == "folder":
        target.mkdir()
        (target / "notes.txt").write_text("keep me")
    else:
        target.write_text("keep me")
    with pytest.raises(GraphError, match="must be new, empty or a graph folder"):
        graph.save(target)
    assert (target / "notes.txt" if place == "folder" else target).read_text() == "keep me"


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ('{"nodes": []}', "got an unreadable graph.json; choose another folder"),
        (None, "got one that also holds 'notes.txt'; move that away"),
    ],
)
def test_a_folder_with_other_content_beside_graph_json_is_left_as_it_is(graph, other, tmp_path, header, message):
    folder = tmp_path / "folder"
    other.save(folder)
    if header is not None:
        (folder / "graph.json").write_text(header)
    (folder / "notes.txt").write_text("keep me")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(GraphError, match=message):
        graph.save(folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert os.listdir(tmp_path) == ["folder"]


@pytest.mark.parametrize("function", ["os.fsync", "numpy.lib.format.write_array", "os.replace", "pathlib.Path.rename"])
def test_a_full_disk_leaves_the_old_graph_and_nothing_else(graph, other, tmp_path, monkeypatch, function):
    other.save(tmp_path / "graph")
    with monkeypatch.context() as patch:
        patch.setattr(function, fail)
        for folder in (tmp_path / "graph", tmp_path / "new" / "deep"):
            with pytest.raises(StorageError, match=r"cannot save the graph to .*No space left on device; nothing"):
                graph.save(folder)
    assert os.listdir(tmp_path) == ["graph"]
    assert graph.path is None
    verify_folder(tmp_path / "graph")
    assert KnowledgeGraph.load(tmp_path / "graph").fingerprint == other.fingerprint


def test_a_failing_swap_puts_the_old_graph_back(graph, other, tmp_path, monkeypatch):
    other.save(tmp_path / "graph")
    plain = os.rename
    calls = []

    def rename(source, target, **_):
        calls.append(source)
        if len(calls) == 2:
            fail()
        plain(source, target)

    with monkeypatch.context() as patch:
        patch.setattr("os.rename", rename)
        with pytest.raises(StorageError, match="No space left"):
            graph.save(tmp_path / "graph")
    assert len(calls) == 3
    assert os.listdir(tmp_path) == ["graph"]
    assert KnowledgeGraph.load(tmp_path / "graph").fingerprint == other.fingerprint


def test_a_place_that_cannot_be_written_is_a_storage_error(graph, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot save the graph"):
        graph.save(tmp_path / "file" / "graph")


def test_a_read_only_folder_is_a_storage_error(graph, tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr("tempfile.mkdtemp", refuse)
    with pytest.raises(StorageError, match="Permission denied"):
        graph.save(tmp_path / "graph")
    assert os.listdir(tmp_path) == []


def damage_header(**changes):
    def damage(folder):
        header = json.loads((folder / "graph.json").read_text())
        (folder / "graph.json").write_text(json.dumps(header | changes))

    return damage


def damage_array(name, change):
    def damage(folder):
        values = np.load(folder / name)
        np.save(folder / name, change(values))

    return damage


def cut(name, size):
    return lambda folder: os.truncate(folder / name, size)


def drop_key(folder):
    header = json.loads((folder / "graph.json").read_text())
    del header["licence"]
    (folder / "graph.json").write_text(json.dumps(header))


def object_array(folder):
    np.save(folder / "type_indices.npy", np.array([{}], dtype=object), allow_pickle=True)


def header_is_folder(folder):
    (folder / "graph.json").unlink()
    (folder / "graph.json").mkdir()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (damage_header(format_version=3), "must be of format version 1 or 2, got 3"),
        (lambda folder: (folder / "graph.json").write_text("[]"), "must be of format version 1 or 2, got None"),
        (cut("graph.json", 20), "graph.json: expected JSON"),
        (header_is_folder, "graph.json: cannot be read"),
        (damage_header(sources=5), "graph.json: expected list as 'sources', got 5"),
        (damage_header(licence=None), "graph.json: expected str as 'licence', got None"),
        (drop_key, "expected the key 'licence', got none"),
        (lambda folder: (folder / "labels.bytes.npy").unlink(), "labels.bytes.npy: the file is missing"),
        (cut("triples.npy", 130), "triples.npy: not a readable array"),
        (cut("triples.npy", 0), "triples.npy: not a readable array"),
        (object_array, "type_indices.npy: not a readable array"),
        (
            damage_array("triples.npy", lambda values: values.astype(float)),
            "expected 2 axes of kind 'i', in C order, got 2 of float64",
        ),
        (damage_array("triples.npy", lambda values: values + 2), "point outside the graph"),
        (damage_array("triples.npy", lambda values: values[:, :2]), "point outside the graph"),
        (damage_array("triples.npy", lambda values: values[:2]), "graph.json counts"),
        (damage_array("type_indices.npy", lambda values: -values), "point outside the graph"),
        (damage_array("alias_offsets.npy", lambda values: values[::-1]), "offsets must rise from 0 to 3"),
        (damage_array("alias_offsets.npy", lambda values: values[[0, -1]]), "alias_offsets must have 5 rows, got 2"),
        (damage_array("labels.offsets.npy", lambda values: values[[0, 2, 3, 4]]), "labels must have 4 rows, got 3"),
        (damage_array("labels.offsets.npy", lambda values: values + 1), "offsets must rise from 0"),
        (damage_array("features.npy", lambda values: values[:2]), "features must have 4 rows, got 2"),
        (damage_array("triples.npy", np.asfortranarray), "triples.npy: expected 2 axes of kind 'i', in C order"),
        (damage_array("adjacency.neighbours.npy", lambda values: values + 9), "adjacency.neighbours does not fit"),
        (damage_array("adjacency.neighbours.npy", lambda values: ~values), "adjacency.neighbours does not fit"),
        (damage_array("adjacency.edge_types.npy", lambda values: values[:-1]), "adjacency.edge_types does not fit"),
        (damage_array("adjacency.offsets.npy", lambda values: values[[0, -1]]), "adjacency.offsets does not fit"),
        (damage_array("pair_index.keys.npy", lambda values: values + 99), "pair_index.keys does not fit"),
        (damage_array("pair_index.keys.npy", lambda values: values[::-1]), "pair_index.keys must rise"),
        (damage_array("triples.npy", lambda values: values.astype(">i4")), "triples.npy: expected 2 axes of kind 'i'"),
        (
            lambda folder: (folder / "pair_index.relations.npy").unlink(),
            "pair_index.relations.npy: the file is missing",
        ),
    ],
)
def test_a_damaged_folder_is_refused(graph, tmp_path, damage, message):
    graph.save(tmp_path / "graph")
    damage(tmp_path / "graph")
    with pytest.raises(GraphError, match=message):
        KnowledgeGraph.load(tmp_path / "graph")


def test_verifying_compares_the_bytes(graph, tmp_path):
    folder = tmp_path / "graph"
    graph.save(folder)
    damage_array("features.npy", lambda values: values + 1)(folder)
    with pytest.raises(GraphError, match=r"features.npy: the content differs"):
        verify_folder(folder)
    (folder / "features.npy").unlink()
    with pytest.raises(GraphError, match=r"features.npy: the file is missing"):
        verify_folder(folder)


def test_another_graph_in_the_folder_is_noticed(graph, other, tmp_path):
    graph.save(tmp_path / "graph")
    assert reopen_graph(tmp_path / "graph", graph.fingerprint).num_entities == 4
    shutil.rmtree(tmp_path / "graph")
    other.save(tmp_path / "graph")
    with pytest.raises(GraphError, match="the graph was replaced while in use"):
        reopen_graph(tmp_path / "graph", graph.fingerprint)


def test_a_graph_with_other_row_numbers_is_another_one(tmp_path):
    labels = {"a": "A", "b": "B"}
    graph = KnowledgeGraph.from_triples([("a", "r", "b")], labels=labels)
    turned = KnowledgeGraph.from_triples([("a", "r", "b")], labels=dict(reversed(labels.items())))
    assert turned.fingerprint == graph.fingerprint
    graph.save(tmp_path / "graph")
    assert holds_graph(tmp_path / "graph", graph)
    turned.save(tmp_path / "graph")
    assert not holds_graph(tmp_path / "graph", graph)
    shutil.rmtree(tmp_path / "graph")
    assert not holds_graph(tmp_path / "graph", graph)


def test_a_graph_knows_where_it_was_saved_last_if_the_first_place_is_gone(graph, tmp_path):
    for name in ("first", "second"):
        graph.save(tmp_path / name)
        assert graph.path == tmp_path / "first"
    shutil.rmtree(tmp_path / "first")
    graph.save(tmp_path / "third")
    assert graph.path == tmp_path / "third"
