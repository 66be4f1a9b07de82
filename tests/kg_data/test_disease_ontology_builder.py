"""The Disease Ontology: branches as types, obsolete terms left out."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kg_data import disease_ontology
from kgattn.errors import GraphError
from kgattn.graph import KnowledgeGraph

OBO = """format-version: 1.2
ontology: doid

[Term]
id: DOID:4
name: disease

[Term]
id: DOID:10
name: disease of wobbling
is_a: DOID:4 ! disease

[Term]
id: DOID:11
name: wobble fever
synonym: "wobbling fever" EXACT []
is_a: DOID:10 ! disease of wobbling

[Term]
id: DOID:12
name: old wobble
is_obsolete: true
"""


def test_build(tmp_path: Path) -> None:
    pytest.importorskip("fastobo", reason="needs the extra obo")
    (tmp_path / "HumanDO.obo").write_text(OBO)
    graph = disease_ontology.build(tmp_path)
    assert list(graph.labels) == ["disease", "disease of wobbling", "wobble fever"]
    assert graph.aliases("DOID:11") == ["wobbling fever"]
    assert (graph.types("DOID:11"), graph.types("DOID:4")) == (["DOID:10"], [])
    assert list(graph.type_labels) == ["disease of wobbling"]
    assert graph.num_triples == 2
    assert graph.licence.startswith("CC BY 3.0")


def test_absent_file(tmp_path: Path) -> None:
    with pytest.raises(GraphError, match=r"HumanDO.obo"):
        disease_ontology.build(tmp_path)


def test_branches_of_a_diamond_and_a_cycle() -> None:
    pairs = [("a", "root"), ("b", "root"), ("c", "a"), ("c", "b"), ("d", "c"), ("c", "d"), ("x", "y")]
    assert disease_ontology.branches(pairs, "root") == {"a": ["a"], "b": ["b"], "c": ["a", "b"], "d": ["a", "b"]}


def test_real_file(build_real: Callable[[str], KnowledgeGraph]) -> None:
    pytest.importorskip("fastobo", reason="needs the extra obo")
    graph = build_real("disease_ontology")
    assert graph.num_entities == 8_948 - 2_374  # terms less the obsolete ones
    assert graph.num_triples == 6_921
