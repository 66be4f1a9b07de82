"""XML that expands, asks for other files, or is nested without end: RDF/XML, TriX, GraphML and GEXF."""

import pytest

RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
RDFS = 'xmlns:rdfs="http://www.w3.org/2000/01/rdf-schema#"'
OPEN, CLOSE = f"<rdf:RDF {RDF} {RDFS}>", "</rdf:RDF>"
LABEL = '<rdf:Description rdf:about="http://a/x"><rdfs:label>{}</rdfs:label></rdf:Description>'
LAUGHS = "".join(f'<!ENTITY l{level} "{f"&l{level - 1};" * 10}">' for level in range(1, 10))
EXPAND, OUTSIDE = "entities may expand to 4096", "external and parameter entities are refused"
DOCTYPES = {
    "laughs": (f'<!DOCTYPE r [<!ENTITY l0 "ha">{LAUGHS}]>', "&l9;", EXPAND),
    "circle": ('<!DOCTYPE r [<!ENTITY a "&b;"><!ENTITY b "&a;">]>', "&a;", EXPAND),
    "quadratic": (f'<!DOCTYPE r [<!ENTITY a "{"x" * 4000}">]>', "&a;" * 100_000, "a document 16 times as long"),
    "in attributes": (f'<!DOCTYPE r [<!ENTITY a "{"x" * 4000}">]>', f'<a b="{"&a;" * 100_000}"/>', "16 times as long"),
    "file": ('<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]>', "&a;", OUTSIDE),
    "relative file": ('<!DOCTYPE r [<!ENTITY a SYSTEM "../../etc/passwd">]>', "&a;", OUTSIDE),
    "network": ('<!DOCTYPE r [<!ENTITY a SYSTEM "http://127.0.0.1:9/a">]>', "&a;", OUTSIDE),
    "public": ('<!DOCTYPE r [<!ENTITY a PUBLIC "-//A//B" "http://127.0.0.1:9/a">]>', "&a;", OUTSIDE),
    "parameter": ("<!DOCTYPE r [<!ENTITY % a \"<!ENTITY b 'c'>\"> %a;]>", "&b;", OUTSIDE),
    "remote parameter": ('<!DOCTYPE r [<!ENTITY % a SYSTEM "http://127.0.0.1:9/a"> %a;]>', "", OUTSIDE),
}


@pytest.mark.parametrize("suffix", ["rdf", "trix", "graphml", "gexf"])
@pytest.mark.parametrize("name", DOCTYPES)
def test_entities(attempt, name, suffix):
    declared, used, message = DOCTYPES[name]
    text = LABEL.format(used) if suffix == "rdf" else f"<node>{used}</node>"
    opening = OPEN if suffix == "rdf" else "<r>"
    outcome = attempt(f"a.{suffix}", f"{declared}\n{opening}{text}</{opening[1:].split()[0].rstrip('>')}>")
    assert message in outcome.error


@pytest.mark.parametrize("task", ["load", "rdflib"])
@pytest.mark.parametrize(
    "declared",
    [
        '<!DOCTYPE r SYSTEM "http://127.0.0.1:9/a.dtd">',
        '<!DOCTYPE r PUBLIC "-//A//B" "http://127.0.0.1:9/a.dtd">',
        '<!DOCTYPE r SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE r SYSTEM "a.dtd" [<!ENTITY e "short">]>',
    ],
)
def test_a_remote_dtd_is_not_fetched(attempt, declared, task):
    assert attempt("a.rdf", f"{declared}{OPEN}{LABEL.format('x')}{CLOSE}", task).graph["labels"] == ["x"]


@pytest.mark.parametrize("task", ["load", "rdflib"])
def test_an_entity_bomb_behind_a_fault_is_not_set_off(attempt, task):
    bomb = f'<!DOCTYPE r [<!ENTITY l0 "ha"> <fault> {LAUGHS}]>{OPEN}{LABEL.format("&l9;")}{CLOSE}'
    assert "broken RDF" in attempt("a.rdf", bomb, task).error


def test_an_entity_bomb_in_utf_16(attempt):
    bomb = f'<!DOCTYPE r [<!ENTITY a "{"x" * 4000}">]>{OPEN}{LABEL.format("&a;" * 100_000)}{CLOSE}'
    assert "16 times as long" in attempt("a.rdf", bomb.encode("utf-16")).error


@pytest.mark.parametrize("task", ["load", "rdflib"])
def test_xml_in_latin_1(attempt, task):
    text = f'<?xml version="1.0" encoding="iso-8859-1"?>{OPEN}{LABEL.format("Köln")}{CLOSE}'
    assert attempt("a.rdf", text.encode("latin-1"), task).graph["labels"] == ["Köln"]


@pytest.mark.parametrize("encoding", ["no-such", "shift_jis", "utf-7", "idna"])
def test_odd_encodings(attempt, encoding):
    text = f'<?xml version="1.0" encoding="{encoding}"?>{OPEN}{LABEL.format("x")}{CLOSE}'
    assert attempt("a.rdf", text).error


