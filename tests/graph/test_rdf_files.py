"""Every format and packing, and that pyoxigraph and rdflib's parsers make the same graph."""

import bz2
import gzip
import lzma

import pytest
import rdflib

from kgattn.errors import GraphError
from kgattn.graph import KnowledgeGraph, oxigraph

RDFS = "http://www.w3.org/2000/01/rdf-schema#"
XSD = "http://www.w3.org/2001/XMLSchema#"
HEAD = f"@prefix ex: <http://example.org/> .\n@prefix rdfs: <{RDFS}> .\n@prefix xsd: <{XSD}> .\n"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
SKOS = f"@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n@prefix rdf: <{RDF}> .\n"
XML = (
    '<?xml version="1.0"?>\n<!DOCTYPE rdf:RDF [<!ENTITY ex "http://example.org/">]>\n'
    f'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:rdfs="{RDFS}" xmlns:ex="&ex;">\n'
)
TURTLES = {
    "blank nodes": """
        ex:a ex:sees [ rdfs:label "hill" ; ex:near ex:z, [ rdfs:label "tree" ] ], [ rdfs:label "hill" ; ex:near ex:y ] .
        [] rdfs:label "twin" ; ex:near [ rdfs:label "sister" ] .
        [] rdfs:label "twin" ; ex:near [ rdfs:label "sister" ] .
        _:pond rdfs:label "pond" ; ex:near _:frog . _:frog rdfs:label "frog" ; a ex:Animal ; ex:eats [ ex:r ex:q ] .
        ex:list ex:holds ( ex:a [ rdfs:label "in a list" ] "text" 3 ) . _:x rdfs:label "cat" ; skos:altLabel "dog" .
        _:y rdfs:label "dog" ; skos:altLabel "cat" .
    """,
    "languages": """
        ex:a rdfs:label "colour"@en-GB, "color"@en, "Farbe"@DE, "tint" ; skos:altLabel "hue"@EN-us, "Ton"@de, "色"@ja .
        ex:b rdfs:label "Hund"@de, "cane"@it . ex:c rdfs:label "x"@en ; skos:prefLabel "y"@en .
    """,
    "relative": """<#a> rdfs:label 'a' ; ex:r <b>, <>, <../c>, </d>, <e/f?g#h> .
        @base <http://other.org/x/y> . <z> ex:r <#w> .""",
    "datatypes": """
        ex:a rdfs:label "01"^^xsd:integer, "x"^^xsd:date, true, 1.50, 2E3, 7 ; ex:since "2021-02-30"^^xsd:date .
        ex:b rdfs:label "a &amp; <i>b</i>"^^rdf:XMLLiteral ; skos:altLabel "9E999999999"^^xsd:decimal .
        ex:c rdfs:label "plain"^^xsd:string ; ex:r ex:b .
    """,
    "escapes": r"""
        ex:a rdfs:label "tab\there \"quoted\" \u00e9 \U0001F600 back\\slash" ; ex:r <http://example.org/\u00e9> .
        ex:b rdfs:label '''several
        lines''' ; skos:altLabel "" , "   " , "\u00a0" ; ex:r ex:d\~x , ex:%41 .
    """,
    "odd iris": "<http://a/b c> rdfs:label 'x' ; ex:r <http://a/{d}>, <http://a/ü>, <urn:x:y>, <mailto:a@b> .",
    "ids of ours": """<urn:kgattn:entity:New_20_York> rdfs:label 'New York' ;
        <urn:kgattn:relation:in> <urn:kgattn:entity:US> .""",
    "twice": """ex:a rdfs:label 'a', 'a' ; a ex:T, ex:T ; ex:r ex:b, ex:b .
        ex:b rdfs:label 'b' ; skos:altLabel 'c', 'b', 'c' .""",
    "an ontology": """@prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix dct: <http://purl.org/dc/terms/> .
        ex:onto a owl:Ontology ; dct:license <http://cc/by> ; dct:rights "all of\\nthem" ; rdfs:label "onto" .
        ex:a rdfs:label "a" ; rdfs:subClassOf ex:b, [ a owl:Restriction ; owl:onProperty ex:r ; owl:hasValue ex:c ] .
        ex:b rdfs:label "b" ; owl:equivalentClass [ owl:intersectionOf ( ex:c [ owl:onProperty ex:s ;
        owl:someValuesFrom [ owl:unionOf ( ex:a ex:d ) ] ] ) ] . ex:d owl:deprecated true ; ex:r ex:a .
        ex:e a [ owl:onProperty ex:r ; owl:allValuesFrom ex:a ], owl:DeprecatedClass . ex:c rdfs:label "c" .""",
    "prefixes": """@prefix p: <http://one/> . p:a rdfs:label 'a' .
        @prefix p: <http://two/> . p:a ex:r ex:b . PREFIX q: <q:> q:x ex:r q:y .""",
}
TRIG = """ex:g1 { ex:a rdfs:label 'A' . _:b rdfs:label 'B' } GRAPH ex:g2 { ex:a ex:r _:b . }
    { ex:c rdfs:label 'C' } ex:d rdfs:label 'D' ."""
