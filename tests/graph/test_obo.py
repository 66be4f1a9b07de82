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


DEFINED = """\
format-version: 1.2
default-namespace: gene_ontology

[Term]
id: GO:1
name: lens growth
namespace: biological_process
intersection_of: GO:2 {source="x"} ! growth
intersection_of: results_in_growth_of UBERON:1 ! lens
intersection_of: part_of GO:9 ! elsewhere
is_a: GO:2

[Term]
id: GO:2
name: growth
namespace: biological_process ! a comment

[Term]
id: UBERON:1
name: lens

[Term]
id: GO:3
name: binding
namespace: molecular_function

[Typedef]
id: results_in_growth_of
name: results in growth of
namespace: external
"""


def test_the_parts_of_a_definition_are_triples(tmp_path):
    pytest.importorskip("fastobo", reason="needs the extra obo")
    (tmp_path / "graph.obo").write_text(DEFINED)
    graph = KnowledgeGraph.load(tmp_path / "graph.obo")
    assert list(graph.entity_ids) == ["GO:1", "GO:2", "UBERON:1", "GO:3"]
    assert {(head, graph.relation_ids[relation], tail) for head, relation, tail in graph.triples.tolist()} == {
        (0, "is_a", 1),
        (0, "results_in_growth_of", 2),
    }
    assert graph.num_triples == 2
    assert "results in growth of" in graph.relation_labels


def test_a_definition_gives_what_owl_says_of_it(tmp_path):
    """The same term, as converters write it in OWL."""
    pytest.importorskip("fastobo", reason="needs the extra obo")
    (tmp_path / "graph.obo").write_text(DEFINED.replace("is_a: GO:2\n", ""))
    obo = "http://purl.obolibrary.org/obo/"
    (tmp_path / "graph.ttl").write_text(
        f"""@prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
        <{obo}GO_1> a owl:Class ; rdfs:label "lens growth" ; owl:equivalentClass [ a owl:Class ; owl:intersectionOf (
            <{obo}GO_2>
            [ a owl:Restriction ; owl:onProperty <{obo}results_in_growth_of> ; owl:someValuesFrom <{obo}UBERON_1> ]
        ) ] .
        <{obo}GO_2> a owl:Class ; rdfs:label "growth" . <{obo}UBERON_1> a owl:Class ; rdfs:label "lens" .
        """
    )

    def triples(graph, relations):
        return {
            (graph.labels[head], relations.get(graph.relation_ids[relation]), graph.labels[tail])
            for head, relation, tail in graph.triples.tolist()
        }

    written = triples(KnowledgeGraph.load(tmp_path / "graph.obo"), {"is_a": "up", "results_in_growth_of": "of"})
    owl = {"http://www.w3.org/2000/01/rdf-schema#subClassOf": "up", f"{obo}results_in_growth_of": "of"}
    assert written == triples(KnowledgeGraph.load(tmp_path / "graph.ttl"), owl)
    assert written == {("lens growth", "up", "growth"), ("lens growth", "of", "lens")}


@pytest.mark.parametrize("end", ["\n", "\r\n", " \n"])
def test_the_namespace_a_term_states_is_its_type(tmp_path, end):
    pytest.importorskip("fastobo", reason="needs the extra obo")
    (tmp_path / "graph.obo").write_bytes(DEFINED.replace("\n", end).encode())
    graph = KnowledgeGraph.load(tmp_path / "graph.obo")
    assert {name: graph.types(name) for name in graph.entity_ids} == {
        "GO:1": ["biological_process"],
        "GO:2": ["biological_process"],
        "UBERON:1": [],
        "GO:3": ["molecular_function"],
    }
    assert list(graph.type_labels) == ["biological process", "molecular function"]


@pytest.mark.parametrize("line", ["namespace: two words", "namespace:", "namespace: x y ! comment"])
def test_a_namespace_that_is_no_name_is_passed_over(tmp_path, line):
    pytest.importorskip("fastobo", reason="needs the extra obo")
    (tmp_path / "graph.obo").write_text(f"[Term]\nid: X:1\nname: dog\n{line}\n")
    assert KnowledgeGraph.load(tmp_path / "graph.obo").types("X:1") == []


@pytest.mark.parametrize(
    "line",
    ["intersection_of: located_in X:1", "namespace: the parts", 'synonym: "within"', "relationship: {x", "is_a: 1 2"],
)
def test_what_is_said_of_a_relation_beside_its_name_costs_nothing(tmp_path, line):
    pytest.importorskip("fastobo", reason="needs the extra obo")
    (tmp_path / "plain.obo").write_text(OBO)
    (tmp_path / "graph.obo").write_text(f"{OBO}{line}\n")
    graph = KnowledgeGraph.load(tmp_path / "graph.obo")
    assert graph.fingerprint == KnowledgeGraph.load(tmp_path / "plain.obo").fingerprint
    assert list(graph.relation_labels).count("is a member of") == 1


@pytest.mark.parametrize("end", ["[]", "[X:7]", '[X:7 "of old"] {source="X:8"}'])
def test_a_synonym_without_a_scope_is_an_alias(tmp_path, end):
    pytest.importorskip("fastobo", reason="needs the extra obo")
    (tmp_path / "graph.obo").write_text(f'[Term]\nid: X:1\nname: dog\nsynonym: "a \\"good\\" [dog]" {end}\n')
    assert KnowledgeGraph.load(tmp_path / "graph.obo").aliases("X:1") == ['a "good" [dog]']


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (OBO.replace("is_a: X:2 ! animal", "intersection_of: X:2 X:3 X:4"), "graph.obo:11: broken OBO"),
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
    assert (graph.num_entities, graph.num_triples, graph.num_types) == (6574, 6921, 0)


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
