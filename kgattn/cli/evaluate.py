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
        str | None, typer.Option("--graph", metavar="DIR", help="Tells linked entities from others for a plain model.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Strict typed entity F1 over all gold entities, by type, linked or not, seen in training or not."""
    from kgattn.cli.scores import print_scores
    from kgattn.graph import KnowledgeGraph
    from kgattn.ner.corpus import load_corpus
    from kgattn.training.evaluate import evaluate_run
    from kgattn.training.run_folder import RunFolder

    RunFolder(run).result()  # an unfinished run is refused before anything is loaded
    corpus = load_corpus(data)
    scores = evaluate_run(run, corpus, split, KnowledgeGraph.load(graph) if graph is not None else None).to_json()
    if as_json:
        typer.echo(json.dumps({"run": str(run), "corpus": corpus.name, "split": split, **scores}, indent=2))
    else:
        print_scores(f"{corpus.name} {split}, {run}", scores)
