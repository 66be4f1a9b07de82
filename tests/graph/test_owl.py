import pytest
import rdflib

from kgattn.errors import GraphError
from kgattn.graph import KnowledgeGraph, owl, oxigraph

ONTOLOGY = """
@prefix : <http://onto/> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
"""
SUB = "http://www.w3.org/2000/01/rdf-schema#subClassOf"


def graph_of(text):
    return KnowledgeGraph.from_rdf(rdflib.Graph().parse(data=ONTOLOGY + text, format="turtle"))


def edges(graph):
    """Triples by the last parts of their ids."""
    ids, relations = list(graph.entity_ids), list(graph.relation_ids)
    return {
        tuple(name.replace(SUB, "sub").rpartition("/")[2] for name in (ids[head], relations[relation], ids[tail]))
        for head, relation, tail in graph.triples.tolist()
    }


def counted(kind, number, filler="owl:onClass :B"):
    count = f'"{number}"^^<http://www.w3.org/2001/XMLSchema#nonNegativeInteger>'
    return f":A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :p ; owl:{kind} {count} ; {filler} ] , :D ."


AT_LEAST_ONE = {("A", "p", "B"), ("A", "sub", "D")}
NONE_OF_IT = {("A", "sub", "D")}


@pytest.mark.parametrize(
    ("axioms", "expected"),
    [
        (":A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :p ; owl:someValuesFrom :B ] .", {("A", "p", "B")}),
        (":A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :p ; owl:allValuesFrom :B ] .", {("A", "p", "B")}),
        (":A rdfs:subClassOf [ owl:onProperty :p ; owl:hasValue :b ] .", {("A", "p", "b")}),
        (":A rdfs:subClassOf [ owl:onProperty :p ; owl:hasValue 5 ] ; rdfs:subClassOf :B .", {("A", "sub", "B")}),
        (":A owl:equivalentClass [ owl:onProperty :p ; owl:someValuesFrom :B ] .", {("A", "p", "B")}),
        ("[ owl:onProperty :p ; owl:someValuesFrom :B ] owl:equivalentClass :A .", {("A", "p", "B")}),
        (
            """:A owl:equivalentClass [ a owl:Class ; owl:intersectionOf (
               :B [ a owl:Restriction ; owl:onProperty :p ; owl:someValuesFrom :C ]
               [ a owl:Class ; owl:intersectionOf ( :D [ owl:onProperty :q ; owl:hasValue :e ] ) ] ) ] .""",
            {("A", "sub", "B"), ("A", "p", "C"), ("A", "sub", "D"), ("A", "q", "e")},
        ),
        (
            ":A owl:intersectionOf ( :B [ owl:onProperty :p ; owl:allValuesFrom :C ] ) .",
            {("A", "sub", "B"), ("A", "p", "C")},
        ),
        (
            ":A rdfs:subClassOf [ owl:onProperty :p ; owl:someValuesFrom [ owl:unionOf ( :B :C ) ] ] .",
            {("A", "p", "B"), ("A", "p", "C")},
        ),
        (
            """:A rdfs:subClassOf [ owl:onProperty :p ; owl:someValuesFrom
               [ owl:intersectionOf ( :B [ owl:onProperty :q ; owl:someValuesFrom :C ] ) ] ] .""",
            {("A", "p", "B")},
        ),
        (":A rdfs:subClassOf [ owl:unionOf ( :B :C ) ] , :D .", {("A", "sub", "D")}),
        (":A rdfs:subClassOf [ owl:complementOf :B ] , :D .", {("A", "sub", "D")}),
        (
            ":A rdfs:subClassOf [ owl:onProperty [ owl:inverseOf :p ] ; owl:someValuesFrom :B ] , :D .",
            {("A", "sub", "D")},
        ),
        (
            ":A rdfs:subClassOf [ owl:onProperty :p ; owl:maxQualifiedCardinality 0 ; owl:onClass :B ] , :D .",
            {("A", "sub", "D")},
        ),
        (counted("minQualifiedCardinality", 1), AT_LEAST_ONE),
        (counted("minQualifiedCardinality", "012"), AT_LEAST_ONE),
        (counted("minQualifiedCardinality", 0), NONE_OF_IT),
        (counted("qualifiedCardinality", 2), AT_LEAST_ONE),
        (counted("qualifiedCardinality", 0), NONE_OF_IT),
        (counted("qualifiedCardinality", -1), NONE_OF_IT),
        (counted("maxQualifiedCardinality", 3), NONE_OF_IT),
        (counted("minCardinality", 1), AT_LEAST_ONE),
        (counted("cardinality", 1), AT_LEAST_ONE),
        (counted("cardinality", 1, ":note :B"), NONE_OF_IT),
        (counted("qualifiedCardinality", 1, "owl:onDataRange :B"), NONE_OF_IT),
        (counted("qualifiedCardinality", 1, "owl:onClass [ owl:unionOf ( :B :C ) ]"), AT_LEAST_ONE | {("A", "p", "C")}),
        (
            """:A owl:equivalentClass [ owl:intersectionOf ( :D [ owl:onProperty :p ; owl:qualifiedCardinality 1 ;
               owl:onClass :B ] [ owl:onProperty :q ; owl:qualifiedCardinality 0 ; owl:onClass :C ] ) ] .""",
            AT_LEAST_ONE,
        ),
        ("[ a owl:AllDisjointClasses ; owl:members ( :A :B ) ] . :A rdfs:subClassOf :D .", {("A", "sub", "D")}),
    ],
)
def test_axioms_become_triples(axioms, expected):
    graph = graph_of(':A a owl:Class ; rdfs:label "A" . :p a owl:ObjectProperty ; rdfs:label "holds" .' + axioms)
    assert edges(graph) == expected
    assert not any(name.startswith("_:") for name in graph.entity_ids)
    assert dict(zip(graph.relation_ids, graph.relation_labels, strict=True)).get("http://onto/p", "holds") == "holds"


