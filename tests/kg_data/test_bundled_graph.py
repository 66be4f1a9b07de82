"""The bundled graph: facts anyone can check, and tables that are what the packages give."""

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

from kg_data import bundled_graph
from kg_data.facts import Facts
from kg_data.tables_writer import render_tables, write_tables
from kgattn.errors import ConfigError, GraphError, StorageError
from kgattn.graph import KnowledgeGraph


def tails(graph: KnowledgeGraph, head: str, relation: str) -> set[str]:
    row = graph.entity_index(head)
    return {graph.entity_ids[t] for h, r, t in graph.triples.tolist() if h == row and graph.relation_ids[r] == relation}


def test_size_and_provenance(bundled: KnowledgeGraph) -> None:
    assert bundled.num_entities > 8_000
    assert bundled.num_triples > 10_000
    assert set(bundled.type_ids) == set(bundled_graph.TYPES)
    assert set(bundled.relation_ids) == set(bundled_graph.RELATIONS)
    assert "CC BY 4.0" in bundled.licence
    assert len(bundled.sources) == 2
    sizes = [path.stat().st_size for path in bundled_graph.FOLDER.iterdir()]
    assert sum(sizes) < 1.5 * 2**20


def test_facts(bundled: KnowledgeGraph) -> None:
    berlin = "city/2950159"
    assert bundled.types(berlin) == ["city", "capital"]
    assert tails(bundled, berlin, "capitalOf") == {"country/DE"}
    assert tails(bundled, "country/DE", "usesCurrency") == {"currency/EUR"}
    assert "country/FR" in tails(bundled, "country/DE", "neighbourOf")
    assert tails(bundled, "country/DE", "inContinent") == {"continent/EU"}
    assert tails(bundled, "subdivision/US-GA", "partOf") == {"country/US"}
    assert bundled.label("subdivision/US-GA") == bundled.label("country/GE") == "Georgia"
    assert "language/pt" in tails(bundled, "country/BR", "speaks")


def test_every_country_but_a_few_has_a_capital(bundled: KnowledgeGraph) -> None:
    capitals = {
        tail for head, relation, tail in bundled.triples.tolist() if bundled.relation_ids[relation] == "capitalOf"
    }
    countries = {row for row, entity_id in enumerate(bundled.entity_ids) if entity_id.startswith("country/")}
    assert len(countries - capitals) <= 8


def test_names(bundled: KnowledgeGraph) -> None:
    assert "Bolivia" in bundled.label("country/BO")
    assert "Plurinational State of Bolivia" in bundled.aliases("country/BO")
    assert "Swiss franc" in bundled.aliases("currency/CHF")
    assert "won" not in bundled.aliases("currency/KRW")
    assert "Xian" in bundled.aliases("city/1790630")
    assert all(label.strip() == label and label for label in bundled.labels)


def test_tables_are_not_stale() -> None:
    for package, wanted in bundled_graph.VERSIONS.items():
        try:
            installed = version(package)
        except PackageNotFoundError:
            pytest.skip(f"{package} is not installed")
        if installed != wanted:
            pytest.skip(f"{package} is {installed}, the tables are made from {wanted}")
    for name, text in render_tables(bundled_graph.collect()).items():
        committed = (bundled_graph.FOLDER / name).read_bytes()
        assert committed == text.encode(), f"{name} is stale; run python -m kg_data build bundled"


def test_other_version_of_a_package() -> None:
    with pytest.raises(ConfigError, match=r"expected numpy 0.0.0, got .*; pip install numpy==0.0.0"):
        bundled_graph.check_version("numpy", "0.0.0")
    with pytest.raises(ConfigError, match="got nothing"):
        bundled_graph.check_version("kgattn-no-such-package", "1")


def test_written_tables_load_again(tmp_path: Path) -> None:
    facts = Facts(
        licence="CC0",
        sources=("me",),
        labels={"a": "A", "b": "B"},
        triples=[("a", "nearTo", "b")],
        aliases={"a": ["Ah"]},
        types={"a": ["t"]},
        type_labels={"t": "thing"},
        relation_labels={"nearTo": "close to"},
    )
    write_tables(facts, tmp_path / "new")
    graph = KnowledgeGraph.load(tmp_path / "new")
    assert graph.fingerprint == facts.to_graph().fingerprint
    assert (graph.licence, graph.sources) == ("CC0", ("me",))
    assert not list((tmp_path / "new").glob(".*"))


def test_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="expected to write"):
        write_tables(Facts(licence="", sources=(), labels={"a": "A"}, triples=[]), tmp_path / "file")


def test_facts_without_entities() -> None:
    with pytest.raises(GraphError):
        Facts(licence="", sources=(), labels={}, triples=[]).to_graph()
