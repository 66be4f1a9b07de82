"""FB15k-237: labels, filtered aliases, types and relations out of paths."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from kg_data import fb15k237
from kgattn.errors import GraphError
from kgattn.graph import KnowledgeGraph

PATHS = ("/people/person/place_of_birth", "/sports/team/roster./sports/roster_position/position")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Three made-up entities, one without a name."""
    (tmp_path / "entity2id.txt").write_text("3\r\n/m/a\t0\r\n/m/b\t1\r\n/m/c\t2\r\n")
    (tmp_path / "relation2id.txt").write_text(f"2\n{PATHS[0]}\t0\n{PATHS[1]}\t1\n")
    (tmp_path / "train2id.txt").write_text("1\n0 1 0\n")  # head tail relation
    (tmp_path / "valid2id.txt").write_text("1\n1 2 1\n")
    (tmp_path / "test2id.txt").write_text("1\n0 2 0\n")
    names = {
        "/m/a": {"label": "Jo Karp", "alternatives": ["J. K.", "Joe Karp", "🐟"], "description": "a secret"},
        "/m/b": {"label": "Karpville", "alternatives": ["KV", "kv"]},
    }
    (tmp_path / "entity2wikidata.json").write_text(json.dumps(names))
    return tmp_path


def test_build(source: Path) -> None:
    graph = fb15k237.build(source)
    assert list(graph.labels) == ["Jo Karp", "Karpville", "/m/c"]
    assert graph.aliases("/m/a") == ["Joe Karp"]
    assert graph.aliases("/m/b") == ["KV"]
    assert graph.types("/m/a") == ["/people/person"]
    assert graph.types("/m/b") == ["/sports/team"]
    assert graph.types("/m/c") == []
    triples = {(graph.entity_ids[h], graph.relation_ids[r], graph.entity_ids[t]) for h, r, t in graph.triples.tolist()}
    assert triples == {("/m/a", PATHS[0], "/m/b"), ("/m/b", PATHS[1], "/m/c"), ("/m/a", PATHS[0], "/m/c")}
    assert set(graph.relation_labels) == {"place of birth", "roster position"}
    assert "Freebase" in graph.licence


def test_number_that_the_id_files_lack(source: Path) -> None:
    (source / "test2id.txt").write_text("1\n0 9 0\n")
    with pytest.raises(GraphError, match=r"test2id.txt: expected a number of the id files, got '9'"):
        fb15k237.build(source)


def test_names_that_are_no_object(source: Path) -> None:
    (source / "entity2wikidata.json").write_text("[]")
    with pytest.raises(GraphError, match="expected an object keyed by MID, got list"):
        fb15k237.build(source)


def test_equal_halves_are_named_once() -> None:
    assert fb15k237.relation_label("/film/actor/film./film/performance/film") == "film"


def test_real_files(build_real: Callable[[str], KnowledgeGraph]) -> None:
    graph = build_real("fb15k237")
    assert (graph.num_entities, graph.num_relations, graph.num_triples) == (14_541, 237, 310_116)
    assert sum(label.startswith("/m/") for label in graph.labels[:]) == 26
    assert int((graph.type_offsets[1:] > graph.type_offsets[:-1]).sum()) == 13_891
