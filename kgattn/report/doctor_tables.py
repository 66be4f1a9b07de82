"""Doctor's report for the terminal and in Markdown."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from kgattn.evidence.doctor.report import DoctorReport
from kgattn.evidence.doctor.sections import Section, leak_lines, report_sections, report_title

_STYLES = {"can help": "bold green", "may help a little": "bold", "unlikely to help": "bold yellow", "leak": "bold red"}


def print_report(report: DoctorReport, console: Console) -> None:
    """Print verdict, remarks, leak check and tables."""
    console.print(Text(report_title(report)))
    console.print()
    console.print(Text(report.verdict.words, style=_STYLES[report.verdict.outcome]))
    for remark in report.verdict.remarks:
        console.print(Text(f"- {remark}"))
    console.print()
    for line in leak_lines(report):
        console.print(Text(line, style="bold red" if report.leaks else ""))
    for section in report_sections(report):
        console.print()
        console.print(_table(section))


def markdown_report(report: DoctorReport) -> str:
    """The same in Markdown."""
    lines = [f"# {report_title(report)}", "", f"**{report.verdict.words}**", ""]
    lines.extend(f"- {line}" for line in (*report.verdict.remarks, *leak_lines(report)))
    for section in report_sections(report):
        places = ["---" if section.stands_left(column) else "---:" for column in range(len(section.header))]
        lines.extend(["", f"## {section.title}", "", _row(section.header), _row(tuple(places))])
        lines.extend(_row(tuple(cell.replace("|", r"\|") for cell in row)) for row in section.rows)
    return "\n".join(lines)


def _table(section: Section) -> Table:
    table = Table(title=Text(section.title), title_justify="left")
    for column, name in enumerate(section.header):
        left = section.stands_left(column)
        table.add_column(name, justify="left" if left else "right", overflow="fold" if left else "ellipsis")
    for row in section.rows:
        table.add_row(*map(Text, row))
    return table


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"
