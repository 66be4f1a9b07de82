"""`kgattn train`: fine-tune a tagger with or without a graph."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from kgattn.cli.settings import StopListFile, merge_settings, read_settings, select_rules, with_stop_list


def train(
    data: Annotated[
        str, typer.Option("--data", metavar="CORPUS", help="Folder with train, dev and test files, or a hub name.")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="RUN", help="Folder of the run; resumed if begun.")],
    graph: Annotated[
        str | None, typer.Option("--graph", metavar="DIR", help="Graph folder, or any source of one; plain needs none.")
    ] = None,
    arm: Annotated[
        str | None, typer.Option(help="plain, biased, shuffled-entities or a part of biased.  [default: biased]")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="minilm, bert-tiny, a folder or a hub name.  [default: minilm]")
    ] = None,
    config: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Training settings as JSON; may be repeated, later ones win, options last."),
    ] = None,
    rules: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="SELECT rules to inject: a NAME.rq file or a folder of them."),
    ] = None,
    use_stop_list: StopListFile = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Sample, new weights, data order, dropout.")] = None,
    limit_train: Annotated[int | None, typer.Option(min=1, help="Learn from a sample of so many sentences.")] = None,
    limit_dev: Annotated[int | None, typer.Option(min=1, help="Choose by a sample of so many sentences.")] = None,
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
    bf16: Annotated[str | None, typer.Option(help="auto, on or off.")] = None,
    language: Annotated[
        str | None, typer.Option(help="Language of the text: a code or the name of a spaCy pipeline.")
    ] = None,
) -> None:
    """Fine-tune, keep the best dev epoch, test once, and leave a run folder. Killed, it goes on when called again."""
    from kgattn.training.run_checks import check_one_process

    check_one_process()
    settings = merge_settings([read_settings(file) for file in config or ()])

    from rich.console import Console

    from kgattn.cli.scores import print_scores
    from kgattn.errors import ConfigError
    from kgattn.evidence.arms import ARMS, parse_arms
    from kgattn.graph import KnowledgeGraph
    from kgattn.linking.pipelines import resolve_pipeline
    from kgattn.ner.corpus import load_corpus
    from kgattn.training.config import TrainConfig
    from kgattn.training.encode import encode_corpus
    from kgattn.training.parts import make_processor
    from kgattn.training.run import train_run

    training = TrainConfig.from_json(settings).with_changes(
        {
            "arm": arm,
            "model": model,
            "seed": seed,
            "limit_train": limit_train,
            "limit_dev": limit_dev,
            "epochs": epochs,
            "batch_size": batch_size,
            "learning_rate": learning_rate,
            "plugin_learning_rate": plugin_learning_rate,
            "distant_epochs": distant_epochs,
            "bf16": bf16,
            "language": language,
        }
    )
    if rules is not None:
        injection = replace(training.injection, rules=select_rules(rules))
        training = training.with_changes({"injection": injection})
    training = training.with_changes({"linker": with_stop_list(training.linker, use_stop_list)})
    chosen, *others = parse_arms(training.arm)
    if others:
        raise ConfigError(f"train runs one arm, got {training.arm}; choose one, or run kgattn compare --arms")
    if not chosen.leaves_model:
        possible = ", ".join(arm.name for arm in ARMS.values() if arm.leaves_model)
        raise ConfigError(
            f"train leaves a model that can be used, of one of the arms {possible}; for {chosen.name} run "
            f"kgattn compare --arms {chosen.name}"
        )
    if graph is None and chosen.role != "plain":
        raise ConfigError(f"the arm {chosen.name} needs a graph; add --graph DIR, or choose --arm plain")
    if graph is None and use_stop_list is not None:
        raise ConfigError(
            "a stop list says what of a graph is not linked; add --graph DIR, or leave --use-stop-list out"
        )
    corpus = load_corpus(data)
    code = resolve_pipeline(training.language).lang or "xx"
    loaded = KnowledgeGraph.load(graph, language=code) if graph is not None else None
    processor = make_processor(training.model, loaded, training.language, training.linker)
    encoded, entity_map = None, None
    if chosen.entities is not None and loaded is not None:
        encoded = encode_corpus(corpus, processor, training)
        entity_map = chosen.entity_map(loaded, encoded.link_counts(loaded.num_entities), training.seed)

    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(f"training {chosen.name}", total=None)
        result = train_run(
            training,
            corpus,
            loaded,
            output,
            injection=chosen.injection(training.injection),
            entity_map=entity_map,
            processor=processor,
            encoded=encoded,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    print_scores(f"{corpus.name} test, {chosen.name}, seed {training.seed}", result.test)
    typer.echo(f"run: {output}")
