import gzip
import re

import pytest
import rdflib

from kgattn.errors import GraphError
from kgattn.graph import KnowledgeGraph

PREFIXES = """\
@prefix ex: <http://example.org/> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix schema: <https://schema.org/> .
@prefix oboInOwl: <http://www.geneontology.org/formats/oboInOwl#> .
"""
TURTLE = (
    PREFIXES
    + """
ex:Berlin a ex:City ; rdfs:label "Berlin"@en, "Berlino"@it ; ex:capitalOf ex:Germany ; ex:population 3500000 .
ex:Germany skos:prefLabel "Germany" ; skos:altLabel "Deutschland", "Allemagne"@fr ; ex:partOf ex:Old_Europe .
ex:Paris schema:name "Paris" ; schema:alternateName "City of Light"@en-GB ; ex:seenFrom _:tower .
ex:flu rdfs:label "influenza" ; oboInOwl:hasExactSynonym "flu" ; oboInOwl:hasRelatedSynonym "grippe" .
_:tower rdfs:label "Eiffel Tower" .
"""
)
PLACE = "http://example.org/"


def from_turtle(text, language="en"):
    return KnowledgeGraph.from_rdf(rdflib.Graph().parse(data=PREFIXES + text, format="turtle"), language=language)


def test_labels_aliases_types_and_triples():
    graph = from_turtle(TURTLE)
    assert graph.num_entities == 6
    assert graph.label(PLACE + "Berlin") == "Berlin"
    assert graph.types(PLACE + "Berlin") == [PLACE + "City"]
    assert graph.label(PLACE + "Germany") == "Germany"
    assert graph.aliases(PLACE + "Germany") == ["Deutschland"]
    assert graph.label(PLACE + "Paris") == "Paris"
    assert graph.aliases(PLACE + "Paris") == ["City of Light"]
    assert sorted(graph.aliases(PLACE + "flu")) == ["flu", "grippe"]
    assert graph.label(PLACE + "Old_Europe") == "Old Europe"
    assert "Eiffel Tower" in list(graph.labels)
    assert sorted(graph.relation_labels) == ["capital of", "part of", "seen from"]
    assert list(graph.type_labels) == ["city"]
    assert graph.num_triples == 3


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        ("en", ["color", "colour", "hue", "tint"]),
        ("de", ["Farbe", "tint", "Ton"]),
        ("fr", ["tint"]),
        ("xx", ["color", "colour", "hue", "tint", "Farbe", "Ton"]),
    ],
)
def test_the_language_decides_which_texts_are_taken(language, texts):
    graph = from_turtle(
        'ex:c rdfs:label "colour"@en-GB, "color"@en, "Farbe"@DE, "tint" ; skos:altLabel "hue"@en, "Ton"@de .', language
    )
    label, *aliases = texts
    assert graph.label(PLACE + "c") == label
    assert sorted(graph.aliases(PLACE + "c")) == sorted(aliases)


@pytest.mark.parametrize(
    ("language", "label", "aliases"),
    [
        ("de,en", "Farbe", ["Ton", "tint"]),
        ("it, de", "Farbe", ["Ton", "tint", "tinta"]),
        ("fr,en", "colour", ["hue", "tint"]),
        ("fr,it", "tint", ["tinta"]),
        ("de,xx", "Farbe", ["Ton", "colour", "hue", "tint", "tinta"]),
        ("fr,xx", "tint", ["Farbe", "Ton", "colour", "hue", "tinta"]),
    ],
)
def test_languages_stand_in_for_each_other(language, label, aliases):
    graph = from_turtle(
        'ex:c rdfs:label "colour"@en, "Farbe"@de, "tint" ; skos:altLabel "hue"@en, "Ton"@de, "tinta"@it .', language
    )
    assert graph.label(PLACE + "c") == label
    assert sorted(graph.aliases(PLACE + "c")) == aliases


def test_each_entity_has_its_own_language():
    graph = from_turtle('ex:a rdfs:label "Hund"@de, "dog"@en . ex:b rdfs:label "cat"@en, "gatto"@it .', "de,en")
    assert list(graph.labels) == ["Hund", "cat"]


@pytest.mark.parametrize("language", ["", "de,,en", "de en", "Deutsch, bitte!"])
def test_what_is_no_language_is_refused(language):
    with pytest.raises(GraphError, match="language must be tags such as 'en' or 'de,en'"):
        from_turtle(TURTLE, language)


