import logging
import re
import threading
from datetime import datetime, timezone
from pathlib import Path

import pytest
import rdflib

from kgattn.errors import GraphError
from kgattn.graph import KnowledgeGraph
from kgattn.graph.sparql import DEFAULT_QUERY, plan
from tests.graph.endpoint import serving

PLACE = "http://example.org/"
TURTLE = """
@prefix ex: <http://example.org/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
ex:Berlin a ex:City ; rdfs:label "Berlin"@en, "Berlino"@it ; ex:capitalOf ex:Germany ; ex:population 3500000 .
ex:Germany rdfs:label "Germany"@en, "Deutschland"@de ; skos:altLabel "FRG"@en ; ex:partOf ex:Europe .
ex:Paris a ex:City ; skos:prefLabel "Paris" ; ex:capitalOf ex:France .
ex:Bonn a ex:City ; rdfs:label "Bonn" ; owl:deprecated true .
ex:City rdfs:label "city"@en . ex:capitalOf rdfs:label "is capital of"@en .
"""


@pytest.fixture
def source() -> rdflib.Graph:
    return rdflib.Graph().parse(data=TURTLE, format="turtle")


@pytest.fixture
def served(source):
    with serving(source) as server:
        yield server


@pytest.mark.parametrize("page_size", [1, 4, 1000])
@pytest.mark.parametrize("language", ["en", "de,en"])
def test_an_endpoint_gives_the_graph_its_data_give(served, source, page_size, language):
    graph = KnowledgeGraph.from_sparql(served.address, page_size=page_size, language=language)
    assert graph.fingerprint == KnowledgeGraph.from_rdf(source, language=language).fingerprint
    assert graph.label(PLACE + "Germany") == ("Germany" if language == "en" else "Deutschland")
    assert PLACE + "Bonn" not in graph
    rows = len(source.query(DEFAULT_QUERY))
    assert len(served.queries) == -(-rows // page_size) + 1


def test_load_takes_the_address_of_an_endpoint(served, source):
    assert KnowledgeGraph.load(served.address).fingerprint == KnowledgeGraph.from_rdf(source).fingerprint


def test_an_endpoint_that_gives_fewer_rows_than_asked_is_read_to_the_end(served, source):
    served.max_rows = 3
    graph = KnowledgeGraph.from_sparql(served.address, page_size=100)
    assert graph.fingerprint == KnowledgeGraph.from_rdf(source).fingerprint


CONSTRUCT = """
PREFIX select: <http://example.org/> # SELECT nothing {
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
CONSTRUCT { ?city select:in ?country . ?city rdfs:label ?name . ?country rdfs:label ?other }
WHERE { ?city select:capitalOf ?country ; rdfs:label ?name . ?country rdfs:label ?other }"""


@pytest.mark.parametrize("style", ["nt", "turtle"])
def test_a_construct_query_makes_other_statements(served, style):
    served.graph_format = style
    graph = KnowledgeGraph.load(served.address, query=CONSTRUCT, language="xx")
    assert {graph.label(name) for name in graph.entity_ids} == {"Berlin", "Germany"}
    assert list(graph.relation_ids) == [PLACE + "in"]
    assert "ORDER BY ?city ?country ?name ?other\nLIMIT 10000 OFFSET 0" in served.queries[0]
    paged = KnowledgeGraph.from_sparql(served.address, query=CONSTRUCT, language="xx", page_size=1)
    assert paged.fingerprint == graph.fingerprint
    assert len(served.queries) == 2 + 5


def test_a_query_may_say_where_its_pages_are_cut(served):
    query = """SELECT ?s (rdfs:label AS ?p) ?o WHERE {
        { SELECT ?s WHERE { ?s a ex:City } ORDER BY ?s LIMIT {limit} OFFSET {offset} } ?s rdfs:label ?o }"""
    prefixes = "PREFIX ex: <http://example.org/> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>\n"
    with pytest.raises(GraphError, match=r"must have both \{limit\} and \{offset\}, got one"):
        KnowledgeGraph.from_sparql(served.address, query=query.replace("{offset}", "0"))
    graph = KnowledgeGraph.from_sparql(served.address, query=prefixes + query, page_size=2)
    assert list(graph.labels) == ["Berlin", "Bonn"]
    assert "LIMIT 2 OFFSET 0 }" in served.queries[0]


def test_a_query_with_its_own_limit_is_asked_once(served):
    query = "SELECT ?s ?p ?o { ?s ?p ?o FILTER(isIRI(?s)) } ORDER BY ?s ?p ?o LIMIT 5"
    KnowledgeGraph.from_sparql(served.address, query=query)
    assert served.queries == [query]


def test_an_order_of_the_query_is_kept():
    paging = plan("SELECT ?s ?p ?o { ?s ?p ?o } ORDER BY ?o ?s ?p")
    assert paging.page(10, 20) == "SELECT ?s ?p ?o { ?s ?p ?o } ORDER BY ?o ?s ?p\nLIMIT 10 OFFSET 20"


@pytest.mark.parametrize(
    ("order", "table"),
    [
        ("", "VALUES ?s { <http://example.org/Berlin> ex:Germany }"),
        ("\nORDER BY ?s ?p ?o", "values (?s $o) { (ex:Berlin UNDEF) (ex:Germany UNDEF) # }\n} # {\n"),
    ],
)
def test_pages_are_cut_before_the_values_at_the_end_of_a_query(served, order, table):
    query = f"PREFIX ex: <http://example.org/>\nSELECT ?s ?p ?o {{ VALUES ?t {{ 1 }} ?s ?p ?o }}{order}"
    graph = KnowledgeGraph.from_sparql(served.address, query=f"{query} {table}", page_size=3)
    assert set(graph.entity_ids) == {PLACE + name for name in ("Berlin", "Germany", "Europe")}
    ordered = query if order else f"{query}\nORDER BY ?s ?p ?o"
    assert served.queries[0] == f"{ordered}\nLIMIT 3 OFFSET 0\n{table}"


def test_a_query_with_its_own_limit_and_values_is_asked_once(served):
    query = "SELECT ?s ?p ?o { ?s ?p ?o FILTER(isIRI(?s)) } LIMIT 5 VALUES ?s { <http://example.org/Berlin> }"
    assert plan(query).page(10, 20) == query


def test_blank_nodes_hold_statements_of_one_answer_together(served):
    served.graph.update(
        'INSERT DATA { [] <http://www.w3.org/2000/01/rdf-schema#label> "tower" ; <http://e/in> <http://e/x> }'
    )
    graph = KnowledgeGraph.from_sparql(served.address, query="SELECT ?s ?p ?o { ?s ?p ?o }")
    blank = next(name for name in graph.entity_ids if name.startswith("_:"))
    assert graph.label(blank) == "tower"
    assert "http://e/in" in list(graph.relation_ids)


def test_progress_is_logged_and_headers_are_sent(served, caplog):
    with caplog.at_level(logging.INFO, logger="kgattn.graph.sparql"):
        KnowledgeGraph.from_sparql(served.address, page_size=5, headers={"Authorization": "Bearer x"})
    assert re.search(r"/sparql: page 2, 10 statements so far", caplog.text)
    assert {headers["Authorization"] for headers in served.headers} == {"Bearer x"}


def test_where_a_graph_came_from_is_noted(served):
    graph = KnowledgeGraph.load(served.address, query="SELECT ?s ?p ?o { ?s ?p ?o }")
    (record,) = graph.provenance
    assert (record.name, record.format) == (served.address, "sparql")
    assert record.query == "SELECT ?s ?p ?o { ?s ?p ?o }"
    assert record.read == datetime.now(timezone.utc).date().isoformat()
    assert record.counts["triples"] == graph.num_triples


@pytest.mark.parametrize("status", [429, 503])
def test_a_failure_that_passes_is_tried_again(served, source, status):
    served.misbehave = lambda number, query: (status, {"Retry-After": "0"}, b"busy") if number == 1 else None
    graph = KnowledgeGraph.from_sparql(served.address, retries=1)
    assert graph.fingerprint == KnowledgeGraph.from_rdf(source).fingerprint
    assert served.queries[0] == served.queries[1]


def same_page(number, query):
    body = b'{"head":{"vars":["s","p","o"]},"results":{"bindings":[{"s":{"type":"uri","value":"http://e/a"},'
    body += b'"p":{"type":"uri","value":"http://e/r"},"o":{"type":"uri","value":"http://e/b"}}]}}'
    return 200, {"Content-Type": "application/sparql-results+json"}, body


def other_pages(number, query):
    status, headers, body = same_page(number, query)
    return status, headers, body.replace(b"http://e/a", f"http://e/a{number}".encode())


def answering(status, body, content_type="application/sparql-results+json", **headers):
    return lambda number, query: (status, {"Content-Type": content_type, **headers}, body)


@pytest.mark.parametrize(
    ("misbehave", "arguments", "message"),
    [
        (
            answering(404, b"no such place", "text/plain"),
            {},
            r"HTTP 404 Not Found \(no such place\); check the address",
        ),
        (answering(301, b"", Location="https://e/q"), {}, "has moved to https://e/q: give that address"),
        (answering(503, b"down"), {"retries": 1}, r"HTTP 503 .*\(down\) \(2 attempts\); try again later"),
        (
            answering(200, b"<html>Hello</html>", "text/html"),
            {},
            r"expected application/sparql-results\+json, got text/h",
        ),
        (answering(200, b'{"head": '), {}, r"not readable as application/sparql-results\+json"),
        (answering(200, b"{}"), {}, "not readable as application/sparql-results"),
        (answering(206, b"{}"), {}, r"got part of one \(HTTP 206\)"),
        (answering(200, b"{}", **{"X-SQL-State": "S1TAT"}), {}, "expected a whole answer, got part of one"),
        (answering(200, b"{}", **{"Content-Length": "99"}), {"retries": 0, "timeout": 5.0}, "no answer|broke off"),
        (same_page, {}, "the same page came twice, so the endpoint does not heed OFFSET"),
        (other_pages, {"max_pages": 7}, "expected at most 7 pages of 10000, got more; narrow"),
        (answering(200, b"", "text/turtle"), {"query": CONSTRUCT}, "expected statements, got an empty answer"),
        (answering(200, b"<a> <b>", "text/turtle"), {"query": CONSTRUCT}, "not readable as text/turtle"),
        (answering(200, b"<rdf/>", "application/rdf+xml"), {"query": CONSTRUCT}, "got application/rdf.xml .'<rdf/>'"),
    ],
)
def test_answers_that_make_no_graph_are_explained(served, misbehave, arguments, message):
    served.misbehave = misbehave
    with pytest.raises(GraphError, match=message):
        KnowledgeGraph.from_sparql(served.address, **arguments)
    assert len(served.queries) < 9


def test_an_endpoint_that_never_answers_is_given_up(served):
    given_up = threading.Event()

    def keep_waiting(number, query):
        given_up.wait(60.0)

    served.misbehave = keep_waiting
    with pytest.raises(GraphError, match=r"no answer \(.*timed out\) \(1 attempts\)"):
        KnowledgeGraph.from_sparql(served.address, timeout=0.2, retries=0)
    given_up.set()


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("ASK { ?s ?p ?o }", "by a CONSTRUCT query or by SELECT .*, got 'ASK'"),
        ("DELETE WHERE { ?s ?p ?o }", "got 'DELETE'"),
        ("LOAD <file:///etc/passwd>", "got 'LOAD'"),
        ("what is there?", "got 'what is there.'"),
        ("SELECT ?s ?p { ?s ?p ?o }", "must give three columns .*, got 2"),
        ("SELECT ?s ?o ?p { ?s ?p ?o FILTER(isLiteral(?o)) }", "a statement needs an IRI or a blank node, an IRI"),
        ("SELECT ?s ?p ?o { ?s ?p ?o ", r"HTTP 400 Bad Request \(MALFORMED QUERY"),
        ("CONSTRUCT { <http://a> <http://b> <http://c> } WHERE {}", "must have variables to be paged by"),
    ],
)
def test_queries_that_give_no_statements_are_refused(served, query, message):
    with pytest.raises(GraphError, match=message):
        KnowledgeGraph.from_sparql(served.address, query=query)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("ftp://example.org/sparql", "has an http or https address"),
        ("file:///etc/passwd", "has an http or https address"),
        ("http://me:secret@example.org/sparql", r"http://\.\.\.@example.org: an address must not hold a password"),
        ("http://example.org/graph.ttl", "got the address of a file, and files are not downloaded; download it"),
        ("https://example.org/a/graph.nt.gz?x=1", "files are not downloaded; download it"),
        (Path("https://example.org/sparql"), "must be a string, got a Path"),
    ],
)
def test_addresses_that_are_no_endpoints_are_refused(address, message):
    with pytest.raises(GraphError, match=message) as caught:
        KnowledgeGraph.load(address)
    assert "secret" not in str(caught.value)


def test_numbers_out_of_range_are_refused(tmp_path):
    for arguments in ({"page_size": 0}, {"max_pages": 0}, {"retries": -1}):
        with pytest.raises(GraphError, match=f"{next(iter(arguments))} must be at least"):
            KnowledgeGraph.from_sparql("http://127.0.0.1/sparql", **arguments)
    with pytest.raises(GraphError, match="timeout must be above 0 seconds"):
        KnowledgeGraph.from_sparql("http://127.0.0.1/sparql", timeout=0.0)
    with pytest.raises(GraphError, match="a query is for SPARQL endpoints, got a path"):
        KnowledgeGraph.load(tmp_path, query="SELECT")
