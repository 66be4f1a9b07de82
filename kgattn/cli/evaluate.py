"""`kgattn evaluate`: score a finished run."""

import json
from pathlib import Path
from typing import Annotated

import typer


def evaluate(
    run: Annotated[Path, typer.Option("--run", metavar="RUN", help="Folder of a finished run.")],
    data: Annotated[
        str,
        typer.Option("--data", metavar="CORPUS", help="Folder with a file for the split, a single file, or a name."),
    ],
    split: Annotated[str, typer.Option(help="train, dev or test.")] = "test",
    graph: Annotated[
        str | None,
        typer.Option(
            "--graph",
            metavar="DIR",
            help="Another graph, or another version of it, in place of the run's own; "
            "for a plain run it only tells linked entities from others.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Strict typed entity F1 over all gold entities, by type, linked or not, seen in training or not."""
    from kgattn.cli.scores import print_scores
    from kgattn.graph import KnowledgeGraph
    from kgattn.linking.pipelines import resolve_pipeline
    from kgattn.ner.corpus import load_corpus
    from kgattn.training.evaluate import evaluate_run
    from kgattn.training.run_folder import RunFolder
    from kgattn.training.tagger import run_settings

    RunFolder(run).result()  # an unfinished run is refused before anything is loaded
    corpus = load_corpus(data)
    loaded = None
    if graph is not None:
        language = run_settings(run)[0].language  # in which the run links
        loaded = KnowledgeGraph.load(graph, language=resolve_pipeline(language).lang or "xx")
    scores = evaluate_run(run, corpus, split, loaded).to_json()
    if as_json:
        given = {"run": str(run), "corpus": corpus.name, "split": split, "graph": graph}
        typer.echo(json.dumps({**given, **scores}, indent=2))
    else:
        print_scores(f"{corpus.name} {split}, {run}" + ("" if graph is None else f", graph {graph}"), scores)