def test_a_label_in_another_language_is_better_than_none():
    assert from_turtle('ex:Q1 rdfs:label "Hund"@de, "cane"@it .').label(PLACE + "Q1") == "Hund"


INDIVIDUALS = """
ex:ada a owl:NamedIndividual , ex:Person ; rdfs:label "Ada" .
ex:rex a ex:Dog , owl:Thing ; rdfs:label "Rex" .
ex:it a owl:NamedIndividual , rdfs:Resource ; rdfs:label "it" .
ex:bare a owl:NamedIndividual .
ex:Dog a owl:Class , skos:Concept ; rdfs:label "dog" .
ex:Old a rdfs:Class ; rdfs:subClassOf ex:Dog .
"""


@pytest.mark.parametrize("way", ["rdflib", "ttl", "nt", "rdf"])
def test_classes_of_the_languages_are_no_types(tmp_path, way):
    source = rdflib.Graph().parse(data=PREFIXES + INDIVIDUALS, format="turtle")
    if way == "rdflib":
        graph = KnowledgeGraph.from_rdf(source)
    else:
        path = tmp_path / f"graph.{way}"
        path.write_text(source.serialize(format={"ttl": "turtle", "rdf": "xml"}.get(way, way)))
        graph = KnowledgeGraph.load(path)
    types = {name.removeprefix(PLACE): graph.types(name) for name in graph.entity_ids}
    assert types == {
        "ada": [PLACE + "Person"],
        "rex": [PLACE + "Dog"],
        "it": [],
        "bare": [],
        "Dog": ["http://www.w3.org/2004/02/skos/core#Concept"],
        "Old": [],
    }
    assert {name.rpartition("/")[2] for name in graph.type_ids} == {"Person", "Dog", "core#Concept"}


def test_a_name_by_foaf_is_a_label_after_the_others():
    name = "<http://xmlns.com/foaf/0.1/name>"
    graph = from_turtle(f'ex:a {name} "Ada" . ex:b {name} "Bob" ; schema:name "Robert" .')
    assert list(graph.labels) == ["Ada", "Robert"]
    assert graph.aliases(PLACE + "b") == ["Bob"]


def test_an_alias_stands_in_for_a_label():
    graph = from_turtle('ex:Q1 skos:altLabel "dog" .')
    assert graph.label(PLACE + "Q1") == "dog"
    assert graph.aliases(PLACE + "Q1") == []


def test_a_hidden_label_is_an_alias():
    graph = from_turtle('ex:a skos:prefLabel "Berlin"@en ; skos:hiddenLabel "Berln"@en, "Belrin"@de, "BER" .')
    assert graph.label(PLACE + "a") == "Berlin"
    assert sorted(graph.aliases(PLACE + "a")) == ["BER", "Berln"]


@pytest.mark.parametrize("others", ['"a cat"', '"a cat"@en', '"Katze"@de'])
def test_a_hidden_label_stands_in_for_a_label_only_where_nothing_else_does(tmp_path, others):
    lines = [f"ex:a skos:altLabel {others} .", 'ex:a skos:hiddenLabel "a caat"@en, "A CAT" .']
    wanted = others.split('"')[1] if "@de" not in others else "a caat"
    for number, text in enumerate(("\n".join(lines), "\n".join(lines[::-1]))):
        (tmp_path / f"{number}.ttl").write_text(PREFIXES + text)
        assert KnowledgeGraph.load(tmp_path / f"{number}.ttl").label(PLACE + "a") == wanted


def test_relations_types_and_schema_are_no_entities():
    graph = from_turtle("""
        <http://example.org/onto> a owl:Ontology ; rdfs:label "an ontology" ; owl:imports ex:other .
        ex:capitalOf a owl:ObjectProperty ; rdfs:label "is capital of" ; rdfs:domain ex:City ; rdfs:seeAlso ex:page .
        ex:unused a rdf:Property ; rdfs:label "unused" .
        ex:City a owl:Class ; rdfs:label "town" .
        ex:Berlin a ex:City ; rdfs:label "Berlin" ; ex:capitalOf ex:Germany .
        ex:Germany rdfs:label "Germany" ; rdfs:isDefinedBy ex:page .
    """)
    assert sorted(graph.labels) == ["Berlin", "Germany"]
    assert list(graph.relation_labels) == ["is capital of"]
    assert graph.types(PLACE + "Berlin") == [PLACE + "City"]
    assert list(graph.type_labels) == ["town"]


