"""`kgattn graph pretrain`: entity vectors by link prediction, and how well they rank."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.table import Table


def pretrain(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="Graph folder, or any source that build reads.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Graph folder to write: new, empty or a graph.")],
    model: Annotated[str, typer.Option(help="transe, distmult, complex or rotate.")] = "transe",
    dim: Annotated[int, typer.Option(help="Numbers of a vector; complex and rotate have two parts of so many.")] = 50,
    epochs: Annotated[int, typer.Option(help="Passes over the training triples.")] = 50,
    learning_rate: Annotated[
        float | None, typer.Option("--lr", help="Learning rate; left out, that of PyG's example for the model.")
    ] = None,
    batch_size: Annotated[int, typer.Option("--batch", help="Triples of a step.")] = 1000,
    seed: Annotated[int, typer.Option(help="Of the split, the first vectors and the order.")] = 0,
    held_out: Annotated[float, typer.Option(help="Share of the triples to rank and not to train on.")] = 0.05,
    valid: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Triples to choose settings by: head, relation and tail ids.")
    ] = None,
    test: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Triples to rank in place of a random share; .tsv or .csv.")
    ] = None,
    language: Annotated[str, typer.Option(help="Language of the text to link later, as for build.")] = "en",
) -> None:
    """Train entity vectors on the triples and write the graph with them. Killed, it goes on when called again.

    Beside the folder OUTPUT it leaves OUTPUT.json: settings, ranks of the held-out triples, versions.
    """
    from rich.console import Console
    from rich.progress import Progress

    from kgattn.cli.graph import save
    from kgattn.encoders.pretraining import PretrainingSettings, given_split, hold_out
    from kgattn.encoders.pretraining import pretrain as train
    from kgattn.errors import ConfigError
    from kgattn.files import write_json
    from kgattn.graph import KnowledgeGraph
    from kgattn.graph.storage import check_replaceable
    from kgattn.linking import EntityLinker
    from kgattn.linking.pipelines import resolve_pipeline

    settings = PretrainingSettings(model, dim, epochs, learning_rate, batch_size, held_out, seed)
    if valid is not None and test is None:
        raise ConfigError("expected --test beside --valid, got none; name the file of triples to rank")
    nlp = resolve_pipeline(language)
    output = Path(output).absolute()
    check_replaceable(output)
    graph = KnowledgeGraph.load(folder, language=nlp.lang or "xx")
    split = hold_out(graph.triples, held_out, seed) if test is None else given_split(graph, valid, test)
    checkpoint = output.with_name(f"{output.name}.unfinished.safetensors")
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(f"{model}, loss ...", total=epochs)

        def watch(done: int, loss: float) -> None:
            progress.update(task, completed=done, description=f"{model}, loss {loss:.4f}")

        result = train(graph, split, settings, checkpoint=checkpoint, watch=watch)
    save(result.graph, EntityLinker(result.graph, nlp=nlp), output)
    report = output.with_name(f"{output.name}.json")
    write_json(report, {**result.report, "environment": _environment()})
    checkpoint.unlink(missing_ok=True)
    printed = Console(markup=False, emoji=False, highlight=False)
    for part, ranks in result.report["ranks"].items():
        printed.print(_table(part, result.report["triples"][part], ranks))
    typer.echo(f"{output}: {graph.num_entities} vectors of {_width(result.graph)} numbers; report in {report}")


def _environment() -> dict[str, Any]:
    import torch

    from kgattn.training.environment import describe_environment

    return describe_environment(torch.device("cpu"), None)


def _width(graph: Any) -> int:
    return int(graph.features.shape[1])


def _table(part: str, count: int, ranks: dict[str, dict[str, float]]) -> "Table":
    from rich.table import Table

    table = Table(title=f"{count} {part} triples")
    table.add_column("ranks")
    for name in ("MRR", "Hits@1", "Hits@3", "Hits@10", "mean rank"):
        table.add_column(name, justify="right")
    for protocol, values in ranks.items():
        shares = [f"{values[name]:.3f}" for name in ("mrr", "hits_at_1", "hits_at_3", "hits_at_10")]
        table.add_row(protocol.replace("_", " "), *shares, f"{values['mean_rank']:.0f}")
    return table