XMLS = {
    "nested": """<ex:City rdf:about="&ex;a" rdfs:label="a"><ex:r><ex:City>
        <rdfs:label xml:lang="en">b</rdfs:label></ex:City>
        </ex:r><ex:s rdf:parseType="Resource"><rdfs:label>c</rdfs:label></ex:s></ex:City>""",
    "collections": """<rdf:Description rdf:about="#a"><rdfs:label>a</rdfs:label><ex:r rdf:parseType="Collection">
        <rdf:Description rdf:about="b"/><rdf:Description rdf:nodeID="n" rdfs:label="c"/></ex:r></rdf:Description>""",
    "literals": """<rdf:Description rdf:ID="a"><rdfs:label rdf:parseType="Literal">x &amp; <b>y</b> z</rdfs:label>
        <ex:p rdf:datatype="http://d">7</ex:p></rdf:Description><rdf:Description rdf:about="c" xml:lang="de">
        <rdfs:label rdf:datatype="http://d">one&#10;two</rdfs:label></rdf:Description>""",
    "reified": """<rdf:Description rdf:about="&ex;a"><rdfs:label>a</rdfs:label><ex:r rdf:ID="s" rdf:resource="&ex;b"/>
        </rdf:Description>""",
    "based": """<rdf:Description xml:base="http://o.org/x/y" rdf:about="z"><rdfs:label>z</rdfs:label>
        <ex:r rdf:resource="#w"/><ex:r rdf:resource=""/></rdf:Description>""",
}


@pytest.fixture(params=["rdflib", "pyoxigraph"])
def route(request, monkeypatch):
    """Reads as if pyoxigraph were not installed, and with it."""
    if request.param == "rdflib":
        monkeypatch.setattr(oxigraph, "pyoxigraph", lambda: None)
    else:
        pytest.importorskip("pyoxigraph")
    return request.param


def both(path, monkeypatch):
    """The graph with pyoxigraph alone, and without it."""
    pytest.importorskip("pyoxigraph")
    with monkeypatch.context() as patch:
        patch.setattr(oxigraph, "REFUSALS", ())
        fast = KnowledgeGraph.load(path)
    with monkeypatch.context() as patch:
        patch.setattr(oxigraph, "pyoxigraph", lambda: None)
        return fast, KnowledgeGraph.load(path)


def assert_same(fast, plain):
    assert sorted(fast.entity_ids) == sorted(plain.entity_ids)
    assert sorted(fast.labels) == sorted(plain.labels)
    assert sorted(fast.alias_texts) == sorted(plain.alias_texts)
    assert fast.fingerprint == plain.fingerprint


@pytest.mark.parametrize("suffix", ["ttl", "n3", "trig"])
@pytest.mark.parametrize("name", TURTLES)
def test_turtle_makes_the_same_graph(tmp_path, monkeypatch, name, suffix):
    path = tmp_path / f"my graph.{suffix}"
    path.write_text(HEAD + SKOS + TURTLES[name], encoding="utf-8")
    assert_same(*both(path, monkeypatch))


def test_trig_makes_the_same_graph(tmp_path, monkeypatch):
    (tmp_path / "a.trig").write_text(HEAD + TRIG)
    fast, plain = both(tmp_path / "a.trig", monkeypatch)
    assert_same(fast, plain)
    assert sorted(fast.labels) == ["A", "B", "C", "D"]
    assert fast.num_triples == 1


@pytest.mark.parametrize("name", XMLS)
def test_rdf_xml_makes_the_same_graph(tmp_path, monkeypatch, name):
    (tmp_path / "a.rdf").write_text(XML + XMLS[name] + "</rdf:RDF>")
    fast, plain = both(tmp_path / "a.rdf", monkeypatch)
    assert_same(fast, plain)
    assert fast.num_entities > 0


@pytest.mark.parametrize("name", sorted(set(TURTLES) - {"odd iris", "datatypes"}))
def test_the_lines_of_ntriples_say_what_the_turtle_says(tmp_path, name):
    (tmp_path / "a.ttl").write_text(HEAD + SKOS + TURTLES[name], encoding="utf-8")
    graph = rdflib.Graph().parse(tmp_path / "a.ttl", publicID="file:///a.ttl")
    graph.serialize(tmp_path / "a.nt", format="nt", encoding="utf-8")
    assert KnowledgeGraph.load(tmp_path / "a.nt").fingerprint == KnowledgeGraph.load(tmp_path / "a.ttl").fingerprint


