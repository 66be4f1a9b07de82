"""`kgattn demo`: the main job from end to end on what the package brings along."""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kgattn.errors import ConfigError

if TYPE_CHECKING:
    from rich.console import Console

    from kgattn.graph import KnowledgeGraph
    from kgattn.linking import EntityLinker
    from kgattn.ner.corpus import Corpus

ARMS = "plain,biased,shuffled-entities"
SEEDS = 2
EPOCHS = 10
EVALUATIONS = 5
EXAMPLES = 5
CONTROLS = {
    "positive": "names whose kind only the graph tells: biased should win",
    "negative": "labels the graph knows nothing about: biased should not win",
}


def demo(
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for graph, runs and report.")] = Path(
        "runs/demo"
    ),
    model: Annotated[str, typer.Option(help="minilm, bert-tiny, a folder or a hub name.")] = "minilm",
    seeds: Annotated[int, typer.Option(min=1, help="Runs of each arm.")] = SEEDS,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the training sentences.")] = EPOCHS,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Runs side by side; by default one a core (1 on a GPU).")
    ] = None,
) -> None:
    """Build the bundled graph, link, fine-tune with and without it on two controls, and report. A few minutes.

    No network is needed. In the positive control the graph is needed by construction, in the negative one it cannot
    help: a method that wins there too would be fooling itself. What the two show is reported as it comes out.
    """
    data = bundled_data()

    from rich.console import Console

    from kgattn.cli.compare import default_workers, print_comparison
    from kgattn.cli.watch import RunWatcher
    from kgattn.evidence.arms import parse_arms
    from kgattn.evidence.compare import compare
    from kgattn.evidence.examples import write_examples
    from kgattn.evidence.preflight import check_arms
    from kgattn.ner.corpus import load_corpus
    from kgattn.report.finding import Finding
    from kgattn.report.page import write_page
    from kgattn.training.config import TrainConfig

    progress = Console(stderr=True)
    corpora = {control: load_corpus(data / "demo" / control) for control in CONTROLS}
    config = TrainConfig(model=model, epochs=epochs, evaluations=EVALUATIONS)
    arms = parse_arms(ARMS)
    for corpus in corpora.values():
        check_arms(arms, config, corpus)
    with progress.status("building the graph"):
        graph, linker = build_graph(data / "bundled", output / "graph")
    show_links(Console(highlight=False, soft_wrap=True), graph, linker, corpora["positive"])
    findings = []
    for number, (control, meaning) in enumerate(CONTROLS.items(), start=1):
        with RunWatcher(f"{number}/{len(CONTROLS)} {control} control", progress) as watcher:
            comparison = compare(
                corpora[control],
                graph,
                arms,
                seeds,
                config,
                output / control,
                workers=min(workers or default_workers(), len(arms) * seeds),
                name=f"{control} control: {meaning}",
                command="kgattn demo",
                watcher=watcher,
            )
        examples = write_examples(output / control, comparison, corpora[control].test, EXAMPLES)
        findings.append(Finding(comparison, examples))
    for finding in findings:
        typer.echo()
        print_comparison(finding.comparison)
    write_page(output / "report.html", "kgattn demo: does the graph help?", findings)
    typer.echo(f"\nreport: {output / 'report.html'}")


def bundled_data() -> Path:
    """The folder of the data package that comes with kgattn: graph tables and corpora, not code to import.

    Raises:
        ConfigError: The data package is not installed.
    """
    spec = find_spec("kg_data")  # finds the folder, imports nothing
    for location in (spec.submodule_search_locations or ()) if spec else ():
        if (Path(location) / "bundled").is_dir() and (Path(location) / "demo").is_dir():
            return Path(location)
    raise ConfigError("the data of the demo (package kg_data) is not installed; install kgattn from its source tree")


def build_graph(tables: Path, folder: Path) -> "tuple[KnowledgeGraph, EntityLinker]":
    """Read the bundled tables, and write them as a graph folder with the linker's index beside.

    Raises:
        StorageError: The folder cannot be written.
    """
    from kgattn.cli.graph import save
    from kgattn.graph import KnowledgeGraph
    from kgattn.linking import EntityLinker

    built = KnowledgeGraph.load(tables)
    save(built, EntityLinker(built), folder)
    graph = KnowledgeGraph.load(folder)
    return graph, EntityLinker(graph)


def show_links(console: "Console", graph: "KnowledgeGraph", linker: "EntityLinker", corpus: "Corpus") -> None:
    """Print the graph's size and a few test sentences with what the linker finds in them."""
    from rich.text import Text

    console.print(
        f"The bundled graph: {graph.num_entities:,} entities, {graph.num_triples:,} triples, "
        f"{graph.num_relations} relations. Its mentions in sentences of the positive control:\n"
    )
    docs = (linker(" ".join(sentence.words)) for sentence in corpus.test)
    linked = ((doc, mentions) for doc in docs if (mentions := linker.mentions(doc)))
    for (doc, mentions), _ in zip(linked, range(EXAMPLES), strict=False):
        line = Text(f"  {doc.text}")
        for mention in mentions:
            line.stylize("bold underline", mention.start_char + 2, mention.end_char + 2)
        console.print(line)
        for mention in mentions:
            surface_form = doc.text[mention.start_char : mention.end_char]
            for candidate in mention.candidates:
                kinds = ", ".join(graph.types(candidate.entity_id))
                meant = f"{graph.label(candidate.entity_id)} ({kinds}, {candidate.prior:.2f})"
                console.print(f"      {surface_form} -> {meant}", markup=False)
    console.print()
