"""A comparison's table for the terminal and for Markdown."""

from rich.table import Table
from rich.text import Text

from kgattn.evidence.comparison import Comparison
from kgattn.report.rows import HEADER, table_rows


def terminal_table(comparison: Comparison) -> Table:
    """The table for a terminal, biased in bold."""
    table = Table(title=Text(comparison.name), title_justify="left")
    for number, name in enumerate(HEADER):
        table.add_column(name, justify="left" if number == 0 else "right", no_wrap=number < 4)
    for row in table_rows(comparison):
        table.add_row(*(Text(cell) for cell in row.cells), style="bold" if row.emphasised else None)
    return table


def markdown_table(comparison: Comparison) -> str:
    """The table in Markdown, biased in bold, and the verdict below it."""
    lines = [_markdown_row(HEADER), "|---|" + "---:|" * (len(HEADER) - 1)]
    for row in table_rows(comparison):
        name, *cells = (cell.replace("|", r"\|") for cell in row.cells)
        lines.append(_markdown_row((f"**{name}**" if row.emphasised else name, *cells)))
    return "\n".join((*lines, "", comparison.verdict.words))


def _markdown_row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"