LINES = [
    f'<http://a/x> <{RDFS}label> "x"@en .',
    f'\t<http://a/y>\t<{RDFS}label>\t"y\\u00e9\\n"^^<{XSD}string>.# a comment',
    "",
    "  # only a comment",
    f'_:b.1 <{RDFS}label> "blank" .',
    "<http://a/x> <http://a/r> _:b.1  .  ",
    "<http://a/\\u0079> <http://a/r> <http://a/x> .",
    f'<http://a/z> <{RDFS}label> "tr\\"icky> . <" .',
    f'<http://a/x> <{RDFS}comment> "not \\\\ a label"@en-GB .',
]


@pytest.mark.filterwarnings("ignore:Dataset.* is deprecated")
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("suffix", ["nt", "nq"])
def test_odd_lines_are_read_as_well(tmp_path, suffix, ending):
    lines = (
        LINES if suffix == "nt" else [*LINES, f'<http://a/q> <{RDFS}label> "q" <http://g> .', "_:b.1 <a:r> <a:b> _:g ."]
    )
    (tmp_path / f"a.{suffix}").write_text(ending.join(lines), encoding="utf-8", newline="")
    graph = KnowledgeGraph.load(tmp_path / f"a.{suffix}")
    assert graph.label("_:b0") == "blank"
    assert {"blank", "x", "yé", 'tr"icky> . <'} <= set(graph.labels)
    assert suffix == "nt" or graph.label("http://a/q") == "q"
    reference = rdflib.Dataset(default_union=True).parse(
        tmp_path / f"a.{suffix}", format="nquads" if suffix == "nq" else "nt"
    )
    edges = {(s, p, o) for s, p, o in reference.triples((None, None, None)) if not isinstance(o, rdflib.Literal)}
    assert graph.num_triples == len(edges)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.nt", "<a:a> <a:b> <a:c> .\n\n<a:a> <a:b> .\n", "a.nt:3: broken RDF"),
        ("b.nq", "<a:a> <a:b> <a:c> <a:d> <a:e> .\n", "b.nq:1: broken RDF"),
        ("c.nq", b'<a:a> <a:b> "\xff" .\n', "c.nq:1: expected UTF-8"),
        ("a.trig", "<a:a> <a:b> <a:c> .\n<a:g> { <a:a> <a:b> }}", "a.trig:2: broken RDF"),
        (
            "a.n3",
            "@prefix : <a:> .\n{ ?x :r ?y } => { ?y :s ?x } .",
            "a.n3:2: broken RDF .* rules and variables of N3 are not",
        ),
        ("b.ttl", HEAD + "<< ex:a ex:b ex:c >> ex:d ex:e .", "b.ttl:4: broken RDF"),
        ("c.ttl", HEAD + "ex:a ex:b <<( ex:a ex:b ex:c )>> .", "c.ttl:4: broken RDF"),
        ("a.rdf", XML + "<rdf:Description>\n<ex:a></ex:b>", "a.rdf:5: broken RDF .mismatched tag"),
        ("b.rdf", XML + '\n<rdf:Description rdf:ID="1 2"/></rdf:RDF>', "b.rdf:5: broken RDF"),
        (
            "a.hext",
            '["a:a", "a:b", "a:c", "globalId", "", ""]\n\n["a:a"]\n',
            "a.hext:3: broken RDF .expected a list of six",
        ),
        ("b.hext", '\n["a:a", "a:b", 7, "x:y", "", ""]', "b.hext:2: broken RDF .expected a list of six texts"),
        ("c.hext", '["a:a", "a:b", "c", "", "", ""]', "c.hext:1: broken RDF .* got nothing in the place of one"),
        ("d.hext", '["a:a", "_:b", "c", "x:y", "", ""]', "d.hext:1: broken RDF .* an IRI as predicate"),
        ("e.hext", '\n\n{"a": "b"', "e.hext:3: broken RDF .Expecting"),
        ("f.hext", '["a:a", "a:b", "c", "x:y", "no tag!", ""]', "f.hext:1: broken RDF .'no tag!' is not a valid lang"),
        ("g.hext", b'\n["a:a", "a:b", "\xff", "x:y", "", ""]', "g.hext:2: expected UTF-8"),
        ("a.trix", "<TriX>\n<x/></TriX>", "a.trix:1: broken RDF .Only elements in the TriX namespace"),
    ],
)
def test_both_routes_say_where_a_file_is_broken(tmp_path, route, name, content, message):
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(GraphError, match=message):
        KnowledgeGraph.load(tmp_path / name)


