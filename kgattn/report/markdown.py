"""A report in Markdown: everything of the page but its drawings and its sentences."""

from collections.abc import Iterator, Sequence

from kgattn.evidence.corpora import claims
from kgattn.report.facts import facts
from kgattn.report.finding import Finding
from kgattn.report.grid import Grid, claim_grid, curve_grid, grids
from kgattn.report.table import markdown_lines


def render_markdown(title: str, findings: Sequence[Finding]) -> str:
    """The report as Markdown; no text of the corpus is in it."""
    lines = [f"# {title}", ""]
    if len(findings) > 1:
        lines += _grid(claim_grid(claims([finding.comparison for finding in findings])))
    for finding in findings:
        lines += _section(finding)
    return "\n".join(lines) + "\n"


def _section(finding: Finding) -> Iterator[str]:
    comparison = finding.comparison
    yield from (f"## {comparison.name}", "", f"**{comparison.verdict.words}**", "")
    for warning in comparison.warnings:
        yield f"- Warning: {warning}"
    if comparison.warnings:
        yield ""
    if finding.curve is not None:
        yield from _grid(curve_grid(finding.curve))
    for grid in grids(comparison):
        yield from _grid(grid)
    yield from ("### Settings", "")
    yield from (f"- {name}: {value}" for name, value in facts(comparison))
    yield from ("", "### Run it again", "", "```", comparison.command, "```", "")


def _grid(grid: Grid) -> list[str]:
    return [
        f"### {grid.title}",
        "",
        *markdown_lines(grid.header, list(grid.rows), [grid.emphasised]),
        "",
        grid.note,
        "",
    ]
