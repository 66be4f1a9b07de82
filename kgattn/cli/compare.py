"""`kgattn compare`: does the graph help on this corpus?"""

import os
import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kgattn.cli.settings import merge_settings, read_settings, select_rules

if TYPE_CHECKING:
    from kgattn.evidence.comparison import Comparison

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
    config: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Training settings as JSON; may be repeated, later ones win, options last."),
    ] = None,
    rules: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="SELECT rules for all arms that inject: a NAME.rq file or a folder of them."),
    ] = None,
    bf16: Annotated[str | None, typer.Option(help="auto, on or off.")] = None,
    language: Annotated[
        str | None, typer.Option(help="Language of the text: a code or the name of a spaCy pipeline.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Runs side by side, one thread each; by default one a core (1 on a GPU).")
    ] = None,
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
    changes = {
        "limit_train": limit_train,
        "limit_dev": limit_dev,
        "model": model,
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "plugin_learning_rate": plugin_learning_rate,
        "bf16": bf16,
        "language": language,
    }
    settings = merge_settings([read_settings(file) for file in config or ()])

    from rich.console import Console

    from kgattn.evidence.arms import parse_arms
    from kgattn.evidence.compare import compare as run_comparison
    from kgattn.graph import KnowledgeGraph
    from kgattn.ner.corpus import load_corpus
    from kgattn.report.page import write_page
    from kgattn.training.config import TrainConfig

    chosen = parse_arms(arms)
    training = TrainConfig.from_json(settings).with_changes(changes)
    if rules is not None:
        training = training.with_changes({"injection": replace(training.injection, rules=select_rules(rules))})
    corpus = load_corpus(data)
    loaded = KnowledgeGraph.load(graph)
    folder = output or Path("runs") / f"compare-{corpus.name}-{Path(graph).name}"
    shared = [
        *(part for file in config or () for part in ("--config", str(file))),
        *(() if rules is None else ("--rules", str(rules))),
        *(part for name, value in changes.items() if value is not None for part in (option(name), str(value))),
    ]
    command = [
        *("kgattn", "compare", "--data", data, "--graph", graph, "--arms", ",".join(arm.name for arm in chosen)),
        *("--seeds", str(seeds), *shared, "-o", str(folder)),
    ]

    from kgattn.cli.watch import RunWatcher

    with RunWatcher(corpus.name, Console(stderr=True)) as watcher:
        comparison = run_comparison(
            corpus,
            loaded,
            chosen,
            seeds,
            training,
            folder,
            workers=min(workers or default_workers(), len(chosen) * seeds),
            command=shlex.join(command),
            watcher=watcher,
            minutes=minutes,
        )
    write_page(folder / "report.html", f"Does the graph help? {comparison.name}", [comparison])
    print_comparison(comparison)
    typer.echo(f"report: {folder / 'report.html'}")


def print_comparison(comparison: "Comparison") -> None:
    """Print table and verdict on standard output."""
    from rich.console import Console

    from kgattn.report.table import terminal_table

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=120)
    console.print(terminal_table(comparison))
    console.print(comparison.verdict.words, markup=False, soft_wrap=True)


def default_workers() -> int:
    """One for each core this process may use; one for all on a GPU, which runs share badly."""
    import torch

    if torch.cuda.is_available():
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def option(name: str) -> str:
    """The option that sets a setting."""
    return f"--{name.replace('_', '-')}"