def test_classes_of_an_ontology_are_entities():
    graph = from_turtle("""
        ex:Dog a owl:Class ; rdfs:label "dog" ; rdfs:subClassOf ex:Animal, [ owl:onProperty ex:has ] .
        ex:Animal a owl:Class ; rdfs:label "animal" .
        ex:Rex a ex:Dog ; rdfs:label "Rex" .
    """)
    assert sorted(graph.labels) == ["Rex", "animal", "dog"]
    assert graph.num_triples == 1


def write(path, graph, style):
    data = graph.serialize(format=style, encoding="utf-8")
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


@pytest.mark.parametrize(
    ("name", "style"),
    [
        ("graph.ttl", "turtle"),
        ("graph.nt", "nt"),
        ("graph.rdf", "xml"),
        ("graph.owl", "xml"),
        ("graph.xml", "xml"),
        ("graph.jsonld", "json-ld"),
        ("graph.json-ld", "json-ld"),
        ("graph.TTL.gz", "turtle"),
        ("graph.nt.gz", "nt"),
    ],
)
def test_every_format_gives_the_same_graph(tmp_path, graph, name, style):
    loaded = KnowledgeGraph.load(write(tmp_path / name, graph.to_rdf(), style))
    without_features = KnowledgeGraph.from_rdf(graph.to_rdf())
    assert loaded.fingerprint == without_features.fingerprint
    assert loaded.num_triples == graph.num_triples
    assert loaded.sources == (name,)


def test_a_file_keeps_its_order_and_numbers_blank_nodes(tmp_path):
    (tmp_path / "graph.ttl").write_text(TURTLE)
    graph = KnowledgeGraph.load(tmp_path / "graph.ttl")
    assert list(graph.labels) == ["Berlin", "Germany", "Old Europe", "Paris", "Eiffel Tower", "influenza"]
    assert graph.label("_:b0") == "Eiffel Tower"
    assert KnowledgeGraph.load(tmp_path / "graph.ttl").fingerprint == graph.fingerprint


def test_relative_iris_do_not_hold_the_folder(tmp_path):
    (tmp_path / "my graph.ttl").write_text(PREFIXES + '<#a> rdfs:label "a" ; ex:r <b> .')
    graph = KnowledgeGraph.load(tmp_path / "my graph.ttl")
    assert list(graph.entity_ids) == ["file:///my%20graph.ttl#a", "file:///b"]


def test_named_graphs_of_a_dataset_are_read_too(tmp_path):
    (tmp_path / "graph.jsonld").write_text(
        '{"@context": {"label": "http://www.w3.org/2000/01/rdf-schema#label"}, "@graph": ['
        '{"@id": "http://a/x", "label": "x", "http://a/r": {"@id": "http://a/y"}}]}'
    )
    assert list(KnowledgeGraph.load(tmp_path / "graph.jsonld").labels) == ["x", "y"]


@pytest.mark.parametrize("name", ["a.nt", "a.ttl"])
def test_a_byte_order_mark_is_no_part_of_the_file(tmp_path, name):
    text = '\ufeff<http://a/b> <http://www.w3.org/2000/01/rdf-schema#label> "\ufeffb" .\n'
    (tmp_path / name).write_text(text, encoding="utf-8")
    graph = KnowledgeGraph.load(tmp_path / name)
    assert list(graph.entity_ids) == ["http://a/b"]


@pytest.mark.parametrize("name", ["a.nt", "a.ttl"])
def test_odd_literals_are_not_logged(tmp_path, caplog, name):
    text = '<http://a/b> <http://a/since> "2021-02-30"^^<http://www.w3.org/2001/XMLSchema#date> .\n'
    label = '<http://a/b> <http://www.w3.org/2000/01/rdf-schema#label> "b" .\n'
    (tmp_path / name).write_text(text + label)
    assert list(KnowledgeGraph.load(tmp_path / name).labels) == ["b"]
    assert caplog.records == []
    rdflib.Literal("2021-02-30", datatype=rdflib.XSD.date)
    assert len(caplog.records) == 1


