"""Truthy statements of Wikidata, as its dumps write them."""

import random

import pytest
import rdflib

from kgattn.graph import KnowledgeGraph
from kgattn.linking import EntityLinker

WD, WDT = "http://www.wikidata.org/entity/", "http://www.wikidata.org/prop/direct/"
DUMP = """\
@prefix wd: <http://www.wikidata.org/entity/> .
@prefix wdt: <http://www.wikidata.org/prop/direct/> .
@prefix p: <http://www.wikidata.org/prop/> .
@prefix wikibase: <http://wikiba.se/ontology#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix schema: <http://schema.org/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .

wd:Q183 a wikibase:Item ; rdfs:label "Germany"@en, "Deutschland"@de ; skos:prefLabel "Germany"@en ;
    schema:name "Germany"@en ; skos:altLabel "Federal Republic of Germany"@en ; schema:description "a country"@en ;
    wdt:P31 wd:Q3624078 ; wdt:P36 wd:Q64 ; wdt:P1082 "83000000" .
wd:Q64 a wikibase:Item ; schema:name "Berlin"@en ; wdt:P31 wd:Q515, wd:Q5119 ; wdt:P17 wd:Q183 ; wdt:P999 wd:Q183 .
wd:Q515 a wikibase:Item ; rdfs:label "city"@en ; wdt:P279 wd:Q486972 .
wd:Q486972 a wikibase:Item ; rdfs:label "human settlement"@en .
wd:Q5119 a wikibase:Item ; rdfs:label "capital city"@en .
wd:Q3624078 rdfs:label "sovereign state"@en .
wd:P36 a wikibase:Property ; rdfs:label "capital"@en, "Hauptstadt"@de ; skos:altLabel "seat"@en ;
    wikibase:propertyType wikibase:WikibaseItem ; wikibase:directClaim wdt:P36 ; wikibase:claim p:P36 ;
    wdt:P31 wd:Q22984026 ; wdt:P1647 wd:P276 .
wd:P17 rdfs:label "country"@en ; wikibase:directClaim wdt:P17 .
wd:P31 rdfs:label "instance of"@en ; wikibase:directClaim wdt:P31 .
wd:P276 a wikibase:Property ; rdfs:label "location"@en ; wikibase:directClaim wdt:P276 .
wd:Q22984026 rdfs:label "property for places"@en .
wdt:P36 a owl:ObjectProperty .
"""


@pytest.fixture(params=["rdflib", "turtle", "lines"])
def load(request, tmp_path):
    """Reads the dump, by each way there is, in a language."""

    def read(language="en"):
        parsed = rdflib.Graph().parse(data=DUMP, format="turtle")
        if request.param == "rdflib":
            return KnowledgeGraph.from_rdf(parsed, language=language)
        if request.param == "turtle":
            (tmp_path / "dump.ttl").write_text(DUMP, encoding="utf-8")
            return KnowledgeGraph.load(tmp_path / "dump.ttl", language=language)
        lines = sorted(parsed.serialize(format="nt").splitlines(keepends=True))
        random.Random(3).shuffle(lines)
        (tmp_path / "dump.nt").write_text("".join(lines), encoding="utf-8")
        return KnowledgeGraph.load(tmp_path / "dump.nt", language=language)

    return read


def test_instance_of_gives_types_and_nothing_says_that_all_are_items(load):
    graph = load()
    assert set(graph.types(f"{WD}Q64")) == {f"{WD}Q515", f"{WD}Q5119"}
    assert graph.types(f"{WD}Q183") == [f"{WD}Q3624078"]
    named = dict(zip(graph.type_ids, graph.type_labels, strict=True))
    assert named == {f"{WD}Q515": "city", f"{WD}Q5119": "capital city", f"{WD}Q3624078": "sovereign state"}


def test_relations_read_as_their_properties(load):
    def names(graph):
        return {
            name.removeprefix(WDT): label for name, label in zip(graph.relation_ids, graph.relation_labels, strict=True)
        }

    assert names(load()) == {"P17": "country", "P36": "capital", "P279": "P279", "P999": "P999"}
    assert names(load("de"))["P36"] == "Hauptstadt"


def test_labels_and_aliases_and_no_property_among_the_entities(load):
    graph = load()
    assert {name.removeprefix(WD) for name in graph.entity_ids} == {"Q183", "Q64", "Q515", "Q486972", "Q22984026"}
    assert (graph.label(f"{WD}Q64"), graph.label(f"{WD}Q183")) == ("Berlin", "Germany")
    assert graph.aliases(f"{WD}Q183") == ["Federal Republic of Germany"]
    doc = EntityLinker(graph)("The country Germany has its capital, the seat Berlin.")
    assert [span.text for span in doc.spans["kgattn"]] == ["Germany", "Berlin"]


def test_subclass_of_is_a_step_up(load):
    graph = load().with_ancestors(1)
    assert f"{WD}Q486972" in graph.types(f"{WD}Q64")
    assert f"{WD}Q486972" in graph.types(f"{WD}Q515")
