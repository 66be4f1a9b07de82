"""`kgattn graph build` and `kgattn graph info`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from kgattn.graph import KnowledgeGraph
    from kgattn.linking import EntityLinker

graph = typer.Typer(help="Build a graph folder, or look into one.")


@graph.command()
def build(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE...",
            help="Graph folders, TSV folders or files: .ttl .nt .nq .trig .n3 .rdf .owl .trix .jsonld .obo .graphml "
            ".gexf .tsv .csv, also packed (.gz .bz2 .xz). Several are merged by entity id.",
        ),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="Graph folder to write: new, empty or a graph.")],
    language: Annotated[
        str,
        typer.Option(help="Language of the labels to take from RDF and of the text: a code, or a spaCy pipeline."),
    ] = "en",
) -> None:
    """Read graphs in any format, merge them, and write one graph folder with the linker's index."""
    from rich.console import Console

    from kgattn.graph import KnowledgeGraph
    from kgattn.linking import EntityLinker
    from kgattn.linking.pipelines import resolve_pipeline

    nlp = resolve_pipeline(language)
    console = Console(stderr=True)
    with console.status("reading") as status:
        graphs = []
        for source in sources:
            status.update(f"reading {source}")
            graphs.append(KnowledgeGraph.load(source, language=nlp.lang or "xx"))
        built = KnowledgeGraph.merge(graphs) if len(graphs) > 1 else graphs[0]
        status.update("indexing labels and aliases")
        linker = EntityLinker(built, nlp=nlp)
        status.update(f"writing {output}")
        save(built, linker, output)
    typer.echo(
        f"{output}: {built.num_entities} entities, {built.num_relations} relations, {built.num_triples} triples, "
        f"{built.num_types} types"
    )


def save(built: "KnowledgeGraph", linker: "EntityLinker", output: Path) -> None:
    """Write the graph folder with the index in its subfolder `linker`: both or, after an error, neither.

    Raises:
        GraphError: `output` holds something other than a graph.
        StorageError: Writing failed; what was there before is untouched.
    """
    from kgattn.graph.storage import INDEX_FOLDER, saving_graph

    with saving_graph(built, output) as folder:
        linker.component.index.save(folder / INDEX_FOLDER)


@graph.command()
def info(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="Graph folder, or any source that build reads.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    top: Annotated[int, typer.Option(min=0, help="How many types, relations and hubs to list.")] = 10,
) -> None:
    """Print sizes, types, relations, hubs and licence of a graph."""
    from kgattn.cli.graph_summary import summarize, tables
    from kgattn.graph import KnowledgeGraph

    summary = summarize(KnowledgeGraph.load(folder), top)
    if as_json:
        typer.echo(json.dumps(summary, indent=2, ensure_ascii=False))
        return
    from rich.console import Console

    console = Console(markup=False, emoji=False, highlight=False)  # labels are data
    for table in tables(summary, folder):
        console.print(table)
