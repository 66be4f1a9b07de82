"""CSV, TSV and OBO that break the rules, and tables of a folder."""

import pytest


@pytest.mark.parametrize("suffix", ["csv", "tsv", "txt"])
@pytest.mark.parametrize(
    "content",
    [
        b"a,b\na\tb\n",
        b"a,r,b,c\na\tr\tb\tc\n",
        b",,\n\t\t\n",
        b"head,relation,head\nhead\trelation\thead\n",
        b"head,relation,tail,extra\nhead\trelation\ttail\textra\n",
        b"\xff\xfe\x00a",
        b"a,r,\xff\na\tr\t\xff\n",
        b"",
        b"\n\n\n",
        b"head,relation,tail\nhead\trelation\ttail\n",
    ],
)
def test_ragged_and_broken(attempt, content, suffix):
    assert f"a.{suffix}" in attempt(f"a.{suffix}", content).error


@pytest.mark.parametrize(
    "content",
    ['a,"r,b\n' * 10, 'a,r,"' + "x" * 200_000 + '"\n', 'a,r,b"c"\n"a"b,r,c\n', '"' * 1_000_001, '"a\n' * 500_000],
)
def test_quotes_without_end(attempt, content):
    assert "a.csv:" in attempt("a.csv", content).error


@pytest.mark.parametrize("suffix", ["csv", "tsv", "txt"])
def test_a_line_of_millions_of_fields(attempt, suffix):
    line = ("," if suffix == "csv" else "\t").join(["source"] * 3_000_000)
    assert f"a.{suffix}:1: expected the" in attempt(f"a.{suffix}", line).error


@pytest.mark.parametrize("suffix", ["csv", "tsv"])
def test_numbers_nulls_and_formulas_are_texts(attempt, suffix):
    names = [
        "9" * 10_000,
        "1e999999999",
        "-0",
        "NaN",
        "=cmd|'/c calc'!A1",
        "a\0b",
        "\x1b[31m",
        "__class__",
        "../../x",
        "{0.__class__}",
    ]
    rows = [(name, "r", "end") for name in names]
    text = "".join(("\t" if suffix == "tsv" else ",").join(row) + "\n" for row in rows)
    graph = attempt(f"a.{suffix}", text).graph
    assert graph["triples"] == len(names)
    assert set(graph["labels"]) == {*(name[:100] for name in names), "end"}


def test_long_lines_of_tables(attempt):
    assert attempt("a.tsv", f"{'x' * (1 << 24)}\tr\tb\n").graph["longest"] == 1 << 24
    assert "expected the tab-separated columns" in attempt("b.tsv", "x" * (1 << 24)).error
    assert "empty graph" in attempt("c.tsv", "\t" * (1 << 22)).error


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("entities.tsv", b"a\tA\na\tB\n", "listed twice"),
        ("entities.tsv", b"a\n", "expected the tab-separated columns"),
        ("entities.tsv", b"a\tA\t" + b"t|" * 500_000 + b"\n", None),
        ("triples.tsv", b"a\tr\tnowhere\n", "unknown entity"),
        ("labels.tsv", b"nobody\tN\n", "unknown entity"),
        ("labels.tsv", b"x\t" + b"y" * 10_000 + b"\n", None),
        ("about.json", b"[" * 100_000, "expected {"),
        ("about.json", b'{"licence": NaN}', "expected {"),
        ("about.json", b'{"licence": "a", "licence": "b", "sources": ["c"]}', None),
        ("about.json", b"9" * 10_000, "expected {"),
    ],
)
def test_folders_of_tables(attempt, tmp_path, name, content, message):
    folder = tmp_path / "tables"
    folder.mkdir()
    (folder / "entities.tsv").write_text("x\tX\n")
    (folder / name).write_bytes(content)
    outcome = attempt("tables")
    assert message in outcome.error if message else outcome.graph["entities"] == 1


TERM = "[Term]\nid: A:1\nname: one\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (TERM + "is_a: A:1\n", None),
        (f"format-version: 1.2\nimport: http://127.0.0.1:9/a.obo\nimport: file:///etc/passwd\n\n{TERM}", None),
        (TERM + "".join(f"\n[Term]\nid: A:{n}\nname: term\nis_a: A:{(n + 1) % 500}\n" for n in range(2, 501)), None),
        (TERM + 'synonym: "' + "x" * (1 << 20) + '" EXACT []\n', None),
        (TERM + 'synonym: "' + '\\"' * (1 << 22) + "\n", ":4: broken OBO"),
        (TERM + 'synonym: "x" EXACT ' + "[" * (1 << 18) + "\n", ":4: broken OBO"),
        (TERM + "is_a: nowhere\nrelationship: r A:2\n", None),
        (TERM + "".join(f"intersection_of: r A:{n % 2}\n" for n in range(20_000)), None),
        (TERM + "namespace: " + "x" * (1 << 20) + "\n", None),
        (TERM + 'synonym: "open EXACT []\n', ":4: broken OBO"),
        (TERM + "\0\1\2", None),
        (TERM + "name: \xff\n", ":4: expected UTF-8"),
        ("[Term]\nname: no id\n", ":2: broken OBO"),
        ("[Term\n", ":1: broken OBO"),
        ("", "empty graph"),
        ("! only a comment\n", "empty graph"),
        ("{" * 100_000, "empty graph"),
        (TERM * 2, None),
    ],
)
def test_obo(attempt, content, message):
    outcome = attempt("a.obo", content.encode("latin-1"))
    if message is None:
        assert "one" in outcome.graph["labels"]
    else:
        assert message in outcome.error
