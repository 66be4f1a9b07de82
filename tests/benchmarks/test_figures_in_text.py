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


def test_the_table_of_a_large_graph():
    text = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    scale = result("graph_scale")
    small, large = scale["whole_step"][0], scale["whole_step"][1]
    parts = [part["milliseconds"] for part in scale["graph_part"]]
    for cell in (
        f"{scale['build_seconds']:.0f} s, {scale['added_peak_mib']:,.0f} MiB at most",
        f"{scale['save_seconds']:.0f} s, {scale['folder_mib']:.0f} MiB in the folder",
        f"{scale['open_seconds']:.2f} s",
        f"{scale['label_codes_seconds']:.0f} s, {scale['label_codes_mib']:.0f} MiB",
        f"{large['ratio']:.3f} [{large['ratio_low']:.3f}, {large['ratio_high']:.3f}]",
        f"{parts[1]:.0f} ms; on the small graph {parts[0]:.0f} ms",
        f"{scale['mapped_peak_mib'] - scale['model_peak_mib']:.0f} MiB",
    ):
        assert f"| {cell} |" in text
    assert small["ratio"] == 1
    assert f"took {parts[1]:.0f} ms above, of a training step of {large['milliseconds']:,.0f} ms." in text
    assert f"from the page cache about {100 * scale['open_seconds']:.0f}." in text
