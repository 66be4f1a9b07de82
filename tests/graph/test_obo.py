import gzip
import sys

import pytest

from kgattn.errors import GraphError
from kgattn.graph import KnowledgeGraph

OBO = """\
format-version: 1.2
remark: anything [goes, here

[Term]
id: X:1
name: dog
def: "A \\"loyal\\" animal." [JA:Some Book, url:http\\://example.org/a]
synonym: "hound " EXACT []
synonym: "man's best friend" RELATED [JA:Some Other Book]
xref: MSH:D1
is_a: X:2 ! animal
is_a: X:3 ! gone
is_a: Y:9 ! elsewhere
relationship: part_of X:4 ! pack

[Term]
id: X:2
name: animal

[Term]
id: X:3
name: gone
is_obsolete: true

[Term]
id: X:4
name: pack

[Typedef]
id: part_of
name: is a member of
"""


def test_terms_become_entities(tmp_path):
    pytest.importorskip("fastobo", reason="needs the extra obo")
    (tmp_path / "graph.obo").write_text(OBO)
    graph = KnowledgeGraph.load(tmp_path / "graph.obo")
    assert list(graph.entity_ids) == ["X:1", "X:2", "X:4"]
    assert list(graph.labels) == ["dog", "animal", "pack"]
    assert graph.aliases("X:1") == ["hound", "man's best friend"]
    assert graph.triples.tolist() == [[0, 0, 1], [0, 1, 2]]
    assert list(graph.relation_labels) == ["is a", "is a member of"]
    assert graph.sources == ("graph.obo",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (OBO + "\n[Term]\nid X:9\n", "graph.obo:34: broken OBO"),
        (OBO.replace("is_a: X:2", "is_a: X 2"), "graph.obo:11: broken OBO"),
        (b"format-version: 1.2\n\n[Term]\nid: X:1\nname: \xff\n", "graph.obo:5: expected UTF-8"),
        ("format-version: 1.2\n", "expected at least one entity, got an empty graph"),
    ],
)
def test_broken_files_are_named_with_their_line(tmp_path, content, message):
    pytest.importorskip("fastobo", reason="needs the extra obo")
    (tmp_path / "graph.obo").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(GraphError, match=message):
        KnowledgeGraph.load(tmp_path / "graph.obo")


def test_a_damaged_gzip_file_is_refused(tmp_path):
    pytest.importorskip("fastobo", reason="needs the extra obo")
    (tmp_path / "graph.obo.gz").write_bytes(gzip.compress(b"", mtime=0)[:10] + b"\xff" * 20)
    with pytest.raises(GraphError, match=r"graph.obo.gz: cannot be read .*invalid block type"):
        KnowledgeGraph.load(tmp_path / "graph.obo.gz")


def test_without_fastobo_the_extra_is_named(tmp_path, monkeypatch):
    (tmp_path / "graph.obo").write_text(OBO)
    monkeypatch.setitem(sys.modules, "fastobo", None)
    with pytest.raises(GraphError, match=r"reading OBO needs fastobo; pip install 'kgattn\[obo\]'"):
        KnowledgeGraph.load(tmp_path / "graph.obo")


@pytest.mark.slow
def test_a_published_ontology_is_read_whole(data_dir):
    pytest.importorskip("fastobo", reason="needs the extra obo")
    graph = KnowledgeGraph.load(data_dir / "disease_ontology" / "HumanDO.obo")
    assert "Creative Commons Attribution 3.0 Unported" in graph.licence
    assert (graph.num_entities, graph.num_triples) == (6574, 6921)


@pytest.mark.parametrize(
    ("header", "licence"),
    [
        ("remark: This work is licensed under CC BY 3.0.", "This work is licensed under CC BY 3.0."),
        ("remark: made by hand", ""),
        ("property_value: http://purl.org/dc/terms/license https://cc.example/by/4.0/", "https://cc.example/by/4.0/"),
        ('property_value: dcterms-license "CC BY 4.0" xsd:string\nremark: Copyright 2020', "CC BY 4.0; Copyright 2020"),
    ],
)
def test_the_licence_of_the_header(tmp_path, header, licence):
    text = f"format-version: 1.2\n{header}\n\n[Term]\nid: X:1\nname: one\ncomment: licensed as such\n"
    (tmp_path / "a.obo").write_text(text)
    graph = KnowledgeGraph.load(tmp_path / "a.obo")
    assert graph.licence == licence
    assert graph.provenance[0].licence == licence