RDF_XML = '<?xml version="1.0"?>\n<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.ttl", TURTLE + "ex:a ex:b .\n", r"a.ttl:14: broken RDF \(objectList expected\)"),
        ("b.ttl", "@prefix ex: <http://e/> .\n\nex:a foo:b ex:c .", "b.ttl:3: broken RDF"),
        ("c.ttl", b'<http://a>\n<http://b> "\xff" .', "c.ttl:2: expected UTF-8"),
        ("d.ttl", "<http://a> <http://b> " + "[" * 5000, "d.ttl:1: broken RDF .*recursion"),
        ("g.ttl", PREFIXES + 'ex:a rdfs:label "x"@1 .', r"g.ttl:8: broken RDF \('1' is not a valid language tag"),
        ("h.ttl", '\n<http://a> <http://b>\n "x"^^ .', r"h.ttl:3: broken RDF \(unexpected text at '\.'\)"),
        ("i.ttl", "\n\n?a <http://b> <http://c> .", r"i.ttl:3: broken RDF \(unexpected text at '\?a <http"),
        ("j.ttl", "\n<http://a>", "j.ttl:2: broken RDF"),
        ("k.ttl", '\n"a" <http://b> <http://c> .', r"k.ttl:2: broken RDF \(expected an IRI or a blank node as subj"),
        ("l.ttl", "\n<http://a> _:b <http://c> .", r"l.ttl:2: broken RDF .* an IRI as predicate\)"),
        ("m.ttl", '\n<http://a> <http://b> "\\uD800" .', r"m.ttl:2: broken RDF \(half a surrogate pair in '.ud800'\)"),
        ("a.nt", '<http://a> <http://b> "x" .\n<http://a> oops .\n', "a.nt:2: broken RDF"),
        ("b.nt", b'\n<http://a> <http://b> "\xff" .\n', "b.nt:2: expected UTF-8"),
        ("c.nt", '\n<http://a> <http://b> "\\uD800" .\n', "c.nt:2: broken RDF .half a surrogate pair"),
        ("a.rdf", RDF_XML + "<rdf:Description>\n</rdf:RDF>", r"a.rdf:4: broken RDF \(mismatched tag\)"),
        ("b.rdf", RDF_XML + '<rdf:Description rdf:ID="a" rdf:nodeID="b"/></rdf:RDF>', "b.rdf:3: broken RDF"),
        ("a.jsonld", '{"@id": "http://a",\n"x" }', "a.jsonld:2: broken RDF"),
        ("b.jsonld", '"text"', "b.jsonld:1: broken RDF .*expected an object or a list"),
        ("c.jsonld", '{"@context": {"@base": 7}, "@id": "a"}', r"c.jsonld: broken RDF \(@base must be text, got 7\)"),
        ("e.jsonld", '[{"@id": "http://a", "@type": 4}]', r"e.jsonld: broken RDF \(@type must be text or a list"),
        ("f.jsonld", '{"@context": 5, "@id": "http://a"}', r"f.jsonld: broken RDF \(@context must be an object"),
        ("g.jsonld", '{"@id": "http://a", "http://p": "\\ud800"}', "g.jsonld: broken RDF .half a surrogate pair"),
        ("h.jsonld", '{"@id": "http://a", "@reverse": 5}', "h.jsonld: broken RDF"),
        ("d.jsonld", "[" * 50_000 + "]" * 50_000, "d.jsonld: broken RDF .*recursion"),
        ("a.ttl.gz", b"plain", "a.ttl.gz: cannot be read"),
        *(
            (
                f"{name}.gz",
                gzip.compress(b"", mtime=0)[:10] + b"\xff" * 20,
                f"{name}.gz: cannot be read .*invalid block type",
            )
            for name in ("a.ttl", "a.nt", "a.rdf", "a.jsonld")
        ),
        ("e.ttl", "", "e.ttl: expected at least one entity, got an empty graph"),
        ("f.ttl", "<http://a/b> <http://a/r> <http://a/c> .", "f.ttl: a graph without labels .* rdfs:label, skos:pref"),
    ],
)
def test_broken_files_are_named_with_their_line(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(GraphError, match=message):
        KnowledgeGraph.load(tmp_path / name)


def test_statements_over_several_lines_do_not_shift_the_line_of_an_error(tmp_path):
    text = PREFIXES + 'ex:a\n  rdfs:label "a"@en ,\n\n "b" ; # c\n  ex:p [ ex:q\n ex:b ; ex:r\n ( ex:x\n "l" ) ]\n  .\n'
    (tmp_path / "a.ttl").write_text(text + 'ex:b rdfs:label """two\nlines""" .\nex:c % .\n')
    line = text.count("\n") + 3
    with pytest.raises(GraphError, match=f"a.ttl:{line}: broken RDF"):
        KnowledgeGraph.load(tmp_path / "a.ttl")


@pytest.mark.parametrize("kind", [rdflib.Dataset, rdflib.ConjunctiveGraph])
@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")
def test_all_graphs_of_a_dataset_are_read(kind):
    place, dataset = rdflib.Namespace(PLACE), kind()
    names = (rdflib.graph.DATASET_DEFAULT_GRAPH_ID, place.one, place.two)
    default, one, two = (dataset.get_context(name) for name in names)
    for part, entity, label in ((default, place.a, "A"), (one, place.b, "B"), (two, place.c, "C")):
        part.add((entity, rdflib.RDFS.label, rdflib.Literal(label)))
    for part in (one, two):
        part.add((place.a, place.r, place.b))
    graph = KnowledgeGraph.from_rdf(dataset)
    assert list(graph.labels) == ["A", "B", "C"]
    assert graph.num_triples == 1


BLANK_NODES = """
    ex:a ex:sees [ rdfs:label "hill" ; ex:near ex:z, [ rdfs:label "tree" ] ], [ rdfs:label "hill" ; ex:near ex:y ] .
    [] rdfs:label "pond" ; ex:near [ ex:near [ rdfs:label "frog" ; ex:eats [ ex:r ex:q ] ] ] .
    [] rdfs:label "twin" ; ex:near [ rdfs:label "sister" ] .
    [] rdfs:label "twin" ; ex:near [ rdfs:label "sister" ] .
    [ ex:r ex:n1 ] ex:r ex:n2 . [ ex:r ex:m1 ] ex:r ex:m2 . ex:a rdfs:label "a" .
"""


def test_blank_nodes_of_rdflib_are_named_by_what_is_said_about_them():
    graphs = [from_turtle(BLANK_NODES) for _ in range(8)]
    assert len({graph.fingerprint for graph in graphs}) == 1
    assert len({tuple(graph.entity_ids) for graph in graphs}) == 1
    assert all(re.fullmatch(r"_:b[0-9]+|http.*", name) for name in graphs[0].entity_ids)
    assert sorted(graphs[0].labels)[-4:] == ["twin", "twin", "y", "z"]


def test_a_given_name_of_a_blank_node_is_kept_and_not_given_twice():
    source = rdflib.Graph().parse(data=PREFIXES + '[] rdfs:label "x" ; ex:near [ rdfs:label "y" ] .', format="turtle")
    source.add((rdflib.BNode("b0"), rdflib.RDFS.label, rdflib.Literal("z")))
    graph = KnowledgeGraph.from_rdf(source)
    assert sorted(graph.entity_ids) == ["_:b0", "_:b1", "_:b2"]
    assert graph.label("_:b0") == "z"


def test_blank_nodes_in_a_ring_are_named_in_bounded_time():
    source = rdflib.Graph()
    ring = [rdflib.BNode() for _ in range(300)]
    for node, following in zip(ring, ring[1:] + ring[:1], strict=True):
        source.add((node, rdflib.RDFS.label, rdflib.Literal("link")))
        source.add((node, rdflib.URIRef(PLACE + "next"), following))
    assert len({KnowledgeGraph.from_rdf(graph).fingerprint for graph in (source, renamed(source))}) == 1


def renamed(graph):
    """The graph with other random names of its blank nodes."""
    return rdflib.Graph().parse(data=graph.serialize(format="nt"), format="nt")


def test_an_rdflib_graph_without_labels_is_refused():
    with pytest.raises(GraphError, match=r"without labels .* give labels by rdfs:label"):
        from_turtle("ex:a ex:b ex:c .")
    with pytest.raises(GraphError, match="empty graph"):
        KnowledgeGraph.from_rdf(rdflib.Graph())
