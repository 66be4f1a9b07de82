"""N-Triples, N-Quads, Turtle and TriG: depth, length, broken bytes, odd names."""

import pytest

LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"
TASKS = ["load", "rdflib"]
TEXTS = ["nt", "nq", "ttl", "trig", "n3"]
TURTLES = ["ttl", "trig", "n3"]
GOOD = f'<http://a/x> {LABEL} "x" .\n'


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("suffix", TURTLES)
@pytest.mark.parametrize(
    "text",
    [
        f"<a:a> <a:b> {'[ <a:b> ' * 20_000}<a:c>{']' * 20_000} .",
        f"<a:a> <a:b> {'(' * 20_000}{')' * 20_000} .",
        f"<a:a> <a:b> {'[' * 100_000}",
        f"{'{' * 20_000}",
        f"{'<<' * 20_000}",
        f"<a:a> <a:b> {'<<( <a:a> <a:b> ' * 20_000}",
        f"<a:a> <a:b> {'!' * 20_000}",
        f"<a:a> <a:b> {'<a:c>^' * 20_000}",
    ],
    ids=["blank", "list", "open", "braces", "quoted", "quoted objects", "bangs", "paths"],
)
def test_nesting_without_end(attempt, text, suffix, task):
    outcome = attempt(f"a.{suffix}", GOOD + text, task)
    assert outcome.graph.get("labels") == ["x"] or "broken RDF" in outcome.error


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("suffix", TEXTS)
@pytest.mark.parametrize(
    ("kind", "size"),
    [("text", 1 << 20), ("text", 1 << 22), ("text", 1 << 24), *((k, 1 << 22) for k in ("escapes", "open", "iri"))],
)
def test_one_long_line(attempt, kind, size, suffix, task):
    literal = {"escapes": '"' + "\\n" * (size // 8) + 'y"', "open": '"' + "x" * size}.get(kind, '"' + "x" * size + '"')
    long = f"<http://a/{'x' * size}> {LABEL} 'y' ." if kind == "iri" else f"<http://a/y> <http://a/p> {literal} ."
    if kind == "iri":
        long = long.replace("'", '"')
    outcome = attempt(f"a.{suffix}", GOOD + long, task)
    if kind == "open":
        assert "broken RDF" in outcome.error or "may have 16 MiB" in outcome.error
    elif outcome.error:
        assert size == 1 << 24
        assert "a.n" in outcome.error
        assert "a line may have 16 MiB, got more" in outcome.error
    else:
        assert outcome.graph["labels"] == (["x", "y"] if kind == "iri" else ["x"])


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("suffix", TEXTS)
@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'<http://a/y> <http://a/p> "\xff" .', "expected UTF-8"),
        (b'<http://a/y> <http://a/p> "\xed\xa0\x80" .', "expected UTF-8"),
        (b'<http://a/y> <http://a/p> "\xc3', "expected UTF-8"),
        (b'<http://a/y> <http://a/p> "\\uD800" .', "broken RDF"),
        (b'<http://a/y> <http://a/p> "\\U00110000" .', "broken RDF"),
        (b"<http://a/y> <http://a/p>", "broken RDF"),
        (b'<http://a/y> <http://a/p> "y', "broken RDF"),
        (b"<http://a/y <http://a/p> <http://a/z> .", "broken RDF"),
        (b'"y" <http://a/p> <http://a/z> .', "broken RDF"),
        (b"<http://a/y> _:p <http://a/z> .", "broken RDF"),
        (b'<http://a/y> <http://a/p> "y"@' + b"a" * 100_000 + b"! .", "broken RDF"),
        (b"\x00\x01\x02", "broken RDF"),
    ],
)
def test_broken_lines(attempt, line, message, suffix, task):
    error = attempt(f"a.{suffix}", GOOD.encode() + b"\n" + line, task).error
    assert message in error or (b" <http://a/p> <http" in line and "broken RDF" in error)
    assert f"a.{suffix}:3: " in error


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("suffix", TEXTS)
def test_marks_nulls_and_control_characters(attempt, suffix, task):
    text = f'\ufeff<http://a/x> {LABEL} "\u0000a\u0001\u001b[31m\u007f\u0085\u202e\ufeff\uffff" .\n'
    graph = attempt(f"a.{suffix}", text.encode(), task).graph
    assert graph["labels"] == ["\u0000a\u0001\u001b[31m\u007f \u202e\ufeff\uffff"]


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("suffix", TEXTS)
@pytest.mark.parametrize("content", [b"", b"\n\n", b"# nothing\n" * 1000, b"\xef\xbb\xbf", b" \t\r\n"])
def test_files_of_nothing(attempt, content, suffix, task):
    assert "expected at least one entity, got an empty graph" in attempt(f"a.{suffix}", content, task).error


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize(
    ("iri", "lines"),
    [
        ("http://a/b c", False),
        ('http://a/"', False),
        ("http://a/{x}|^`", True),
        ("urn:a:b", True),
        ("http://a/ü/" + "x" * 9999, True),
    ],
)
def test_odd_iris(attempt, iri, lines, task):
    for suffix in TEXTS:
        outcome = attempt(f"a.{suffix}", f'<{iri}> {LABEL} "y" .\n', task)
        assert outcome.graph.get("labels") == ["y"] or (
            "broken RDF" in outcome.error and suffix in ("nt", "nq") and not lines
        )


