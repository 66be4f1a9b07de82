import dataclasses
import json
from datetime import datetime, timezone
from hashlib import sha256

import pytest

from kgattn.errors import GraphError
from kgattn.graph import KnowledgeGraph

TABLE = "head\trelation\ttail\nElbe\tflows through\tDresden\n"
TURTLE = """
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix dc: <http://purl.org/dc/elements/1.1/> .
@prefix cc: <http://creativecommons.org/ns#> .
@prefix : <http://rivers.example/> .
"""
RIVER = ':rhine rdfs:label "Rhine" ; :flowsThrough :basel .\n'


@pytest.fixture
def triples(tmp_path):
    path = tmp_path / "rivers.tsv"
    path.write_text(TABLE, encoding="utf-8")
    return path


def test_a_file_is_noted_with_hash_day_and_counts(triples):
    (record,) = KnowledgeGraph.load(triples).provenance
    assert (record.name, record.format, record.query) == ("rivers.tsv", "tsv", "")
    assert record.sha256 == sha256(TABLE.encode()).hexdigest()
    assert record.read == datetime.now(timezone.utc).date().isoformat()
    assert record.counts == {"entities": 2, "relations": 1, "triples": 1, "types": 0}


def test_a_folder_of_tables_is_noted_with_its_licence(tmp_path):
    folder = tmp_path / "tables"
    folder.mkdir()
    (folder / "entities.tsv").write_text("Q1\tone\n")
    (folder / "about.json").write_text('{"licence": "CC0", "sources": ["made up"]}')
    (record,) = KnowledgeGraph.load(folder).provenance
    assert (record.name, record.format, record.licence) == ("tables", "tables", "CC0")
    (folder / "entities.tsv").write_text("Q1\tONE\n")
    assert KnowledgeGraph.load(folder).provenance[0].sha256 != record.sha256


def test_a_graph_folder_keeps_the_records_of_all_that_was_merged(triples, tmp_path):
    other = tmp_path / "other.tsv"
    other.write_text(TABLE.replace("Dresden", "Hamburg"), encoding="utf-8")
    first, second = KnowledgeGraph.load(triples), KnowledgeGraph.load(other)
    merged = KnowledgeGraph.merge([first, second])
    assert merged.provenance == (*first.provenance, *second.provenance)
    merged.save(tmp_path / "graph")
    assert KnowledgeGraph.load(tmp_path / "graph").provenance == merged.provenance


def test_the_fingerprint_does_not_depend_on_records(triples):
    graph = KnowledgeGraph.load(triples)
    assert graph.provenance
    assert dataclasses.replace(graph, provenance=()).fingerprint == graph.fingerprint


def test_folders_without_records_still_open(triples, tmp_path):
    graph = KnowledgeGraph.load(triples)
    graph.save(tmp_path / "graph")
    header = json.loads((tmp_path / "graph" / "graph.json").read_text())
    del header["provenance"]
    (tmp_path / "graph" / "graph.json").write_text(json.dumps(header))
    opened = KnowledgeGraph.load(tmp_path / "graph")
    assert opened.provenance == ()
    assert opened.fingerprint == graph.fingerprint


@pytest.mark.parametrize(
    "records",
    [5, [5], [{"name": "x"}], [{**dict.fromkeys(("name", "format", "sha256", "query", "read", "licence"), 1)}]],
)
def test_unreadable_records_are_refused(triples, tmp_path, records):
    KnowledgeGraph.load(triples).save(tmp_path / "graph")
    header = json.loads((tmp_path / "graph" / "graph.json").read_text())
    (tmp_path / "graph" / "graph.json").write_text(json.dumps(header | {"provenance": records}))
    with pytest.raises(GraphError, match=r"graph.json: unreadable provenance \(.*\); save the graph again"):
        KnowledgeGraph.load(tmp_path / "graph")


@pytest.mark.parametrize(
    ("statement", "licence"),
    [
        ("<http://onto> a owl:Ontology ; dct:license <http://cc/by/4.0> .", "http://cc/by/4.0"),
        (
            '<http://onto> a owl:Ontology ; dc:rights "CC BY 4.0"@en ; dct:license <http://cc/by> .',
            "CC BY 4.0; http://cc/by",
        ),
        ("<> cc:license <http://cc/zero> .", "http://cc/zero"),
        (
            "@prefix void: <http://rdfs.org/ns/void#> . :data a void:Dataset ; dct:license <http://odbl> .",
            "http://odbl",
        ),
        (":basel dct:license <http://cc/by/4.0> .", ""),
    ],
)
def test_the_licence_an_rdf_file_gives_itself(tmp_path, statement, licence):
    (tmp_path / "rivers.ttl").write_text(TURTLE + RIVER + statement, encoding="utf-8")
    graph = KnowledgeGraph.load(tmp_path / "rivers.ttl")
    assert graph.licence == licence
    assert graph.provenance[0].licence == licence
    assert "http://onto" not in graph
    assert ("http://cc/by/4.0" in graph) == (licence == "")
