"""HexTuples: lines that are no list of six texts, that never end, or whose literals are costly."""

import gzip
import json

import pytest

LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
XSD = "http://www.w3.org/2001/XMLSchema#"
GOOD = json.dumps(["http://a/x", LABEL, "x", f"{XSD}string", "", ""]) + "\n"


def line(value="y", datatype=f"{XSD}string", language="", subject="http://a/x", predicate="http://a/p", graph=""):
    return json.dumps([subject, predicate, value, datatype, language, graph]) + "\n"


@pytest.mark.parametrize(
    "text",
    [
        "[" * 1_000_000,
        '{"a":' * 1_000_000,
        "[]\n",
        "null\n",
        "\x00\n",
        '["a:a", "a:b"\n',
        GOOD.strip() + GOOD,
        '["a:a", "a:b", ["a:c"], "globalId", "", ""]\n',
        '["a:a", "a:b", "", "globalId", "", ""]\n',
        '["a:a", "a:b", NaN, "globalId", "", ""]\n',
        f'["a:a", "a:b", {"9" * 10_000}, "globalId", "", ""]\n',
        line(subject=""),
        line(predicate="_:p"),
        line(datatype=""),
        line(language="e" * 100_000 + "_"),
        '["a:a", "a:b", "\\ud800", "a:t", "", ""]\n',
        '["a:\\ud800", "a:b", "c", "a:t", "", ""]\n',
    ],
)
def test_broken_lines(attempt, text):
    assert "a.hext:2: broken RDF" in attempt("a.hext", GOOD + text).error


def test_not_utf_8_and_endless_lines(attempt):
    assert "a.hext:2: expected UTF-8" in attempt("a.hext", GOOD.encode() + b'["\xff"]\n').error
    assert "b.hext:1: expected UTF-8" in attempt("b.hext", GOOD.encode("utf-16")).error
    assert "c.hext:2: a line may have 16 MiB" in attempt("c.hext", GOOD + line("x" * (1 << 24))).error
    assert "d.hext:1: a line may have 16 MiB" in attempt("d.hext", b" " * (1 << 25)).error
    assert "empty graph" in attempt("e.hext", b"").error


@pytest.mark.parametrize(
    ("value", "datatype"),
    [
        ("9E999999999", f"{XSD}decimal"),
        ("1" * 1_000_000, f"{XSD}integer"),
        ("<a>" * 100_000, "http://www.w3.org/1999/02/22-rdf-syntax-ns#XMLLiteral"),
        ("P" + "9" * 100_000 + "Y", f"{XSD}duration"),
        ("x" * (1 << 23), f"{XSD}base64Binary"),
    ],
)
def test_costly_literals(attempt, value, datatype):
    assert attempt("a.hext", GOOD + line(value, datatype)).graph["labels"] == ["x"]


def test_many_graphs_and_odd_names(attempt):
    lines = "".join(line("http://a/y", "globalId", graph=f"http://g/{number}") for number in range(20_000))
    odd = line("a b{}", "globalId", subject="not an iri", graph="\n") + line("_:", "localId", subject="_:\t")
    assert attempt("a.hext", GOOD + lines + odd).graph["labels"][:2] == ["a b{}", "not an iri"]


def test_what_is_packed_into_no_room(attempt):
    packed = gzip.compress(GOOD.encode() + (b" " * 127 + b"\n") * (1 << 20))
    assert "unpack" in attempt("a.hext.gz", packed).error
