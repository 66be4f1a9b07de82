"""A comparison's table for the terminal and for Markdown."""

from rich.table import Table
from rich.text import Text

from kgattn.evidence.comparison import Comparison
from kgattn.report.grid import Grid
from kgattn.report.rows import header, table_rows


def terminal_table(comparison: Comparison) -> Table:
    """The table for a terminal, biased in bold."""
    table = Table(title=Text(comparison.name), title_justify="left")
    for number, name in enumerate(header(comparison)):
        table.add_column(name, justify="left" if number == 0 else "right", no_wrap=number < 4)
    for row in table_rows(comparison):
        table.add_row(*(Text(cell) for cell in row.cells), style="bold" if row.emphasised else None)
    return table


def grid_table(grid: Grid) -> Table:
    """A table of a report for a terminal, its emphasised row or column in bold."""
    table = Table(title=Text(grid.title), title_justify="left")
    for number, name in enumerate(grid.header):
        table.add_column(
            name, justify="left" if number == 0 else "right", style="bold" if name == grid.emphasised else ""
        )
    for row in grid.rows:
        table.add_row(*map(Text, row), style="bold" if row[0] == grid.emphasised else None)
    return table


def markdown_table(comparison: Comparison) -> str:
    """The table in Markdown, biased in bold, and below it the verdict and the warnings."""
    rows = table_rows(comparison)
    lines = markdown_lines(
        header(comparison), [row.cells for row in rows], [row.cells[0] for row in rows if row.emphasised]
    )
    below = [comparison.verdict.words, *(f"Warning: {warning}" for warning in comparison.warnings)]
    return "\n".join((*lines, *(line for text in below for line in ("", text))))


def markdown_lines(
    names: tuple[str, ...], rows: list[tuple[str, ...]], emphasised: list[str] | None = None
) -> list[str]:
    """A Markdown table, the rows with an emphasised first cell in bold there."""
    lines = [_markdown_row(names), "|---|" + "---:|" * (len(names) - 1)]
    for first, *cells in rows:
        name = _escaped(first)
        shown = f"**{name}**" if first in (emphasised or ()) else name
        lines.append(_markdown_row((shown, *map(_escaped, cells))))
    return lines


def _escaped(cell: str) -> str:
    return cell.replace("|", r"\|")


def _markdown_row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"
