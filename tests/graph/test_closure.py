"""OWL 2 RL closures and ancestors as types: what follows, nothing else, and nothing that says nothing."""

import gzip
import sys
from pathlib import Path

import pytest
import rdflib

from kgattn.errors import GraphError
from kgattn.graph import KnowledgeGraph
from kgattn.graph.closure import load_closed

ONTOLOGY = Path(__file__).parent / "ontology.ttl"
VALUE = """
:Tall owl:onProperty :floors ; owl:hasValue 5 .
:Tower :floors 5 ; rdfs:label "Tower"@en .
:Barn :floors "5" ; rdfs:label "Barn"@en .
"""
SAME = ("Germany", "BRD")


def local(name):
    return name.rsplit("/", 1)[-1].rsplit("#", 1)[-1]


def triples_of(graph):
    ids, relations = [*map(local, graph.entity_ids)], [*map(local, graph.relation_ids)]
    return {(ids[head], relations[relation], ids[tail]) for head, relation, tail in graph.triples.tolist()}


def types_of(graph):
    return {local(name): {*map(local, graph.types(name))} for name in graph.entity_ids if graph.types(name)}


def test_what_follows_from_each_axiom():
    pytest.importorskip("reasonable")
    graph = load_closed(ONTOLOGY)
    inside = {("Mitte", "Berlin"), ("Mitte", "Europe"), ("Berlin", "Europe")}
    inside |= {(part, same) for part in ("Mitte", "Berlin") for same in SAME} | {(same, "Europe") for same in SAME}
    assert triples_of(graph) == {
        ("City", "subClassOf", "Place"),
        ("City", "subClassOf", "Thing"),
        ("Place", "subClassOf", "Thing"),
        *((part, "locatedIn", whole) for part, whole in inside),
        *((whole, "contains", part) for part, whole in inside),
        *(("Berlin", "capitalOf", same) for same in SAME),
        *((same, "borders", "France") for same in SAME),
        *(("France", "borders", same) for same in SAME),
        ("Germany", "sameAs", "BRD"),
        ("BRD", "sameAs", "Germany"),
    }
    assert types_of(graph) == {"Berlin": {"City", "Place", "Thing"}, "Germany": {"Country"}, "BRD": {"Country"}}
    assert {graph.label("http://example.org/Germany"), *graph.aliases("http://example.org/Germany")} == {*SAME}
    assert graph.sources == ("ontology.ttl", "closed under OWL 2 RL")


@pytest.mark.parametrize("suffix", ["nt", "nt.gz", "nq", "rdf", "trig", "jsonld"])
def test_every_format_has_the_same_closure(tmp_path, suffix):
    pytest.importorskip("reasonable")
    formats = {"nt": "nt", "nq": "nt", "rdf": "xml", "trig": "turtle", "jsonld": "json-ld"}
    graph = rdflib.Graph().parse(data=ONTOLOGY.read_text() + VALUE, format="turtle")
    text = graph.serialize(format=formats[suffix.removesuffix(".gz")], encoding="utf-8")
    path = tmp_path / f"ontology.{suffix}"
    path.write_bytes(gzip.compress(text) if suffix.endswith(".gz") else text)
    (tmp_path / "ontology.ttl").write_text(ONTOLOGY.read_text() + VALUE)
    expected, closed = load_closed(tmp_path / "ontology.ttl"), load_closed(path)
    assert triples_of(closed) == triples_of(expected)
    assert types_of(closed) == types_of(expected)
    assert types_of(closed)["Tower"] == {"Tall"}
    assert "Barn" not in types_of(closed)


def test_an_ontology_and_its_data_may_lie_in_two_files(tmp_path):
    pytest.importorskip("reasonable")
    lines = ONTOLOGY.read_text().splitlines(keepends=True)
    prefixes = [line for line in lines if line.startswith("@prefix")]
    facts = [line for line in lines if "rdfs:label" in line]
    axioms = [line for line in lines if line not in (*prefixes, *facts)]
    place = next(line for line in facts if line.startswith(":Place"))
    facts.remove(place)
    (tmp_path / "axioms.ttl").write_text("".join([*prefixes, *axioms, place]))
    (tmp_path / "facts.ttl").write_text("".join([*prefixes, *facts]))
    whole = load_closed(ONTOLOGY)
    graph = load_closed(tmp_path / "facts.ttl", tmp_path / "axioms.ttl", tmp_path / "facts.ttl")
    assert graph.fingerprint == whole.fingerprint
    assert graph.sources == ("facts.ttl", "axioms.ttl", "closed under OWL 2 RL")


