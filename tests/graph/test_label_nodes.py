"""SKOS-XL: a label is a node, and says what the same label without a node would say."""

import random
import re

import pytest
import rdflib

from kgattn.errors import GraphError
from kgattn.graph import KnowledgeGraph, label_nodes, oxigraph
from tests.graph.endpoint import serving

PREFIXES = """\
@prefix ex: <http://example.org/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix skosxl: <http://www.w3.org/2008/05/skos-xl#> .
"""
PLACE = "http://example.org/"
PLAIN = (
    PREFIXES
    + """
ex:berlin skos:prefLabel "Berlin"@en, "Berlin"@de, "Berlino"@it ; skos:altLabel "Spree-Athens"@en, "Spreeathen"@de ;
    skos:hiddenLabel "Berln"@en, "BER" ; skos:broader ex:germany ; a skos:Concept .
ex:germany skos:prefLabel "Germany"@en, "Deutschland"@de ; skos:altLabel "FRG"@en-GB, "BRD"@de .
ex:europe skos:prefLabel "Europa"@it ; rdfs:label "Europe" . ex:germany skos:broader ex:europe .
ex:rhine skos:altLabel "Rhein"@de ; ex:flowsThrough ex:germany . ex:flowsThrough skos:prefLabel "flows through"@en .
"""
)
LANGUAGES = ["en", "de", "de,en", "fr", "fr,xx", "xx"]
WAYS = ["rdflib", "ttl", "ttl without pyoxigraph", "nt", "rdf", "trig", "jsonld", "trix"]


def with_nodes(source: rdflib.Graph, blank: bool) -> rdflib.Graph:
    """The same vocabulary in SKOS-XL, with what publishers say of labels."""
    xl, skos = "http://www.w3.org/2008/05/skos-xl#", "http://www.w3.org/2004/02/skos/core#"
    result = rdflib.Graph()
    for number, (subject, predicate, target) in enumerate(sorted(source)):
        if not (isinstance(target, rdflib.Literal) and predicate.startswith(skos)):
            result.add((subject, predicate, target))
            continue
        node = rdflib.BNode() if blank else rdflib.URIRef(f"{PLACE}label{number}")
        result.add((subject, rdflib.URIRef(predicate.replace(skos, xl)), node))
        result.add((node, rdflib.RDF.type, rdflib.URIRef(f"{xl}Label")))
        result.add((node, rdflib.URIRef(f"{xl}literalForm"), target))
        result.add((node, rdflib.URIRef(f"{PLACE}inDataset"), rdflib.URIRef(f"{PLACE}dataset")))
        result.add((node, rdflib.URIRef(f"{PLACE}created"), rdflib.Literal("2011-11-20")))
        result.add((subject, rdflib.URIRef(f"{PLACE}reviewed"), node))
    return result


def read(source, way, tmp_path, monkeypatch, language):
    if way == "rdflib":
        return KnowledgeGraph.from_rdf(source, language=language)
    suffix, _, without = way.partition(" without ")
    if without:
        monkeypatch.setattr(oxigraph, "pyoxigraph", lambda: None)
    style = {"ttl": "turtle", "rdf": "xml", "jsonld": "json-ld"}.get(suffix, suffix)
    if suffix in ("trig", "trix"):
        dataset = rdflib.Dataset()
        for triple in source:
            dataset.add(triple)
        source = dataset
    path = tmp_path / f"graph.{suffix}"
    source.serialize(path, format=style, encoding="utf-8")
    return KnowledgeGraph.load(path, language=language)


@pytest.mark.parametrize("blank", [False, True])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.filterwarnings("ignore:Dataset.* is deprecated")  # rdflib's own use of it
def test_labels_with_nodes_say_what_labels_without_say(tmp_path, monkeypatch, language, way, blank):
    plain = rdflib.Graph().parse(data=PLAIN, format="turtle")
    graph = read(with_nodes(plain, blank), way, tmp_path, monkeypatch, language)
    wanted = KnowledgeGraph.from_rdf(plain, language=language)
    assert sorted(graph.entity_ids) == sorted(wanted.entity_ids)
    assert sorted(graph.labels) == sorted(wanted.labels)
    assert sorted(graph.alias_texts) == sorted(wanted.alias_texts)
    assert graph.fingerprint == wanted.fingerprint


