"""`kgattn report`: show comparisons that were made before, in another form or several together."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kgattn.errors import ConfigError

if TYPE_CHECKING:
    from kgattn.report.finding import Finding

HTML, MARKDOWN, JSON, LATEX = FORMATS = ("html", "markdown", "json", "latex")


def report(
    results: Annotated[
        list[Path],
        typer.Argument(metavar="RESULT...", help="Folders of kgattn compare, or compare.json and curve.json files."),
    ],
    made: Annotated[str, typer.Option("--format", help=", ".join(FORMATS) + ".")] = MARKDOWN,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write there instead of printing.")
    ] = None,
) -> None:
    """Show finished comparisons again, without running anything.

    Several are judged together: the claim that the graph helps is corrected for having been put to several corpora
    (Holm). Only HTML shows sentences of the corpus, those that lie beside a comparison in examples.json.
    """
    check_format(made, FORMATS)

    from kgattn.files import write_text
    from kgattn.report.finding import load_finding

    findings = [load_finding(path) for path in results]
    names = "; ".join(finding.comparison.name for finding in findings)
    text = render(made, f"Does the graph help? {names}", findings)
    if output is None:
        typer.echo(text, nl=False)
    else:
        write_text(output, text)
        typer.echo(f"report: {output}")


def check_format(name: str, known: Sequence[str]) -> None:
    """Raise unless it is a format.

    Raises:
        ConfigError: It is none.
    """
    if name not in known:
        raise ConfigError(f"--format must be among {', '.join(known)}, got {name!r}")


def render(made: str, title: str, findings: "Sequence[Finding]") -> str:
    """A report in one of `FORMATS`, ending with a line break."""
    from kgattn.report.latex import render_latex
    from kgattn.report.markdown import render_markdown
    from kgattn.report.page import render_page

    if made == JSON:
        values = [(finding.curve or finding.comparison).to_json() for finding in findings]
        return json.dumps(values[0] if len(values) == 1 else values, indent=2, ensure_ascii=False) + "\n"
    return {HTML: render_page, MARKDOWN: render_markdown, LATEX: render_latex}[made](title, findings)