def test_blank_nodes_of_two_files_stay_apart(tmp_path):
    pytest.importorskip("reasonable")
    name = "<http://www.w3.org/2000/01/rdf-schema#label>"
    (tmp_path / "a.nt").write_text(f'_:b {name} "tower" .\n_:b <http://e/in> <http://e/x> .\n')
    (tmp_path / "b.nt").write_text(f'_:b {name} "bridge" .\n_:bx2 {name} "gate" .\n')
    graph = load_closed(tmp_path / "a.nt", tmp_path / "b.nt")
    assert {"tower", "bridge", "gate"} <= set(graph.labels)
    assert not len(graph.alias_texts)


def test_what_was_closed_is_noted(tmp_path):
    pytest.importorskip("reasonable")
    graph = load_closed(ONTOLOGY)
    (record,) = graph.provenance
    assert (record.name, record.format, len(record.sha256)) == ("ontology.ttl", "ttl", 64)
    assert record.read
    assert record.counts["triples"] == graph.num_triples
    (tmp_path / "more.nt").write_text('<http://e/x> <http://www.w3.org/2000/01/rdf-schema#label> "x" .\n')
    both = load_closed(ONTOLOGY, tmp_path / "more.nt").provenance
    assert [(one.name, one.counts) for one in both] == [("ontology.ttl", {}), ("more.nt", {})]
    assert both[0].sha256 == record.sha256


def test_without_a_closure_nothing_follows():
    graph = KnowledgeGraph.load(ONTOLOGY)
    assert ("Berlin", "locatedIn", "Germany") not in triples_of(graph)
    assert types_of(graph) == {}


def test_a_missing_library_is_named_with_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "reasonable", None)
    with pytest.raises(GraphError, match=r"needs the package reasonable; pip install 'kgattn\[reason\]'"):
        load_closed(ONTOLOGY)


def test_sources_without_axioms_and_broken_ones_are_refused(tmp_path):
    (tmp_path / "triples.tsv").write_text("a\tr\tb\n", encoding="utf-8")
    with pytest.raises(GraphError, match=r"triples\.tsv: a closure is made of an RDF file"):
        load_closed(tmp_path / "triples.tsv")
    with pytest.raises(GraphError, match=r"absent\.ttl: a closure is made of an RDF file"):
        load_closed(tmp_path / "absent.ttl")
    (tmp_path / "broken.ttl").write_text("<a:a> <b:b>\n???", encoding="utf-8")
    with pytest.raises(GraphError, match=r"broken\.ttl:2: broken RDF"):
        load_closed(tmp_path / "broken.ttl")


def hierarchy():
    triples = [("melanoma", "is_a", "skin cancer"), ("skin cancer", "is_a", "cancer"), ("cancer", "is_a", "disease")]
    return KnowledgeGraph.from_triples(
        [*triples, ("case 7", "seen in", "clinic")], types={"case 7": "melanoma", "melanoma": ["term"]}
    )


def test_ancestors_up_to_a_depth_become_types():
    graph = hierarchy()
    two = graph.with_ancestors(2)
    assert two.types("melanoma") == ["term", "skin cancer", "cancer"]
    assert set(two.types("case 7")) == {"melanoma", "skin cancer", "cancer"}
    assert two.types("case 7")[0] == "melanoma"
    assert two.types("cancer") == ["disease"]
    assert two.types("disease") == two.types("clinic") == []
    assert list(two.entity_ids) == list(graph.entity_ids)
    assert triples_of(two) == triples_of(graph)
    assert graph.with_ancestors(1).types("melanoma") == ["term", "skin cancer"]
    assert "disease" in graph.with_ancestors(9).types("melanoma")


def test_a_cycle_ends_and_no_entity_is_its_own_type():
    graph = KnowledgeGraph.from_triples([("a", "is_a", "b"), ("b", "is_a", "a")]).with_ancestors(9)
    assert (graph.types("a"), graph.types("b")) == (["b"], ["a"])


def test_a_type_is_called_as_its_entity_is(tmp_path):
    iri = "http://www.w3.org/2004/02/skos/core#broader"
    graph = KnowledgeGraph.from_triples([("x", iri, "y")], labels={"x": "small", "y": "wide"}).with_ancestors(1)
    assert list(graph.type_labels) == ["wide"]
    graph.save(tmp_path / "graph")
    assert KnowledgeGraph.load(tmp_path / "graph").types("x") == ["y"]


def test_what_has_no_ancestors_is_refused():
    with pytest.raises(GraphError, match=r"expected a hierarchy of relations among .*is_a, got none"):
        KnowledgeGraph.from_triples([("a", "r", "b")]).with_ancestors(2)
    with pytest.raises(GraphError, match="depth must be at least 1, got 0"):
        hierarchy().with_ancestors(0)
