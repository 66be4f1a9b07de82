"""Ontologies whose closure has no measure: it is made in a process of its own, which is stopped."""

import pytest

pytest.importorskip("reasonable")

OWL = "http://www.w3.org/2002/07/owl#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
LABEL = f'<http://a/x> <{RDFS}label> "x" .\n'


def link(head, relation, tail):
    return f"<http://a/{head}> <{relation}> <http://a/{tail}> .\n"


def chain(relation, size):
    return "".join(link(n, relation, n + 1) for n in range(size))


TRANSITIVE = f"<http://a/r> <{RDF}type> <{OWL}TransitiveProperty> .\n"
ENDLESS = {
    "classes in a chain": chain(f"{RDFS}subClassOf", 300),
    "a ring": TRANSITIVE + chain("http://a/r", 150) + link(150, "http://a/r", 0),
    "all the same": "".join(link(0, f"{OWL}sameAs", n) for n in range(1, 150)),
    "properties in a chain": chain(f"{RDFS}subPropertyOf", 200) + "".join(link(n, "http://a/0", 0) for n in range(200)),
}


@pytest.mark.parametrize("text", ENDLESS.values(), ids=ENDLESS)
def test_closures_without_measure_are_refused(attempt, text):
    error = attempt("a.nt", LABEL + text, "close").error
    assert "a.nt: a closure may add 10000 statements to the " in error
    assert error.endswith("or take --ancestors in the place of --closure")


def test_a_closure_without_end_is_stopped(attempt):
    error = attempt("a.nt", LABEL + TRANSITIVE + chain("http://a/r", 700), "close briefly").error
    # a millisecond a statement; in full it takes 6 s and 600 MiB: time is over first, on faster machines too
    assert "a.nt: a closure may take 0.702 s" in error


def test_what_follows_within_the_limits_is_there(attempt):
    graph = attempt("a.nt", LABEL + TRANSITIVE + chain("http://a/r", 100), "close").graph
    assert graph["triples"] == 100 * 101 // 2


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.ttl", LABEL + "<a:a> <b:b>\n", "broken RDF"),
        ("a.ttl", f"<a:a> <a:b> {'[ <a:b> ' * 20_000}", "broken RDF"),
        ("a.owl", '<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]><a>&a;</a>', "external and parameter"),
        ("a.jsonld", '{"@context": "http://127.0.0.1:9/", "@id": "a:a"}', "contexts are not fetched"),
    ],
)
def test_hostile_files_are_refused_before_anything_follows(attempt, name, text, message):
    assert message in attempt(name, text, "close").error


@pytest.mark.parametrize(
    "text",
    [
        f"<http://a/x> <{OWL}imports> <http://127.0.0.1:9/a.ttl>, <file:///etc/passwd> .\n",
        f'<http://a/x> <http://a/p> "{"9" * 10_000}"^^<http://www.w3.org/2001/XMLSchema#integer> .\n',
        '<http://a/x> <http://a/p> "1e999999999"^^<http://www.w3.org/2001/XMLSchema#decimal> .\n',
        f'<http://a/x> <http://a/p> "\\u0000\\u001b[31m\\n\\"\\\\"@en .\n_:x <{OWL}sameAs> <http://a/x> .\n',
        f"<{OWL}sameAs> <{OWL}sameAs> <{OWL}sameAs> .\n<{RDF}type> <{RDFS}subPropertyOf> <{RDFS}label> .\n",
        f"_:l <{RDF}rest> _:l .\n_:l <{RDF}first> <http://a/x> .\n<http://a/c> <{OWL}unionOf> _:l .\n",
    ],
    ids=["imports", "a long number", "a vast exponent", "odd signs", "everything the same", "a list in a ring"],
)
def test_odd_statements_are_taken_or_refused(attempt, text):
    outcome = attempt("a.ttl", LABEL + text, "close")
    assert "x" in outcome.graph.get("labels", []) or "a.ttl: " in outcome.error
