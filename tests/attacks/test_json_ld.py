"""JSON-LD: contexts elsewhere, depth, and JSON that Python reads but the standard does not."""

import pytest

RDFS_LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
TERMS = '{"label": "http://www.w3.org/2000/01/rdf-schema#label", "r": "http://a/r"}'


def node(rest, context=TERMS):
    return f'{{"@context": {context}, "@id": "http://a/x", "label": "x"{", " if rest else ""}{rest}}}'


@pytest.mark.parametrize(
    "context",
    [
        '"http://127.0.0.1:9/context"',
        '"https://schema.org/"',
        '"file:///etc/passwd"',
        '"../../../etc/passwd"',
        '"context.jsonld"',
        f'[{TERMS}, "http://127.0.0.1:9/"]',
        '{"@import": "http://127.0.0.1:9/"}',
        '{"label": {"@id": "a:b", "@context": "http://127.0.0.1:9/"}}',
        '[[["http://127.0.0.1:9/"]]]',
    ],
)
def test_contexts_elsewhere(attempt, context):
    assert "contexts are not fetched" in attempt("a.jsonld", node("", context)).error


@pytest.mark.parametrize(
    "context",
    [
        '{"label": {"@id": "label"}}',
        '{"a": "b:x", "b": "a:y", "label": "a:z"}',
        '{"@vocab": "@vocab"}',
        '{"@base": "%%%://["}',
        '{"": "a:"}',
    ],
)
def test_contexts_that_go_round(attempt, context):
    outcome = attempt("a.jsonld", node('"a": {"@id": "a:q"}', context))
    assert outcome.error or outcome.graph["entities"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (node('"r": ' + '{"r": ' * 5000 + "1" + "}" * 5000), "nested 100 levels|recursion"),
        (node('"r": ' + "[" * 5000 + "]" * 5000), "nested 100 levels|recursion"),
        ("[" * 1_000_000, "recursion|broken RDF"),
        ('{"a":' * 1_000_000, "recursion|broken RDF"),
        (node('"r": ' + '{"@list": [' * 90 + "]}" * 90), "nested 100 levels"),
        ('{"@id": "http://a/x"', ":1: broken RDF"),
        ("\x00", ":1: broken RDF"),
        ("", ":1: broken RDF"),
        ("null", ":1: broken RDF"),
        (node('"r": "\\ud800"'), "half a surrogate"),
        (node(f'"r": {"9" * 10_000}'), "broken RDF"),
        (node('"r": {"@value": "1E1000000000", "@type": "http://www.w3.org/2001/XMLSchema#decimal"}'), "exponents"),
        (node("", '{"label": "http://www.w3.org/2000/01/rdf-schema#label", "@version": 9.9, "@protected": []}'), ""),
    ],
)
def test_broken_or_deep(attempt, text, message):
    outcome = attempt("a.jsonld", text)
    if message:
        assert any(part in outcome.error for part in message.split("|"))


@pytest.mark.parametrize(
    "rest",
    [
        '"r": NaN',
        '"r": Infinity',
        '"r": 1e400',
        '"label": "x", "label": "x"',
        '"r": {"@id": "_:b"}',
        '"@graph": [{"@graph": []}]',
        '"@reverse": {"r": {"@id": "http://a/y"}}',
    ],
)
def test_what_python_reads(attempt, rest):
    assert "x" in attempt("a.jsonld", node(rest)).graph["labels"]


def test_the_last_of_two_equal_keys_counts(attempt):
    assert attempt("a.jsonld", node('"label": "y"')).graph["labels"] == ["y"]


def test_not_utf_8(attempt):
    assert ":1: expected UTF-8" in attempt("a.jsonld", b'{"@id": "\xff"}').error
    assert "expected UTF-8" in attempt("b.jsonld", node("").encode("utf-16")).error


def test_a_mark_and_a_long_literal(attempt):
    assert attempt("a.jsonld", "\ufeff" + node(f'"http://a/p": "{"x" * (1 << 24)}"')).graph["labels"] == ["x"]


def terms(size):
    return ", ".join(f'"t{number}": "http://a/{number}"' for number in range(size))


@pytest.mark.parametrize(
    ("context", "inside", "uses"),
    [
        (f'"r": {{"@id": "http://a/r", "@context": {{{terms(1500)}}}}}', '"r": 1', 1500),
        (f'"r": {{"@id": "http://a/r", "@context": [{{}}, {{{terms(1500)}}}]}}', '"r": 1', 1500),
        (f'"K": {{"@id": "http://a/K", "@context": {{{terms(1500)}}}}}', '"@type": "K"', 1500),
        (f'"r": {{"@id": "http://a/r", "@context": {{}}}}, {terms(20_000)}', '"r": 1', 20_000),
        (terms(20_000), '"@context": {"a": "b:c"}', 20_000),
    ],
    ids=["of a term", "in a list", "of a type", "copied", "of nodes"],
)
def test_contexts_that_are_read_again_and_again(attempt, context, inside, uses):
    nodes = ", ".join(f'{{"@id": "http://a/{number}", {inside}}}' for number in range(uses))
    text = f'{{"@context": {{"label": "{RDFS_LABEL}", {context}}}, "@graph": [{nodes}]}}'
    assert "contexts inside of others and of nodes may make for" in attempt("a.jsonld", text).error


def test_small_contexts_of_terms_and_nodes_are_read_however_often(attempt):
    context = f'"label": "{RDFS_LABEL}", "r": {{"@id": "http://a/r", "@context": {{{terms(8)}}}}}'
    nodes = ", ".join(
        f'{{"@id": "http://a/{number}", "label": "x", "r": {{"@id": "http://a/0", "t1": {{"@id": "http://a/1"}}}}}}'
        for number in range(5000)
    )
    assert attempt("a.jsonld", f'{{"@context": {{{context}}}, "@graph": [{nodes}]}}').graph["triples"] == 5001


def test_a_costly_xml_literal(attempt):
    laughs = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 10))
    value = f"<!DOCTYPE r [<!ENTITY l0 'ha'>{laughs}]><r>&l9;</r>"
    rest = f'"http://a/p": {{"@value": "{value}", "@type": "http://www.w3.org/1999/02/22-rdf-syntax-ns#XMLLiteral"}}'
    assert attempt("a.jsonld", node(rest)).graph["labels"] == ["x"]
