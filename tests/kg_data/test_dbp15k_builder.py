"""DBP15K: titles become labels, sides are merged by IRI."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kg_data import dbp15k
from kgattn.errors import GraphError
from kgattn.graph import KnowledgeGraph

RESOURCE = "http://dbpedia.org/resource/"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Three made-up pairs; the English sides share one entity."""
    for pair, number in (("zh_en", 10), ("ja_en", 20), ("fr_en", 30)):
        folder = tmp_path / pair
        folder.mkdir()
        own = f"Town_of_{pair}_(Marsland)"
        (folder / "ent_ids_2").write_text(f"{number}\t{RESOURCE}{own}\n{number + 1}\t{RESOURCE}Mars%3F\n")
        (folder / "rel_ids_2").write_text("5\thttp://dbpedia.org/property/locatedIn\n")
        (folder / "triples_2").write_text(f"{number}\t5\t{number + 1}\n")
    (tmp_path / "zh_en" / "ent_ids_1").write_text("0\thttp://zh.dbpedia.org/resource/火星\n")
    (tmp_path / "zh_en" / "rel_ids_1").write_text("0\thttp://zh.dbpedia.org/property/毗邻\n")
    (tmp_path / "zh_en" / "triples_1").write_text("0\t0\t0\n")
    return tmp_path


def test_merged_english(source: Path) -> None:
    graph = dbp15k.build(source)
    assert (graph.num_entities, graph.num_relations, graph.num_triples) == (4, 1, 3)
    assert graph.label(f"{RESOURCE}Town_of_ja_en_(Marsland)") == "Town of ja en"
    assert graph.aliases(f"{RESOURCE}Town_of_ja_en_(Marsland)") == ["Town of ja en (Marsland)"]
    assert graph.label(f"{RESOURCE}Mars%3F") == "Mars?"
    assert graph.licence == "DBpedia: CC BY-SA 3.0 / GFDL"


def test_one_side(source: Path) -> None:
    assert list(dbp15k.build_zh(source).labels) == ["火星"]
    assert dbp15k.build_en(source).num_entities == 2


def test_title_that_is_all_brackets_and_one_with_a_slash() -> None:
    assert dbp15k.label("(What's the Story)") == "(What's the Story)"
    assert dbp15k.title(f"{RESOURCE}Sit!/Stay!") == "Sit!/Stay!"


def test_iri_without_a_title() -> None:
    with pytest.raises(GraphError, match="expected an IRI with /resource/"):
        dbp15k.title("http://dbpedia.org/property/genre")


@pytest.mark.parametrize(
    ("name", "entities", "triples"),
    [
        ("dbp15k_zh", 19_388, 70_414),
        pytest.param("dbp15k", 45_051, 243_242, marks=pytest.mark.slow),
        pytest.param("dbp15k_en", 19_572, 95_142, marks=pytest.mark.slow),
    ],
)
def test_real_files(build_real: Callable[[str], KnowledgeGraph], name: str, entities: int, triples: int) -> None:
    graph = build_real(name)
    assert (graph.num_entities, graph.num_triples) == (entities, triples)
