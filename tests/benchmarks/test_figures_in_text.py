"""Figures that the documents take from results say what the results say."""

import json
from pathlib import Path

ROOT = Path(__file__).parents[2]


def result(name):
    return json.loads((ROOT / "benchmarks" / "results" / f"{name}.json").read_text(encoding="utf-8"))


def test_the_table_of_pair_terms():
    lines = (ROOT / "docs" / "design.md").read_text(encoding="utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("| bundled, "))
    written = [[cell.strip() for cell in line.split("|")[2:-1]] for line in lines[start : start + 6]]
    rows = [row for row in result("pair_terms")["rows"] if row["graph"] != "random"]
    names = [timing["name"] for timing in rows[0]["timings"]]
    assert names == ["relations", "paths", "types", "siblings", "all three", "rule"]
    assert written == [
        [str(row["candidates"]), *(f"{timing['milliseconds']:.1f}" for timing in row["timings"])] for row in rows
    ]


def test_opening_a_graph_a_hundred_times_as_large():
    text = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    assert f"from the page cache about {100 * result('graph_scale')['open_seconds']:.0f}." in text