def test_what_pyoxigraph_refuses_is_left_to_rdflib(tmp_path, route):
    text = f'<http://a/x> <{RDFS}label> "x" . <http://a/x> <http://a/comment> "{"y" * (17 << 20)}" .'
    (tmp_path / "a.ttl").write_text(text)
    assert list(KnowledgeGraph.load(tmp_path / "a.ttl").labels) == ["x"]


@pytest.mark.parametrize("style", ["nquads", "trig", "trix", "n3", "hext"])
@pytest.mark.filterwarnings("ignore:Dataset.* is deprecated")  # rdflib's own use of it
def test_formats_of_datasets(tmp_path, graph, style, route):
    dataset = rdflib.Dataset()
    part = dataset.graph(rdflib.URIRef("http://g"))
    for triple in graph.to_rdf():
        part.add(triple)
    path = tmp_path / f"graph.{ {'nquads': 'nq'}.get(style, style) }"
    (part if style == "n3" else dataset).serialize(path, format=style, encoding="utf-8")
    assert KnowledgeGraph.load(path).fingerprint == KnowledgeGraph.from_rdf(graph.to_rdf()).fingerprint


@pytest.mark.parametrize(("suffix", "pack"), [("gz", gzip), ("bz2", bz2), ("xz", lzma)])
@pytest.mark.parametrize("name", ["a.nt", "a.ttl", "a.rdf", "a.jsonld", "a.hext", "a.tsv"])
def test_packed_files(tmp_path, graph, name, suffix, pack, route):
    plain = tmp_path / name
    style = {"a.rdf": "xml", "a.jsonld": "json-ld"}.get(name, plain.suffix[1:])
    plain.write_text("a\tr\tb\n" if name == "a.tsv" else graph.to_rdf().serialize(format=style))
    packed = tmp_path / f"{name.upper()}.{suffix}"
    packed.write_bytes(pack.compress(plain.read_bytes()))
    assert KnowledgeGraph.load(packed).fingerprint == KnowledgeGraph.load(plain).fingerprint
    packed.write_bytes(pack.compress(plain.read_bytes())[:-20])
    with pytest.raises(GraphError, match="cannot be read"):
        KnowledgeGraph.load(packed)


@pytest.mark.parametrize("name", sorted(set(TURTLES) - {"odd iris", "datatypes"}))
def test_hextuples_say_what_the_turtle_says(tmp_path, name):
    (tmp_path / "a.ttl").write_text(HEAD + SKOS + TURTLES[name], encoding="utf-8")
    graph = rdflib.Graph().parse(tmp_path / "a.ttl", publicID="file:///a.ttl")
    graph.serialize(tmp_path / "a.hext", format="hext", encoding="utf-8")
    assert KnowledgeGraph.load(tmp_path / "a.hext").fingerprint == KnowledgeGraph.load(tmp_path / "a.ttl").fingerprint


HEXTUPLES = f"""\ufeff["http://a/x", "{RDFS}label", "x", "{RDF}langString", "en", ""]
["http://a/x", "{RDFS}label", "Xchen", "{RDF}langString", "de", "http://g"]

["_:y", "{RDFS}label", "", "{XSD}string", "", ""]
["_:y", "{RDFS}label", "why", "{XSD}string", null, null]\r
["http://a/x", "http://a/r", "_:y", "localId", "", "_:g"]
["http://a/x", "http://a/r", "http://a/z", "globalId", "", "http://g"]
["http://a/x", "http://a/since", "2021-02-30", "{XSD}date", "", ""]"""


@pytest.mark.filterwarnings("ignore:Dataset.* is deprecated")  # rdflib's own use of it
def test_hextuples_as_rdflib_reads_them(tmp_path):
    path = tmp_path / "a.hext"
    path.write_text(HEXTUPLES, encoding="utf-8", newline="")
    graph = KnowledgeGraph.load(path)
    assert list(graph.labels) == ["x", "why", "z"]
    assert (graph.num_triples, graph.label("_:b0")) == (2, "why")
    source = rdflib.Dataset().parse(data=HEXTUPLES.removeprefix("\ufeff"), format="hext")
    reference = KnowledgeGraph.from_rdf(source)
    assert sorted(reference.labels) == sorted(graph.labels)
    assert reference.num_triples == graph.num_triples


def test_an_unknown_suffix_is_refused_with_those_that_are_read(tmp_path):
    (tmp_path / "graph.nt.zst").write_bytes(b"")
    with pytest.raises(GraphError, match=r"\.ttl \.nt \.nq \.trig .* packed \(\.gz \.bz2 \.xz\), got '\.zst'"):
        KnowledgeGraph.load(tmp_path / "graph.nt.zst")
