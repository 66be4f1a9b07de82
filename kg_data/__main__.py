"""`python -m kg_data`: list the graphs and build one into a graph folder."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from kg_data import bundled_graph, demo_corpus
from kg_data.registry import BUILDERS
from kgattn.errors import ConfigError, KgattnError

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Build the knowledge graphs of kgattn's data.",
)
DEFAULT_SOURCE = Path(__file__).resolve().parent.parent.parent / "shared" / "data"


@app.command("list")
def list_graphs() -> None:
    """Name the graphs that can be built."""
    for name, builder in BUILDERS.items():
        print(f"{name:18} {builder.summary}")


@app.command()
def build(
    name: Annotated[str, typer.Argument(help="One of the names that `list` prints.")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Graph folder to write.")] = None,
    source: Annotated[
        Path, typer.Option(envvar="KGATTN_DATA", help="Folder of all raw data, one folder a source.")
    ] = DEFAULT_SOURCE,
) -> None:
    """Build one graph and save it as a graph folder.

    `build bundled` without -o writes the tables in kg_data/bundled anew from the packages they come from.
    """
    if name not in BUILDERS:
        raise ConfigError(f"expected one of {', '.join(BUILDERS)}, got {name!r}; see `python -m kg_data list`")
    if output is None:
        if name != "bundled":
            raise ConfigError(f"expected a folder for the graph {name}, got none; say where with -o FOLDER")
        bundled_graph.refresh()
        print(f"{bundled_graph.FOLDER}: written anew")
        return
    builder = BUILDERS[name]
    graph = builder.build(source / builder.folder)
    graph.save(output)
    print(f"{output}: {graph.num_entities} entities, {graph.num_relations} relations, {graph.num_triples} triples")


@app.command()
def corpus() -> None:
    """Write the two demo corpora in kg_data/demo anew from the bundled graph."""
    demo_corpus.write_corpora()
    print(f"{demo_corpus.FOLDER}: written anew")


def main() -> None:
    """Run the command line; a wrong input is one line on stderr and exit code 2."""
    try:
        app()
    except KgattnError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
