"""The same findings as Markdown and LaTeX, without a sentence of the corpus."""

import re

from kgattn.report.finding import Finding
from kgattn.report.grid import grids, spell_p
from kgattn.report.latex import escape_latex, render_latex
from kgattn.report.markdown import render_markdown
from tests.report.conftest import HOSTILE


def test_markdown_has_verdict_warnings_tables_and_command(finding: Finding) -> None:
    text = render_markdown("Report", [finding])

    lines = text.splitlines()
    assert lines[0] == "# Report"
    assert f"**{finding.comparison.verdict.words}**" in lines
    assert f"- Warning: {finding.comparison.warnings[0]}" in lines
    for grid in grids(finding.comparison):
        assert f"### {grid.title}" in lines
        row = next(line for line in lines if line.startswith("| " + " | ".join(grid.header)))
        assert len({line.count("|") for line in lines[lines.index(row) : lines.index(row) + 2 + len(grid.rows)]}) == 1
    assert "### Learning curve" in lines
    assert finding.comparison.command in lines


def test_no_sentence_leaves_the_page(finding: Finding) -> None:
    for text in (render_markdown("Report", [finding]), render_latex("Report", [finding])):
        assert "Arlen" not in text
        assert "w" * 200 not in text


def test_several_corpora_come_with_holms_correction(finding: Finding) -> None:
    assert "p (Holm)" in render_markdown("Report", [finding, finding])
    assert "p (Holm)" in render_latex("Report", [finding, finding])
    assert "p (Holm)" not in render_markdown("Report", [finding])


def test_latex_tables_are_whole_and_nothing_in_them_is_a_command(finding: Finding) -> None:
    text = render_latex("100% \n certain", [finding])

    assert text.startswith("% 100% \\n certain\n") or text.startswith("% 100%")
    assert text.count(r"\begin{table}") == text.count(r"\end{table}") == len(grids(finding.comparison)) + 1
    for table in re.findall(r"\\begin\{tabular\}\{(\w+)\}(.*?)\\end\{tabular\}", text, re.S):
        columns, body = table
        rows = [line for line in body.splitlines() if line.endswith(r"\\")]
        assert rows
        assert {len(re.findall(r"(?<!\\)&", row)) + 1 for row in rows} == {len(columns)}
    outside = "\n".join(line for line in text.splitlines() if not line.startswith("%"))
    assert not re.search(r"(?<!\\)[%#_]", outside.replace("!}{%", ""))
    assert r"$\pm$" in text


def test_latex_escapes_every_special_letter() -> None:
    assert escape_latex("a_b & 5% {x} \\ ~^<>#$ −1") == (
        r"a\_b \& 5\% \{x\} \textbackslash{} \textasciitilde{}\textasciicircum{}\textless{}\textgreater{}\#\$ $-$1"
    )
    assert escape_latex("two\n\nlines") == "two lines"


def test_hostile_names_stay_in_one_markdown_line(finding: Finding) -> None:
    assert any(HOSTILE in line for line in render_markdown("R", [finding]).splitlines())


def test_p_values_are_spelled() -> None:
    assert [spell_p(p) for p in (None, 0.0004, 0.05, 1.0)] == ["–", "< 0.001", "0.050", "1.000"]
