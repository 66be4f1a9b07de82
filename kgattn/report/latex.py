"""The tables of a report for a paper, in LaTeX with booktabs."""

from collections.abc import Iterator, Sequence

from kgattn.evidence.corpora import claims
from kgattn.report.finding import Finding
from kgattn.report.grid import Grid, claim_grid, curve_grid, grids

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "±": r"$\pm$",
    "−": "$-$",
    "–": "--",
}


def render_latex(title: str, findings: Sequence[Finding]) -> str:
    """Tables to paste into a paper that loads booktabs; no text of the corpus is in them."""
    lines = [f"% {_one_line(title)}", r"% needs \usepackage{booktabs} and, for its size, \usepackage{graphicx}", ""]
    if len(findings) > 1:
        lines += _table(claim_grid(claims([finding.comparison for finding in findings])), "")
    for finding in findings:
        comparison = finding.comparison
        lines += [f"% {_one_line(text)}" for text in (comparison.verdict.words, *comparison.warnings)]
        if finding.curve is not None:
            lines += _table(curve_grid(finding.curve), comparison.name)
        for number, grid in enumerate(grids(comparison)):
            lines += _table(grid, comparison.name, "" if number else comparison.verdict.words)
    return "\n".join(lines) + "\n"


def escape_latex(text: str) -> str:
    """Text in which nothing is a command."""
    return "".join(_SPECIAL.get(letter, letter) for letter in _one_line(text))


def _table(grid: Grid, name: str, verdict: str = "") -> Iterator[str]:
    caption = " ".join(f"{part.rstrip('.')}." for part in (grid.title, name, verdict, grid.note) if part)
    yield from (r"\begin{table}", r"\centering", r"\resizebox{\linewidth}{!}{%")
    yield rf"\begin{{tabular}}{{l{'r' * (len(grid.header) - 1)}}}"
    yield from (r"\toprule", _row(grid.header), r"\midrule")
    for row in grid.rows:
        yield _row(row, strong=row[0] == grid.emphasised)
    yield from (r"\bottomrule", r"\end{tabular}}", rf"\caption{{{escape_latex(caption)}}}", r"\end{table}", "")


def _row(cells: Sequence[str], *, strong: bool = False) -> str:
    shown = [rf"\textbf{{{escape_latex(cell)}}}" if strong else escape_latex(cell) for cell in cells]
    return " & ".join(shown) + r" \\"


def _one_line(text: str) -> str:
    return " ".join(text.split())