def test_labels_and_aliases_by_name(tmp_path):
    (tmp_path / "a.ttl").write_text(
        PREFIXES
        + """ex:l1 skosxl:literalForm "Berlin"@en . ex:b skosxl:prefLabel ex:l1 ; skosxl:altLabel ex:l2, [
        skosxl:literalForm "Spree-Athens"@en ], ex:gone . ex:l2 skosxl:literalForm "  " ; skosxl:labelRelation ex:l1 .
        ex:b skosxl:hiddenLabel ex:l3 ; skos:prefLabel "Berlin"@en . ex:l3 skosxl:literalForm "Berln"@en, "Brelin"@de .
        ex:l4 a skosxl:Label ; skosxl:literalForm "of nobody" ; rdfs:label "of nobody" . ex:b ex:in ex:germany ."""
    )
    graph = KnowledgeGraph.load(tmp_path / "a.ttl")
    assert list(graph.labels) == ["Berlin", "germany"]
    assert sorted(graph.aliases(PLACE + "b")) == ["Berln", "Spree-Athens"]
    assert (graph.num_triples, graph.num_types) == (1, 0)


@pytest.mark.parametrize("blank", [False, True])
def test_the_order_of_statements_makes_no_difference(tmp_path, blank):
    source = with_nodes(rdflib.Graph().parse(data=PLAIN, format="turtle"), blank)
    lines = sorted(source.serialize(format="nt").splitlines())
    is_form = [bool(re.search("literalForm", line)) for line in lines]
    orders = [
        sorted(lines, key=lambda line: is_form[lines.index(line)]),
        sorted(lines, key=lambda line: not is_form[lines.index(line)]),
        random.Random(7).sample(lines, len(lines)),
    ]
    fingerprints = set()
    for number, order in enumerate(orders):
        (tmp_path / f"{number}.nt").write_text("\n".join(order) + "\n")
        fingerprints.add(KnowledgeGraph.load(tmp_path / f"{number}.nt").fingerprint)
    assert fingerprints == {KnowledgeGraph.from_rdf(source).fingerprint}


def test_an_endpoint_gives_them_too():
    source = with_nodes(rdflib.Graph().parse(data=PLAIN, format="turtle"), blank=False)
    with serving(source) as server:
        graph = KnowledgeGraph.from_sparql(server.address, page_size=7)
    assert graph.fingerprint == KnowledgeGraph.from_rdf(source).fingerprint
    assert graph.label(PLACE + "berlin") == "Berlin"


def test_labels_of_many_forms_may_not_be_shared_by_many_nodes(tmp_path, monkeypatch):
    monkeypatch.setattr(label_nodes, "ALWAYS_ALLOWED", 10)
    monkeypatch.setattr(label_nodes, "MAX_GROWTH", 5)
    path = tmp_path / "a.ttl"
    for size in (8, 30):
        forms = "".join(f'ex:l skosxl:literalForm "form {n}" . ex:c{n} skosxl:prefLabel ex:l .\n' for n in range(size))
        path.write_text(PREFIXES + forms)
        if size == 8:
            assert KnowledgeGraph.load(path).num_entities == 8
    with pytest.raises(GraphError, match=r"a.ttl: the labels of SKOS-XL may give 5 texts for each .* give each label"):
        KnowledgeGraph.load(path)


def test_what_has_a_name_itself_stays_an_entity_though_it_serves_as_a_label():
    lines = 'ex:a skosxl:altLabel ex:b ; skos:prefLabel "Berlin" . ex:b skos:prefLabel "Bonn" ; ex:near ex:a .'
    more = 'ex:c skos:prefLabel "Cologne" ; skosxl:literalForm "Köln" .'
    graph = KnowledgeGraph.from_rdf(rdflib.Graph().parse(data=f"{PREFIXES}{lines}{more}", format="turtle"))
    assert sorted(graph.labels) == ["Berlin", "Bonn", "Cologne"]
    assert graph.num_triples == 1