@pytest.mark.parametrize("task", ["load", "rdflib"])
@pytest.mark.parametrize(
    "inner", ["<rdfs:a><rdfs:b>|</rdfs:b></rdfs:a>", '<rdfs:a rdf:parseType="Resource">|</rdfs:a>']
)
def test_nesting_without_end(attempt, inner, task):
    opening, closing = inner.split("|")
    text = f'{OPEN}<rdfs:x rdfs:label="x">{opening * 50_000}{closing * 50_000}</rdfs:x>{CLOSE}'
    assert "nested 1000 levels deep" in attempt("a.rdf", text, task).error


@pytest.mark.parametrize("suffix", ["graphml", "gexf", "trix"])
def test_nesting_of_other_xml(attempt, suffix):
    assert "nested 1000 levels deep" in attempt(f"a.{suffix}", "<a>" * 100_000 + "</a>" * 100_000).error


@pytest.mark.parametrize("task", ["load", "rdflib"])
@pytest.mark.parametrize(
    ("kind", "size"),
    [(kind, 1 << 22) for kind in ("other", "markup", "lines")] + [("label", 1 << power) for power in (20, 22, 24)],
)
def test_one_long_literal(attempt, kind, size, task):
    text = {"markup": "<b>x</b>" * (size // 64), "lines": "x\n" * (size // 4)}.get(kind, "x" * size)
    name = {"other": "rdfs:comment", "markup": 'rdfs:comment rdf:parseType="Literal"'}.get(kind, "rdfs:label")
    long = f"<{name}>{text}</{name.split()[0]}>"
    head = (
        f'<rdf:Description rdf:about="http://a/x"><rdfs:label>{"z" if kind in ("label", "lines") else "a"}</rdfs:label>'
    )
    graph = attempt("a.rdf", f"{OPEN}{head}{long}</rdf:Description>{CLOSE}", task).graph
    assert graph["entities"] == 1
    assert graph["longest"] == {"label": size, "lines": size // 4 * 2 - 1}.get(kind, 1)


@pytest.mark.parametrize("task", ["load", "rdflib"])
@pytest.mark.parametrize(
    "content",
    [
        f"{OPEN}<rdf:Description>".encode(),
        f"{OPEN}{LABEL.format('x')}".encode(),
        f"{OPEN}{LABEL.format('x')}{CLOSE}".encode() + b"\xff",
        OPEN.encode() + b"<a>\xff\xfe</a>" + CLOSE.encode(),
        OPEN.encode() + b"<a>\x00</a>" + CLOSE.encode(),
        OPEN.encode() + b"<a>&#0;</a>" + CLOSE.encode(),
        OPEN.encode() + b"<a>&#xD800;</a>" + CLOSE.encode(),
        b"<html><body>404</body></html>",
        b"\x00" * 1000,
    ],
)
def test_broken_xml(attempt, content, task):
    assert attempt("a.rdf", content, task).error


@pytest.mark.parametrize("task", ["load", "rdflib"])
def test_thousands_of_attributes_and_namespaces(attempt, task):
    spaces = " ".join(f'xmlns:n{number}="http://n/{number}"' for number in range(5000))
    attributes = " ".join(f"n{number}:a='{number}'" for number in range(5000))
    text = f"<rdf:Description {spaces} rdf:about='http://a/x' {attributes} rdfs:label='x'/>"
    assert attempt("a.rdf", OPEN + text * 3 + CLOSE, task).graph["labels"] == ["x"]


def test_thousands_of_named_graphs(attempt):
    triple = "<triple><uri>a:a</uri><uri>http://www.w3.org/2000/01/rdf-schema#label</uri><plainLiteral>x</plainLiteral></triple>"
    graphs = "".join(f"<graph><uri>http://g/{number}</uri>{triple}</graph>" for number in range(10_000))
    text = f'<TriX xmlns="http://www.w3.org/2004/03/trix/trix-1/">{graphs}</TriX>'
    assert attempt("a.trix", text).graph["labels"] == ["x"]


def test_graphml_that_is_not(attempt):
    head = (
        '<graphml xmlns="http://graphml.graphdrawing.org/xmlns"><key id="k" for="node" attr.name="a" attr.type="{}"/>'
    )
    nodes = '<graph edgedefault="directed"><node id="n"><data key="k">{}</data></node></graph></graphml>'
    for kind, value in (("int", "many"), ("int", "9" * 10_000), ("no-such", "1"), ("double", "1e999999999")):
        outcome = attempt("a.graphml", head.format(kind) + nodes.format(value))
        assert outcome.error or outcome.graph["entities"] == 1
    assert attempt(
        "b.graphml", head.format("int") + '<graph edgedefault="x"><edge source="a"/></graph></graphml>'
    ).error
