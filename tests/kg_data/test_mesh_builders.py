"""Disease and drug tables, and their union."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kg_data import drugs, mesh_disease, mesh_drugs
from kgattn.errors import GraphError
from kgattn.graph import KnowledgeGraph


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two made-up folders in the layout of the sources."""
    for folder, entities, labels, broader in (
        (
            "mesh_disease",
            ["D1\tWobble Fever\t\tC01.5|C23.8|C01.9", "D2\tFevers\t\tC23"],
            ["D1\twobble fever", "D1\tfever, wobble"],
            ["D1\tD2"],
        ),
        ("drugs", ["D9\tWobblin\tDB9\tD02.1", "name:fizz\tFizz\t\t"], ["D9\twobblin", "name:fizz\tfizzade"], []),
    ):
        place = tmp_path / folder
        place.mkdir()
        (place / "entities.tsv").write_text("\n".join(["id\tname\tdrugbank_id\tmesh_tree", *entities]) + "\n")
        (place / "labels.tsv").write_text("\n".join(["id\tlabel", *labels]) + "\n")
        (place / "broader.tsv").write_text("\n".join(["child\tparent", *broader]) + "\n")
    return tmp_path


def test_diseases(source: Path) -> None:
    graph = mesh_disease.build(source / "mesh_disease")
    assert graph.label("D1") == "Wobble Fever"
    assert graph.aliases("D1") == ["wobble fever", "fever, wobble"]
    assert graph.types("D1") == ["disease", "C01", "C23"]
    assert dict(zip(graph.type_ids, graph.type_labels, strict=True))["C01"] == "infections"
    assert (graph.num_entities, graph.num_triples, list(graph.relation_ids)) == (2, 1, ["broader"])
    assert "NLM" in graph.licence or "National Library of Medicine" in graph.licence
    assert graph.sources == mesh_disease.SOURCES


def test_drug_outside_the_tree_has_a_type(source: Path) -> None:
    graph = drugs.build(source / "drugs")
    assert graph.types("D9") == ["drug", "D02"]
    assert graph.types("name:fizz") == ["drug"]


def test_union(source: Path) -> None:
    graph = mesh_drugs.build(source)
    assert (graph.num_entities, graph.num_triples) == (4, 1)
    assert set(drugs.SOURCES) <= set(graph.sources)


def test_pair_with_an_unknown_entity(source: Path) -> None:
    (source / "drugs" / "broader.tsv").write_text("child\tparent\nD9\tD77\n")
    with pytest.raises(GraphError, match="D77"):
        drugs.build(source / "drugs")


@pytest.mark.parametrize(
    ("name", "entities", "triples"),
    [
        ("mesh_drugs", 6_083 + 20_070, 9_086 + 8_327),
        pytest.param("mesh_disease", 6_083, 9_086, marks=pytest.mark.slow),
        pytest.param("drugs", 20_070, 8_327, marks=pytest.mark.slow),
    ],
)
def test_real_tables(build_real: Callable[[str], KnowledgeGraph], name: str, entities: int, triples: int) -> None:
    graph = build_real(name)
    assert (graph.num_entities, graph.num_triples) == (entities, triples)
    unnamed = {type_id for type_id, label in zip(graph.type_ids, graph.type_labels, strict=True) if label == type_id}
    assert unnamed <= {"drug", "disease"}
