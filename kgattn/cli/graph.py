"""`kgattn graph build` and `kgattn graph info`; `kgattn graph pretrain` is in `kgattn.cli.graph_pretrain`."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kgattn.cli.graph_pretrain import pretrain
from kgattn.errors import GraphError

if TYPE_CHECKING:
    from rich.status import Status

    from kgattn.graph import KnowledgeGraph
    from kgattn.linking import EntityLinker

LARGE = 100_000
"""Entities above which batches keep meeting new ones, whose codes are better read than computed."""
graph = typer.Typer(help="Build a graph folder, look into one, or train vectors of its entities.")


@graph.command()
def build(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE...",
            help="Graph folders, TSV folders, files (.ttl .nt .nq .trig .n3 .rdf .owl .trix .jsonld .hext .obo "
            ".graphml .gexf .tsv .csv .txt, also .gz .bz2 .xz) or addresses of SPARQL endpoints. Several are merged by "
            "entity id.",
        ),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="Graph folder to write: new, empty or a graph.")],
    language: Annotated[
        str,
        typer.Option(
            help="Language of the labels to take from RDF and of the text: a code, or a spaCy pipeline. Further codes, "
            "as in 'de,en', stand in where an entity has no label in the first."
        ),
    ] = "en",
    closure: Annotated[
        str | None,
        typer.Option(
            metavar="owl-rl",
            help="Add all that follows from RDF sources taken together: 9 to 30 times the edges, refused above 100 "
            "times or after a minute.  [default: none]",
        ),
    ] = None,
    ancestors: Annotated[
        int, typer.Option(min=0, help="Count what an entity is under, so many steps up, among its types.")
    ] = 0,
    infer_types: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            metavar="SHARE",
            help="Give entities without types those that so large a share of their relations speaks for, such as 0.5.",
        ),
    ] = 0.0,
    rules: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="Add what the CONSTRUCT rules derive: a NAME.rq file or a folder of them."),
    ] = None,
    query: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="File with the CONSTRUCT or SELECT query for SPARQL endpoints."),
    ] = None,
    same_as: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|owl",
            help="Unite entities of several names: a file of two tab-separated columns of ids, or 'owl' for the "
            "owl:sameAs and skos:exactMatch links inside the graphs.",
        ),
    ] = None,
    max_cluster: Annotated[
        int, typer.Option(min=2, help="Most names one entity may get by --same-as before the build is refused.")
    ] = 100,
    codes: Annotated[
        bool | None,
        typer.Option(
            "--codes/--no-codes",
            help="Keep the codes of all labels, from which node features are made, in the folder: 512 bytes an entity "
            f"that training and inference read instead of computing them.  [default: above {LARGE:,} entities]",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Read graphs in any format, merge them, and write one graph folder with the linker's index."""
    from rich.console import Console

    from kgattn.graph import KnowledgeGraph, read_rules
    from kgattn.graph.sources import is_address
    from kgattn.graph.storage import INDEX_FOLDER
    from kgattn.linking import EntityLinker
    from kgattn.linking.pipelines import resolve_pipeline

    if closure not in (None, "owl-rl"):
        raise typer.BadParameter(f"expected owl-rl, got {closure!r}", param_hint="--closure")
    construct = None if rules is None else [rule for rule in read_rules(rules) if rule.kind == "construct"]
    if query is not None and not any(map(is_address, sources)):
        raise GraphError("--query is for SPARQL endpoints, got no address of one among the sources; leave it out")
    first, comma, others = language.partition(",")
    nlp = resolve_pipeline(first.strip())
    languages = f"{nlp.lang or 'xx'}{comma}{others}"
    question = None if query is None else query.read_text(encoding="utf-8")
    console = Console(stderr=True)
    with console.status("reading") as status, _shown_on(status):
        graphs = list(_read(sources, languages, closure, question, status))
        built = graphs[0]
        if len(graphs) > 1 or same_as is not None:
            built = KnowledgeGraph.merge(graphs, same_as=same_as, max_cluster=max_cluster)
        if ancestors:
            built = built.with_ancestors(ancestors)
        if construct is not None:
            status.update("deriving triples")
            built = built.derive(construct)
        if infer_types:
            built = built.with_inferred_types(infer_types)
        status.update("indexing labels and aliases")
        linker = EntityLinker(built, nlp=nlp, index_folder=output / INDEX_FOLDER)  # keeps edits of its words
        status.update(f"writing {output}")
        save(built, linker, output, codes=codes)
    typer.echo(
        f"{output}: {built.num_entities} entities, {built.num_relations} relations, {built.num_triples} triples, "
        f"{built.num_types} types"
    )


def _read(
    sources: list[str], languages: str, closure: str | None, question: str | None, status: "Status"
) -> "Iterator[KnowledgeGraph]":
    """A graph of each source, or one of all that are closed together."""
    from kgattn.graph import KnowledgeGraph
    from kgattn.graph.closure import load_closed
    from kgattn.graph.sources import is_address

    if closure is not None:
        status.update(f"reading and closing {', '.join(sources)}")
        yield load_closed(*sources, language=languages)
        return
    for source in sources:
        status.update(f"reading {source}")
        yield KnowledgeGraph.load(source, language=languages, query=question if is_address(source) else None)


@contextmanager
def _shown_on(status: "Status") -> Iterator[None]:
    """Let a status line say which page of an endpoint was read."""

    class Show(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            status.update(record.getMessage())

    logger, handler = logging.getLogger("kgattn.graph"), Show(logging.INFO)
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)


def save(built: "KnowledgeGraph", linker: "EntityLinker", output: Path, *, codes: bool | None = None) -> None:
    """Write the graph folder with the linker's index and the codes of labels in it: all or, after an error, nothing.

    Args:
        built: The graph.
        linker: Holds the index.
        output: The folder.
        codes: Whether to compute the codes; left out, they are of a graph of more than 100,000 entities.

    Raises:
        GraphError: `output` holds something other than a graph.
        StorageError: Writing failed; what was there before is untouched.
    """
    from kgattn.graph.storage import INDEX_FOLDER, saving_graph

    with saving_graph(built, output) as folder:
        linker.component.index.save(folder / INDEX_FOLDER)
        if codes or (codes is None and built.num_entities > LARGE):
            from kgattn.encoders.label_codes import write_label_codes
            from kgattn.injection import InjectionConfig

            write_label_codes(built, InjectionConfig().code_dim, folder)


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


graph.command()(pretrain)
