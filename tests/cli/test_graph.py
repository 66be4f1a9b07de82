"""`kgattn graph build` and `kgattn graph info`."""

import json
from pathlib import Path

import pytest
import rdflib
import spacy

from kgattn import EntityLinker, KnowledgeGraph
from kgattn.cli import main
from kgattn.cli.graph_summary import summarize
from tests.graph.endpoint import serving

RIVERS = """\
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix : <http://rivers.example/> .
:rhine rdfs:label "Rhine"@en, "Rhein"@de ; a :River ; :flowsThrough :cologne, :basel .
:cologne rdfs:label "Cologne"@en, "Köln"@de ; a :City .
:basel rdfs:label "Basel" ; a :City .
:River rdfs:label "river" .
:City rdfs:label "city" .
"""


@pytest.fixture
def rivers(tmp_path: Path) -> Path:
    path = tmp_path / "rivers.ttl"
    path.write_text(RIVERS, encoding="utf-8")
    return path


def test_build_writes_a_graph_and_its_index(rivers: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "new" / "graph"
    assert main(["graph", "build", str(rivers), "-o", str(output)]) == 0
    built = KnowledgeGraph.load(output)
    assert capsys.readouterr().out.startswith(f"{output}: {built.num_entities} entities, ")
    assert built.fingerprint == KnowledgeGraph.load(rivers).fingerprint
    assert (output / "linker").is_dir()
    assert [path.name for path in output.parent.iterdir()] == ["graph"]


def test_build_merges_sources_and_replaces_a_graph(rivers: Path, tmp_path: Path) -> None:
    second = tmp_path / "more.tsv"
    second.write_text("head\trelation\ttail\nElbe\tflows through\tDresden\n", encoding="utf-8")
    output = tmp_path / "graph"
    for _ in range(2):
        assert main(["graph", "build", str(rivers), str(second), "-o", str(output)]) == 0
    built = KnowledgeGraph.load(output)
    assert "Elbe" in built
    assert "http://rivers.example/rhine" in built


def test_building_again_keeps_what_was_decided_of_common_words(tmp_path: Path) -> None:
    source = tmp_path / "graph.tsv"
    source.write_text("head\trelation\ttail\nwater\tpart of\tRhine\n", encoding="utf-8")
    output = tmp_path / "graph"
    words = output / "linker" / "common_words.tsv"
    assert main(["graph", "build", str(source), "-o", str(output)]) == 0
    (line,) = [line for line in words.read_text(encoding="utf-8").splitlines() if line.startswith("water\t")]
    columns = line.split("\t")
    decided = "keep" if columns[-2] == "drop" else "drop"
    edited = "\t".join([*columns[:-1], decided])
    words.write_text(words.read_text(encoding="utf-8").replace(line, edited), encoding="utf-8")
    assert main(["graph", "build", str(source), "-o", str(output)]) == 0
    assert words.read_text(encoding="utf-8").count(f"\t{decided}\n") == 1
    linked = EntityLinker(KnowledgeGraph.load(output))("some water")
    assert bool(linked.spans["kgattn"]) == (decided == "keep")


def test_build_takes_labels_of_a_language(rivers: Path, tmp_path: Path) -> None:
    output = tmp_path / "graph"
    assert main(["graph", "build", str(rivers), "-o", str(output), "--language", "de"]) == 0
    assert KnowledgeGraph.load(output).label("http://rivers.example/cologne") == "Köln"


@pytest.mark.parametrize(("language", "label"), [("pipeline", "Köln"), ("xx", "Cologne")])
def test_build_takes_labels_in_the_language_of_a_pipeline(
    rivers: Path, tmp_path: Path, language: str, label: str
) -> None:
    pipeline = tmp_path / "pipeline"
    spacy.blank("de").to_disk(pipeline)
    given = str(pipeline) if language == "pipeline" else language
    assert main(["graph", "build", str(rivers), "-o", str(tmp_path / "graph"), "--language", given]) == 0
    built = KnowledgeGraph.load(tmp_path / "graph")
    assert built.label("http://rivers.example/cologne") == label
    assert built.aliases("http://rivers.example/cologne") == (["Köln"] if language == "xx" else [])


def test_build_takes_labels_in_the_first_language_there_is(rivers: Path, tmp_path: Path) -> None:
    output = tmp_path / "graph"
    assert main(["graph", "build", str(rivers), "-o", str(output), "--language", "fr,de,en"]) == 0
    built = KnowledgeGraph.load(output)
    assert built.label("http://rivers.example/cologne") == "Köln"
    assert built.label("http://rivers.example/basel") == "Basel"


def test_build_reads_an_endpoint_with_a_query_and_notes_it(
    rivers: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    query = tmp_path / "rivers.rq"
    query.write_text("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o FILTER(!STRENDS(STR(?p), 'flowsThrough')) }")
    output = tmp_path / "graph"
    with serving(rdflib.Graph().parse(data=RIVERS, format="turtle")) as served:
        assert main(["graph", "build", served.address, "-o", str(output), "--query", str(query)]) == 0
    built = KnowledgeGraph.load(output)
    assert built.label("http://rivers.example/cologne") == "Cologne"
    assert built.num_triples == 0
    assert main(["graph", "info", str(output), "--json"]) == 0
    (record,) = json.loads(capsys.readouterr().out.partition("\n")[2])["provenance"]
    assert (record["name"], record["format"], record["query"]) == (served.address, "sparql", query.read_text())
    assert main(["graph", "build", str(rivers), "-o", str(output), "--query", str(query)]) == 2
    assert "--query is for SPARQL endpoints" in capsys.readouterr().err


def test_build_unites_names_by_a_table(rivers: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    second, same, output = tmp_path / "more.tsv", tmp_path / "same.tsv", tmp_path / "graph"
    second.write_text("Rhein\tends in\tNorth Sea\n", encoding="utf-8")
    same.write_text("Rhein\thttp://rivers.example/rhine\n", encoding="utf-8")
    command = ["graph", "build", str(rivers), str(second), "-o", str(output), "--same-as"]
    assert main([*command, str(same)]) == 0
    built = KnowledgeGraph.load(output)
    assert "Rhein" not in built
    assert built.aliases("http://rivers.example/rhine") == ["Rhein"]
    assert [record.name for record in built.provenance] == ["rivers.ttl", "more.tsv"]
    capsys.readouterr()
    assert main([*command, "owl"]) == 2
    assert "got no such pair; merge without it" in capsys.readouterr().err


def test_build_refuses_bad_input_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "broken.ttl"
    broken.write_text("@prefix : <http://x.example/> .\n:a :b\n", encoding="utf-8")
    assert main(["graph", "build", str(broken), "-o", str(tmp_path / "graph")]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["broken.ttl"]


def test_build_leaves_a_folder_of_something_else_alone(
    rivers: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "cat.jpg").write_bytes(b"cat")
    assert main(["graph", "build", str(rivers), "-o", str(photos)]) == 2
    assert "must be new, empty or a graph folder" in capsys.readouterr().err
    assert [path.name for path in photos.iterdir()] == ["cat.jpg"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["photos", "rivers.ttl"]


@pytest.mark.parametrize("output", [".", "../graph"])
def test_build_replaces_the_graph_in_the_working_folder(
    rivers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: str
) -> None:
    folder = tmp_path / "graph"
    KnowledgeGraph.from_triples([("a", "r", "b")]).save(folder)
    monkeypatch.chdir(folder)
    assert main(["graph", "build", str(rivers), "-o", output]) == 0
    assert "http://rivers.example/rhine" in KnowledgeGraph.load(folder)
    assert (folder / "linker").is_dir()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["graph", "rivers.ttl"]


def test_build_leaves_a_graph_with_notes_beside_it_alone(
    rivers: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "graph"
    assert main(["graph", "build", str(rivers), "-o", str(folder)]) == 0
    (folder / "notes.txt").write_text("keep me", encoding="utf-8")
    assert main(["graph", "build", str(rivers), "-o", str(folder)]) == 2
    assert "also holds 'notes.txt'" in capsys.readouterr().err
    assert (folder / "notes.txt").is_file()
    assert (folder / "linker").is_dir()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["graph", "rivers.ttl"]


def test_build_says_when_it_cannot_write(rivers: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    assert main(["graph", "build", str(rivers), "-o", str(tmp_path / "file" / "graph")]) == 2
    assert "choose a folder you may write to" in capsys.readouterr().err


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    graph = KnowledgeGraph.from_triples(
        [("Rhine", "flows through", "Cologne"), ("Rhine", "flows through", "Basel"), ("Basel", "lies in", "[CH]")],
        types={"Rhine": "river", "Cologne": "city", "Basel": "city"},
        aliases={"Cologne": ["Köln"]},
        licence="CC0",
        sources=["a note"],
    )
    graph.save(tmp_path / "graph")
    return tmp_path / "graph"


def test_info_shows_what_was_read(
    rivers: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert main(["graph", "info", str(rivers)]) == 0
    shown = capsys.readouterr().out
    assert "read from" in shown
    assert "rivers.ttl" in shown
    assert KnowledgeGraph.load(rivers).provenance[0].sha256 in shown


def test_info_as_json(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["graph", "info", str(saved), "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["fingerprint"] == KnowledgeGraph.load(saved).fingerprint
    counts = {key: value for key, value in summary.items() if isinstance(value, int)}
    assert counts == {
        "entities": 4,
        "aliases": 1,
        "relations": 2,
        "triples": 3,
        "types": 2,
        "entities_without_triples": 0,
        "entities_without_types": 1,
    }
    assert (summary["licence"], summary["sources"], summary["feature_dim"]) == ("CC0", ["a note"], None)
    assert summary["top_types"] == [
        {"id": "city", "label": "city", "count": 2},
        {"id": "river", "label": "river", "count": 1},
    ]
    assert [(entry["id"], entry["count"]) for entry in summary["top_relations"]] == [
        ("flows through", 2),
        ("lies in", 1),
    ]
    assert [(entry["id"], entry["count"]) for entry in summary["hubs"]] == [
        ("Basel", 2),
        ("Rhine", 2),
        ("Cologne", 1),
        ("[CH]", 1),
    ]


def test_info_as_tables(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["graph", "info", str(saved), "--top", "4"]) == 0
    output = capsys.readouterr().out
    assert all(text in output for text in ("flows through", "city", "[CH]", "CC0", "a note", "hubs"))


def test_lists_are_as_long_as_asked(saved: Path) -> None:
    graph = KnowledgeGraph.load(saved)
    assert [entry["id"] for entry in summarize(graph, 1)["hubs"]] == ["Basel"]
    assert summarize(graph, 0)["hubs"] == []


def test_info_of_nothing_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["graph", "info", str(tmp_path / "absent")]) == 2
    assert "absent" in capsys.readouterr().err


ONTOLOGY = Path(__file__).parents[1] / "graph" / "ontology.ttl"
EXAMPLE = "http://example.org/"


def test_build_closes_an_ontology(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("reasonable")
    assert main(["graph", "build", str(ONTOLOGY), "--closure", "owl-rl", "-o", str(tmp_path / "graph")]) == 0
    assert KnowledgeGraph.load(tmp_path / "graph").types(f"{EXAMPLE}Berlin")
    assert main(["graph", "build", str(ONTOLOGY), "--closure", "rdfs", "-o", str(tmp_path / "graph")]) == 2
    assert "expected owl-rl, got 'rdfs'" in capsys.readouterr().err


def test_build_closes_sources_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("reasonable")
    (tmp_path / "data.ttl").write_text(
        f'<{EXAMPLE}Ulm> <http://www.w3.org/2000/01/rdf-schema#label> "Ulm" ; <{EXAMPLE}capitalOf> <{EXAMPLE}Swabia> .',
        encoding="utf-8",
    )
    command = ["graph", "build", str(ONTOLOGY), str(tmp_path / "data.ttl"), "--closure", "owl-rl"]
    assert main([*command, "-o", str(tmp_path / "graph")]) == 0
    assert f"{EXAMPLE}City" in KnowledgeGraph.load(tmp_path / "graph").types(f"{EXAMPLE}Ulm")
    capsys.readouterr()
    assert main(["graph", "info", str(tmp_path / "graph")]) == 0
    assert "data.ttl" in capsys.readouterr().out


def test_build_adds_ancestors_and_what_rules_derive(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "located.rq").write_text(
        f"CONSTRUCT {{ ?a <{EXAMPLE}locatedIn> ?b ; a <{EXAMPLE}City> }} WHERE {{ ?a <{EXAMPLE}capitalOf> ?b }}",
        encoding="utf-8",
    )
    (tmp_path / "rules" / "pairs.rq").write_text("SELECT ?head ?tail WHERE { ?head ?p ?tail }", encoding="utf-8")
    command = ["graph", "build", str(ONTOLOGY), "-o", str(tmp_path / "graph"), "--rules", str(tmp_path / "rules")]
    assert main([*command, "--ancestors", "2"]) == 0
    built = KnowledgeGraph.load(tmp_path / "graph")
    assert built.types(f"{EXAMPLE}Berlin") == [f"{EXAMPLE}City"]
    assert set(built.types(f"{EXAMPLE}City")) == {f"{EXAMPLE}Place", f"{EXAMPLE}Thing"}
    assert built.sources[-1] == "rule located: 2 derived"
    (tmp_path / "rules" / "located.rq").write_text("CONSTRUCT {", encoding="utf-8")
    assert main(command) == 2
    assert "located.rq:1: rule 'located': not a SPARQL query" in capsys.readouterr().err
