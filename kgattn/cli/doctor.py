"""`kgattn doctor`: can this graph help on this corpus? Answered before anything is trained."""

import json
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kgattn.cli.settings import StopListFile, with_stop_list
from kgattn.errors import ConfigError
from kgattn.files import write_json, write_text

if TYPE_CHECKING:
    from kgattn.evidence.doctor import DoctorReport


class ReportFormat(str, Enum):
    """How the report is printed."""

    text = "text"
    markdown = "markdown"
    json = "json"


def doctor(
    graph: Annotated[str, typer.Option("--graph", metavar="DIR", help="Graph folder, or any source of one.")],
    data: Annotated[
        str, typer.Option("--data", metavar="CORPUS", help="Folder with train, dev and test files, a file, or a name.")
    ],
    split: Annotated[str, typer.Option(help="Where gold is scored: dev, test or train.")] = "dev",
    limit_train: Annotated[
        int | None, typer.Option(min=1, help="Learn from the sample that `train --limit-train` takes with seed 0.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Look at this model's tokenizer too: minilm, bert-tiny, a folder, a hub name.")
    ] = None,
    language: Annotated[str, typer.Option(help="Language code, or an installed spaCy pipeline.")] = "en",
    stop_list: Annotated[
        Path | None, typer.Option("--stop-list", metavar="FILE", help="Write the commonest noise there, to be edited.")
    ] = None,
    use_stop_list: StopListFile = None,
    report_format: Annotated[
        ReportFormat, typer.Option("--format", help="How to print the report.")
    ] = ReportFormat.text,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write the report as JSON there.")
    ] = None,
) -> None:
    """Coverage, precision, ambiguity, type purity, ceiling, noise, a leak check, and a verdict in plain words.

    Gold is read of train and of the split that is scored, by this command alone. Exit code 1 says that gold has reached
    the links.
    """
    if stop_list is not None and stop_list.exists():
        raise ConfigError(f"{stop_list} is there already, perhaps edited; delete it or choose another file")

    from rich.console import Console

    report = _examined(graph, data, split, limit_train, model, language, use_stop_list)
    if stop_list is not None:
        write_text(stop_list, report.stop_list)
        typer.echo(f"{stop_list}: {len(report.noise)} forms; look through them", err=True)
    if output is not None:
        write_json(output, report.to_dict())
    if report_format is ReportFormat.json:
        typer.echo(json.dumps(report.to_dict(), indent=2, ensure_ascii=False))
    else:
        from kgattn.report.doctor_tables import markdown_report, print_report

        if report_format is ReportFormat.markdown:
            typer.echo(markdown_report(report))
        else:
            console = Console(highlight=False)
            print_report(report, console if console.is_terminal else Console(highlight=False, width=120))
    if report.verdict.outcome == "leak":
        raise typer.Exit(1)


def _examined(
    graph: str,
    data: str,
    split: str,
    limit_train: int | None,
    model: str | None,
    language: str,
    use_stop_list: Path | None,
) -> "DoctorReport":
    from rich.console import Console

    from kgattn.evidence.doctor import doctor as examine
    from kgattn.graph import KnowledgeGraph
    from kgattn.linking import EntityLinker
    from kgattn.linking.pipelines import resolve_pipeline
    from kgattn.ner.corpus import load_corpus
    from kgattn.training.checkpoints import load_tokenizer

    progress = Console(stderr=True)
    corpus = load_corpus(data).limit(limit_train)
    tokenizer = None if model is None else load_tokenizer(model)
    code = resolve_pipeline(language).lang or "xx"
    with progress.status("opening the graph"):
        loaded = KnowledgeGraph.load(graph, language=code)
        settings = with_stop_list(None, use_stop_list)
        linker = None if settings is None else EntityLinker(loaded, language, settings)
    with progress.status(f"linking {corpus.name} and looking at it"):
        return examine(loaded, corpus, tokenizer, linker=linker, split=split, language=language)
