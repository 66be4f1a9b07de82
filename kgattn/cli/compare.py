"""`kgattn compare`: does the graph help on this corpus?"""

import os
import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kgattn.cli.report import FORMATS, check_format, render
from kgattn.cli.settings import StopListFile, merge_settings, read_settings, select_rules, with_stop_list
from kgattn.errors import ConfigError

if TYPE_CHECKING:
    from rich.console import Console

    from kgattn.evidence.comparison import Comparison
    from kgattn.evidence.curve import Curve
    from kgattn.report.finding import Finding

TEXT = "text"
REPORT = "report.html"
EXAMPLES = 8
MAIN_ARMS = "plain,biased,bias-only,values-only,shuffled-entities"


def _print_arms(wanted: bool) -> bool:
    if wanted:
        from kgattn.evidence.arms import ARMS

        width = max(map(len, ARMS))
        for arm in ARMS.values():
            typer.echo(f"{arm.name:{width}}  {arm.role:8}  {arm.description}")
        raise typer.Exit
    return wanted


def compare(
    data: Annotated[
        str, typer.Option("--data", metavar="CORPUS", help="Folder with train, dev and test files, or a hub name.")
    ],
    graph: Annotated[str, typer.Option("--graph", metavar="DIR", help="Graph folder, or any source of one.")],
    arms: Annotated[
        str, typer.Option(help="What to run, with commas between; --list-arms tells which there are.")
    ] = MAIN_ARMS,
    seeds: Annotated[int, typer.Option(min=1, help="Runs of each arm; arms share the seeds 0, 1, ...")] = 3,
    limit_train: Annotated[
        int | None, typer.Option(min=1, help="Learn from a sample of so many sentences, another one for each seed.")
    ] = None,
    limit_dev: Annotated[int | None, typer.Option(min=1, help="Choose by a sample of so many sentences.")] = None,
    model: Annotated[str | None, typer.Option(help="minilm, bert-tiny, a folder or a hub name.")] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Passes over the training sentences.")] = None,
    batch_size: Annotated[int | None, typer.Option(min=1, help="Windows in a step.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Of the base model.")] = None,
    plugin_learning_rate: Annotated[float | None, typer.Option(help="Of what is injected.")] = None,
    distant_epochs: Annotated[
        float | None,
        typer.Option(
            min=0, help="Passes over all text of train and unlabelled.txt, without gold, to learn from links first."
        ),
    ] = None,
    config: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Training settings as JSON; may be repeated, later ones win, options last."),
    ] = None,
    rules: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="SELECT rules for all arms that inject: a NAME.rq file or a folder of them."),
    ] = None,
    use_stop_list: StopListFile = None,
    bf16: Annotated[str | None, typer.Option(help="auto, on or off.")] = None,
    language: Annotated[
        str | None, typer.Option(help="Language of the text: a code or the name of a spaCy pipeline.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Runs side by side, one thread each; by default one a core (1 on a GPU).")
    ] = None,
    curve: Annotated[
        str | None,
        typer.Option(metavar="SIZES", help="Compare at each of these training sizes, such as 50,100,200,500,1000,all."),
    ] = None,
    examples: Annotated[
        int, typer.Option(min=0, help="Sentences to show in the report, of either direction of change; 0 keeps none.")
    ] = EXAMPLES,
    print_format: Annotated[str, typer.Option("--format", help=f"What to print: text, {', '.join(FORMATS)}.")] = TEXT,
    minutes: Annotated[
        float | None, typer.Option(help="Begin no run that would likely end later than this; go on another time.")
    ] = None,
    list_arms: Annotated[
        bool, typer.Option("--list-arms", callback=_print_arms, is_eager=True, help="Describe all arms and exit.")
    ] = False,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder for results; finished runs there are not repeated.")
    ] = None,
) -> None:
    """Train every arm with every seed, and say in numbers and words whether the graph helps."""
    check_format(print_format, (TEXT, *FORMATS))
    if curve is not None:
        _check_curve(limit_train)
    changes = {
        "limit_train": limit_train,
        "limit_dev": limit_dev,
        "model": model,
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "plugin_learning_rate": plugin_learning_rate,
        "distant_epochs": distant_epochs,
        "bf16": bf16,
        "language": language,
    }
    settings = merge_settings([read_settings(file) for file in config or ()])

    from rich.console import Console

    from kgattn.evidence.arms import parse_arms
    from kgattn.evidence.budget import Allowance
    from kgattn.evidence.compare import compare as run_comparison
    from kgattn.evidence.curve import parse_sizes, run_curve
    from kgattn.evidence.examples import write_examples
    from kgattn.graph import KnowledgeGraph
    from kgattn.linking.pipelines import resolve_pipeline
    from kgattn.ner.corpus import load_corpus
    from kgattn.report.finding import Finding
    from kgattn.report.page import write_page
    from kgattn.training.config import TrainConfig

    training = TrainConfig.from_json(settings).with_changes(changes)
    # beside the main arms, what further text is worth by itself
    chosen = parse_arms(f"{arms},distilled" if arms == MAIN_ARMS and training.distant_epochs else arms)
    if rules is not None:
        training = training.with_changes({"injection": replace(training.injection, rules=select_rules(rules))})
    training = training.with_changes({"linker": with_stop_list(training.linker, use_stop_list)})
    corpus = load_corpus(data)
    loaded = KnowledgeGraph.load(graph, language=resolve_pipeline(training.language).lang or "xx")
    folder = output or Path("runs") / f"compare-{corpus.name}-{Path(graph).name}"
    shared = [
        *(part for file in config or () for part in ("--config", str(file))),
        *(() if rules is None else ("--rules", str(rules))),
        *(() if use_stop_list is None else ("--use-stop-list", str(use_stop_list))),
        *(part for name, value in changes.items() if value is not None for part in (option(name), str(value))),
        *(("--curve", curve) if curve is not None else ()),
    ]
    command = [
        *("kgattn", "compare", "--data", data, "--graph", graph, "--arms", ",".join(arm.name for arm in chosen)),
        *("--seeds", str(seeds), *shared, "-o", str(folder)),
    ]

    from kgattn.cli.watch import RunWatcher

    left = Allowance(minutes)  # of all sizes of a curve together

    def run(settings: TrainConfig, place: Path, title: str) -> Finding:
        with RunWatcher(title, Console(stderr=True)) as watcher:
            comparison = run_comparison(
                corpus,
                loaded,
                chosen,
                seeds,
                settings,
                place,
                workers=min(workers or default_workers(), len(chosen) * seeds),
                command=shlex.join(command),
                watcher=watcher,
                minutes=left.minutes(),
                cache=folder,
            )
        finding = Finding(comparison, write_examples(place, comparison, corpus.test, examples))
        write_page(place / REPORT, page_title(finding), [finding])
        return finding

    if curve is None:
        finding = run(training, folder, corpus.name)
    else:
        sizes = parse_sizes(curve, len(corpus.train))
        findings: list[Finding] = []

        def run_size(size: int, place: Path) -> "Comparison":
            limit = size if size < len(corpus.train) else None
            findings.append(run(replace(training, limit_train=limit), place, f"{corpus.name}, {size:,} sentences"))
            return findings[-1].comparison

        made = run_curve(sizes, folder, run_size)
        _tell_of_missing(sizes[len(made.sizes) :])
        finding = replace(findings[-1], curve=made)
        write_page(folder / REPORT, page_title(finding), [finding])
    _print_finding(finding, print_format, folder / REPORT)