def test_the_expression_an_individual_is_typed_by():
    graph = graph_of(
        """:x rdfs:label "x" ; a [ owl:intersectionOf ( :B [ owl:onProperty :p ; owl:hasValue :y ] ) ] ."""
    )
    assert edges(graph) == {("x", "p", "y")}
    assert graph.types("http://onto/x") == ["http://onto/B"]
    assert list(graph.type_ids) == ["http://onto/B"]


@pytest.mark.parametrize("suffix", ["ttl", "nt", "rdf", "jsonld"])
@pytest.mark.parametrize("installed", [True, False])
def test_cardinalities_in_files_of_either_order(tmp_path, monkeypatch, suffix, installed):
    if not installed:
        monkeypatch.setattr(oxigraph, "pyoxigraph", lambda: None)
    text = counted("minQualifiedCardinality", 2) + ':A rdfs:label "A" . :x a [ owl:onClass :y ; owl:onProperty :q ;'
    source = rdflib.Graph().parse(data=f"{ONTOLOGY}{text} owl:qualifiedCardinality 1 ] .", format="turtle")
    style = {"rdf": "xml", "jsonld": "json-ld", "ttl": "turtle"}.get(suffix, suffix)
    path = tmp_path / f"a.{suffix}"
    lines = source.serialize(format=style).splitlines(keepends=True)
    for order in (lines, lines[::-1]) if suffix == "nt" else (lines,):
        path.write_text("".join(order))
        assert edges(KnowledgeGraph.load(path)) == {*AT_LEAST_ONE, ("x", "q", "y")}


def test_expressions_in_a_ring_end():
    graph = graph_of(
        """:A rdfs:label "A" ; rdfs:subClassOf _:a . _:a owl:intersectionOf _:l . _:l rdf:first _:a ; rdf:rest _:m .
        _:m rdf:first :B ; rdf:rest _:l ."""
    )
    assert edges(graph) == {("A", "sub", "B")}


def test_a_very_deep_expression_is_read():
    depth = 3000
    text = "".join(
        f"_:e{n} owl:intersectionOf _:l{n} . _:l{n} rdf:first _:e{n + 1} ; rdf:rest rdf:nil .\n" for n in range(depth)
    )
    graph = graph_of(
        f':A rdfs:label "A" ; rdfs:subClassOf _:e0 . {text} _:e{depth} owl:onProperty :p ; owl:someValuesFrom :B .'
    )
    assert edges(graph) == {("A", "p", "B")}


def shared(classes, parts, relation="owl:equivalentClass"):
    names = " ".join(f":P{number}" for number in range(parts))
    axioms = "".join(f":C{number} {relation} _:e .\n" for number in range(classes))
    return f':C0 rdfs:label "C" . _:e owl:intersectionOf ( {names} ) .\n{axioms}'


def test_classes_may_share_an_expression():
    assert graph_of(shared(200, 30)).num_triples == 200 * 30


@pytest.mark.parametrize("relation", ["owl:equivalentClass", "rdfs:subClassOf", "a"])
def test_so_many_classes_may_not_share_so_large_an_expression(monkeypatch, relation):
    monkeypatch.setattr(owl, "ALWAYS_ALLOWED", 100)
    monkeypatch.setattr(owl, "MAX_GROWTH", 10)
    assert graph_of(shared(4, 30, relation))
    with pytest.raises(GraphError, match=r"may have 10 parts for .* got more: many classes share a large"):
        graph_of(shared(30, 30, relation))


def test_parts_of_axioms_are_no_entities_even_with_a_label():
    graph = graph_of(
        """:A rdfs:label "A" ; rdfs:subClassOf :B .
        [] a owl:Axiom ; owl:annotatedSource :A ; owl:annotatedProperty rdfs:subClassOf ; owl:annotatedTarget :B ;
           rdfs:label "according to a book" ; :source :book .
        :A :near [ rdfs:label "a tower" ] ."""
    )
    assert sorted(graph.labels) == ["A", "B", "a tower"]