@pytest.mark.parametrize("suffix", ["nt", "nq"])
def test_lines_have_no_relative_iris(attempt, suffix):
    assert f"a.{suffix}:1: broken RDF" in attempt(f"a.{suffix}", f'<x> {LABEL} "x" .').error


@pytest.mark.parametrize("task", TASKS)
def test_relative_iris_do_not_leave_the_file(attempt, task):
    text = f'@base <http://b/c/d> . <../../../../etc/passwd> {LABEL} "x" . <file:///etc/passwd> {LABEL} "y" .'
    assert attempt("a.ttl", text, task).graph["labels"] == ["x", "y"]


@pytest.mark.parametrize("task", TASKS)
def test_prefixes_that_change_without_end(attempt, task):
    text = "".join(f"@prefix p: <http://p/{n}/> . @base <http://b/{n}/> . p:a <r> p:b .\n" for n in range(10_000))
    graph = attempt("a.ttl", text + GOOD, task).graph
    assert graph["entities"] == 20_001
    assert graph["triples"] == 10_000


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("kind", ["decimal", "integer", "XMLLiteral", "HTML", "hexBinary", "date", "duration"])
def test_literals_that_are_costly_to_understand(attempt, kind, task):
    laughs = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 10))
    value = {
        "decimal": "1E1000000000",
        "integer": "9" * 100_000,
        "XMLLiteral": f"<!DOCTYPE r [<!ENTITY l0 'ha'>{laughs}]><r>&l9;</r>",
        "HTML": "<div>" * 20_000,
    }.get(kind, "P" + "9" * 100_000 + "Y")
    space = (
        "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
        if kind in ("XMLLiteral", "HTML")
        else "http://www.w3.org/2001/XMLSchema#"
    )
    line = "".join(f'<http://a/{name}> <http://a/p> "{value}"^^<{space}{kind}> .\n' for name in ("y", "\\u0079"))
    for suffix in TEXTS:
        assert attempt(f"a.{suffix}", GOOD + line, task).graph["labels"] == ["x"]


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("text", ["1" * 100_000, "1." + "1" * 100_000, "1e" + "9" * 20, "-" * 50_000])
def test_bare_numbers(attempt, text, task):
    outcome = attempt("a.ttl", f"{GOOD}<a:a> <a:b> {text} .", task)
    assert outcome.graph.get("labels") == ["x"] or "broken RDF" in outcome.error


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { ?s ?p ?o }",
        "LOAD <file:///etc/passwd>",
        "<a:a> <a:b> <a:c>; ; ; . { } =>",
        "@import <http://127.0.0.1:9/> .",
    ],
)
def test_other_languages(attempt, text):
    for suffix in TEXTS:
        assert "broken RDF" in attempt(f"a.{suffix}", GOOD + text).error