def _check_curve(limit_train: int | None) -> None:
    if limit_train is not None:
        raise ConfigError("--curve sets the number of training sentences itself; leave out --limit-train")


def _print_finding(finding: "Finding", print_format: str, report: Path) -> None:
    if print_format != TEXT:
        typer.echo(render(print_format, page_title(finding), [finding]), nl=False)
        return
    if finding.curve is not None:
        print_curve(finding.curve)
    print_comparison(finding.comparison)
    typer.echo(f"report: {report}")


def _tell_of_missing(sizes: Sequence[int]) -> None:
    if sizes:
        missing = ", ".join(map(str, sizes))
        typer.echo(f"there was no time for {missing} sentences; run the same command again to go on", err=True)


def page_title(finding: "Finding") -> str:
    """Title of a report about one finding."""
    return f"Does the graph help? {finding.comparison.name}"


def print_curve(curve: "Curve") -> None:
    """Print a learning curve's table on standard output."""
    from rich.text import Text

    from kgattn.report.grid import curve_grid
    from kgattn.report.table import grid_table

    console = wide_console()
    console.print(grid_table(curve_grid(curve)))
    for size, comparison in list(zip(curve.sizes, curve.comparisons, strict=True))[:-1]:  # the last is printed whole
        for warning in comparison.warnings:
            console.print(Text(f"warning, {size:,} sentences: {warning}"), soft_wrap=True)


def print_comparison(comparison: "Comparison") -> None:
    """Print table, verdict and warnings on standard output."""
    from kgattn.report.table import terminal_table

    console = wide_console()
    console.print(terminal_table(comparison))
    console.print(comparison.verdict.words, markup=False, soft_wrap=True)
    for warning in comparison.warnings:
        console.print(f"warning: {warning}", markup=False, soft_wrap=True)


def wide_console() -> "Console":
    """Standard output, wide enough for a table where it is no terminal."""
    from rich.console import Console

    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=130)


def default_workers() -> int:
    """One for each core this process may use; one for all on a GPU, which runs share badly."""
    import torch

    if torch.cuda.is_available():
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def option(name: str) -> str:
    """The option that sets a setting."""
    return f"--{name.replace('_', '-')}"