def test_deprecated_entities_are_left_out_with_their_triples():
    graph = graph_of(
        """:A rdfs:label "A" ; rdfs:subClassOf :B, :Old ; a :Kind . :B rdfs:label "B" ; owl:deprecated false .
        :Old rdfs:label "old" ; owl:deprecated true ; rdfs:subClassOf :B ; :replacedBy :A ; a owl:Class .
        :Older a owl:DeprecatedClass ; rdfs:label "older" ."""
    )
    assert sorted(graph.labels) == ["A", "B"]
    assert edges(graph) == {("A", "sub", "B")}


def test_a_file_in_the_style_of_the_w3c_primer(tmp_path):
    path = tmp_path / "family.owl"
    path.write_text(FAMILY, encoding="utf-8")
    graph = KnowledgeGraph.load(path)
    assert edges(graph) == {
        ("Mother", "sub", "Woman"),
        ("Mother", "sub", "Parent"),
        ("Woman", "sub", "Person"),
        ("Parent", "hasChild", "Person"),
        ("JohnsChildren", "hasParent", "John"),
        ("HappyPerson", "hasChild", "HappyPerson"),
        ("HappyPerson", "hasChild", "Person"),
        ("Mary", "hasChild", "John"),
    }
    assert graph.types("http://onto/Mary") == ["http://onto/Woman"]
    assert graph.label("http://onto/HappyPerson") == "happy person"
    assert graph.licence == "http://creativecommons.org/licenses/by/4.0/"
    assert list(graph.relation_labels) == ["has child", "has parent", "sub class of"] or len(graph.relation_labels) == 3


FAMILY = """<?xml version="1.0"?>
<!DOCTYPE rdf:RDF [ <!ENTITY owl "http://www.w3.org/2002/07/owl#"> ]>
<rdf:RDF xmlns="http://onto/" xml:base="http://onto/" xmlns:owl="http://www.w3.org/2002/07/owl#"
  xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:rdfs="http://www.w3.org/2000/01/rdf-schema#"
  xmlns:dct="http://purl.org/dc/terms/">
<owl:Ontology rdf:about="http://onto/family">
  <dct:license rdf:resource="http://creativecommons.org/licenses/by/4.0/"/>
  <owl:imports rdf:resource="http://onto/other"/>
</owl:Ontology>
<owl:ObjectProperty rdf:about="hasChild"><rdfs:label xml:lang="en">has child</rdfs:label></owl:ObjectProperty>
<owl:ObjectProperty rdf:about="hasParent"><owl:inverseOf rdf:resource="hasChild"/></owl:ObjectProperty>
<owl:DatatypeProperty rdf:about="hasAge"/>
<owl:Class rdf:about="Woman"><rdfs:label>woman</rdfs:label><rdfs:subClassOf rdf:resource="Person"/></owl:Class>
<owl:Class rdf:about="Mother"><rdfs:label>mother</rdfs:label>
  <owl:equivalentClass><owl:Class><owl:intersectionOf rdf:parseType="Collection">
    <owl:Class rdf:about="Woman"/><owl:Class rdf:about="Parent"/>
  </owl:intersectionOf></owl:Class></owl:equivalentClass>
</owl:Class>
<owl:Class rdf:about="Parent"><rdfs:label>parent</rdfs:label>
  <owl:equivalentClass><owl:Restriction><owl:onProperty rdf:resource="hasChild"/>
    <owl:someValuesFrom rdf:resource="Person"/></owl:Restriction></owl:equivalentClass>
</owl:Class>
<owl:Class rdf:about="Person"><rdfs:label>person</rdfs:label>
  <owl:hasKey rdf:parseType="Collection"><owl:DatatypeProperty rdf:about="hasAge"/></owl:hasKey></owl:Class>
<owl:Class rdf:about="JohnsChildren"><rdfs:label>children of John</rdfs:label>
  <rdfs:subClassOf><owl:Restriction><owl:onProperty rdf:resource="hasParent"/>
    <owl:hasValue rdf:resource="John"/></owl:Restriction></rdfs:subClassOf></owl:Class>
<owl:Class rdf:about="HappyPerson"><rdfs:label>happy person</rdfs:label>
  <owl:equivalentClass><owl:Class><owl:intersectionOf rdf:parseType="Collection">
    <owl:Restriction><owl:onProperty rdf:resource="hasChild"/>
      <owl:allValuesFrom rdf:resource="HappyPerson"/></owl:Restriction>
    <owl:Restriction><owl:onProperty rdf:resource="hasChild"/>
      <owl:someValuesFrom rdf:resource="Person"/></owl:Restriction>
  </owl:intersectionOf></owl:Class></owl:equivalentClass></owl:Class>
<Woman rdf:about="Mary"><rdfs:label>Mary</rdfs:label><hasChild rdf:resource="John"/></Woman>
<owl:Class rdf:about="Spinster"><rdfs:label>spinster</rdfs:label>
  <owl:deprecated rdf:datatype="http://www.w3.org/2001/XMLSchema#boolean">true</owl:deprecated></owl:Class>
</rdf:RDF>
"""
