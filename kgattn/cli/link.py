"""`kgattn link`: find the mentions of a graph's entities in texts."""

import shlex
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from kgattn.cli.link_input import STDIN, Format, Item, Source
from kgattn.cli.link_output import ResumableOutput
from kgattn.cli.link_render import Batch, Rendered, Renderer, batches
from kgattn.cli.link_watch import LinkWatcher
from kgattn.cli.settings import StopListFile, with_stop_list
from kgattn.errors import LinkingError, RunError
from kgattn.files import seen_from, write_text

if TYPE_CHECKING:
    from kgattn.graph import KnowledgeGraph
    from kgattn.linking import EntityLinker

MANY = 10_000
"""Entities of a graph that takes a second or more to index."""


def link(
    graph: Annotated[str, typer.Option("--graph", metavar="DIR", help="Graph folder, or any source of one.")],
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILES", help="Files, also .gz .bz2 .xz; - is standard input."),
    ] = None,
    text: Annotated[list[str] | None, typer.Option("--text", help="A text to link; may be repeated.")] = None,
    kind: Annotated[
        Format, typer.Option("--format", help="A text a line, JSON lines, or columns; auto goes by the suffix.")
    ] = Format.AUTO,
    field: Annotated[
        str | None, typer.Option("--field", metavar="KEY", help="Key of a JSON line to link; else text or tokens.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write JSON lines there; the same command goes on later."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Begin the output anew.")] = False,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Print one JSON object a text, with all candidates.")] = False,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a page that shows the mentions.")
    ] = None,
    html_texts: Annotated[int, typer.Option(min=1, help="Texts the page shows, the first ones.")] = 1000,
    language: Annotated[str, typer.Option(help="Language code, or an installed spaCy pipeline.")] = "en",
    use_stop_list: StopListFile = None,
    processes: Annotated[int, typer.Option("-n", "--processes", min=1, help="Processes that link.")] = 1,
) -> None:
    """Print the mentions in texts: characters [start, end), surface form, entity, label, prior."""
    if bool(files) == bool(text):
        raise typer.BadParameter("give texts by --text or in FILES, one of the two", param_hint="--text / FILES")
    for file in files or ():
        if str(file) != STDIN and (file.is_dir() or not file.exists()):
            found = "a folder" if file.is_dir() else f"no such file{seen_from(file)}"
            raise LinkingError(f"expected a text file, got {file}: {found}; give the path of a UTF-8 text file")
    _check_places(files or [], graph, output, html)
    source = Source(files, kind, field) if files else None

    from kgattn.graph import KnowledgeGraph
    from kgattn.linking import EntityLinker
    from kgattn.linking.pipelines import resolve_pipeline

    settings = with_stop_list(None, use_stop_list)
    nlp = resolve_pipeline(language)
    loaded = KnowledgeGraph.load(graph, language=nlp.lang or "xx")
    started = time.perf_counter()
    linker = EntityLinker(loaded, nlp, settings)
    if linker.component.index.path is None and loaded.num_entities >= MANY and settings is None:
        typer.echo(
            f"indexed {loaded.num_entities:,} entities in {time.perf_counter() - started:.0f} s, as each time; "
            f"kgattn graph build {shlex.quote(graph)} -o FOLDER --language {language} keeps the index beside the graph",
            err=True,
        )
    items = iter(source) if source else iter([Item(given) for given in text or ()])
    if output is None and not jsonl and html is not None:  # nothing but the page is wanted
        items = islice(items, html_texts)
    drawn, earlier = html_texts if html else 0, []
    with ExitStack() as stack:
        store = None
        if output is not None:
            identity = _identity(linker, files or [], text or [], kind, field, language)
            store = stack.enter_context(ResumableOutput(output, identity, overwrite=overwrite))
            earlier = _skip(store, source, items, drawn)
        watcher = stack.enter_context(LinkWatcher(source, Console(stderr=True)))
        form = "json" if jsonl or output is not None else "text" if html is None else "none"
        renderer = Renderer(form, "" if output is None else output.suffix.lower(), linker.component.spans_key)
        page = _page_of(linker, earlier)
        page += _write(_linked(linker, items, source, drawn - len(earlier), renderer, processes), store, watcher)
    if html is not None:
        write_page(html, page, linker.graph)
        typer.echo(f"{html}: {sum(len(found) for _, found in page)} mentions in {len(page)} texts", err=form == "json")
    if source is not None or store is not None:
        total = "" if store is None else f"{output}: {store.records:,} texts, {store.mentions:,} mentions; now "
        typer.echo(f"{total}linked {watcher.total()}", err=True)


def _check_places(files: Sequence[Path], graph: str, output: Path | None, html: Path | None) -> None:
    """See that nothing is written over what is read, or over what else is written."""
    if output is not None and any(_is_same(output, file) for file in files):
        raise LinkingError(f"the output {output} is an input too; name another file")
    if html is None:
        return
    if any(_is_same(html, file) for file in files):
        raise LinkingError(f"the page {html} is an input too; name another file")
    of_output = [] if output is None else [output, *ResumableOutput.beside(output)]
    if any(html.absolute() == file.absolute() or _is_same(html, file) for file in of_output):
        raise LinkingError(f"the page {html} is a file of the output too; name another file")
    if html.resolve().is_relative_to(Path(graph).resolve()):
        raise LinkingError(f"the page {html} would be a part of the graph {graph}; name a file elsewhere")


def _is_same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)


def _identity(
    linker: "EntityLinker", files: Sequence[Path], texts: Sequence[str], kind: Format, field: str | None, language: str
) -> dict[str, Any]:
    """What the output depends on, beside the lines of the files."""
    return {
        "files": [str(file) for file in files],
        "texts": list(texts),
        "format": kind.value,
        "field": field,
        "graph": linker.graph.fingerprint,
        "linker": linker.config.to_dict(),
        "language": {"name": language, "pipeline": linker.nlp.meta["name"], "version": linker.nlp.meta["version"]},
        "lexicon": linker.component.index.lexicon_digest,
        "versions": {"kgattn": version("kgattn"), "spacy": version("spacy")},
    }


def _skip(store: ResumableOutput, source: Source | None, items: Iterator[Item], drawn: int) -> list[Item]:
    """Read over what is linked already, and see that it is still what was linked.

    Returns:
        The first `drawn` items of it, or as many as there are.

    Raises:
        RunError: The input differs, or goes on after the output was finished.
    """
    first = list(islice(items, min(drawn, store.records)))
    skipped = len(first) + sum(1 for _ in islice(items, store.records - len(first)))
    same = source is None or store.digest in (None, source.digest)
    if not same and next(items, None) is None:  # the last chunk's hash holds what comes after the last item too
        same = source is None or store.digest == source.digest
    if not same or skipped < store.records or (store.finished and next(items, None) is not None):
        raise RunError(f"{store.path} was made from other input than this; name another file, or give --overwrite")
    return first


def _page_of(linker: "EntityLinker", items: list[Item]) -> list[Any]:
    """What goes onto the page of items whose output is there already: they are linked once more."""
    renderer = Renderer("none", "", linker.component.spans_key)
    return [shown for part in _linked(linker, iter(items), None, len(items), renderer, 1) for shown in part.page]


def _linked(
    linker: "EntityLinker",
    items: Iterator[Item],
    source: Source | None,
    drawn: int,
    renderer: Renderer,
    processes: int,
) -> Iterator[Rendered]:
    from kgattn.linking.bulk import link_in_bulk

    written = renderer.form == "json"
    chunks = (_checked(batch, linker.nlp.max_length, written=written) for batch in batches(items, source, drawn))
    return link_in_bulk(linker, chunks, renderer, processes)


def _checked(batch: Batch, max_length: int, *, written: bool) -> Batch:
    """The batch itself, if all of it can be linked, and written without a loss; what cannot is named with its place."""
    from kgattn.linking.inputs import check_text, check_words

    for item in batch.items:
        if written and "mentions" in (item.given or ()):
            raise LinkingError(
                f"{item.where}: expected a line without the key 'mentions', under which the mentions found are "
                "written, got one that has it; give the key another name first"
            )
        try:
            if isinstance(item.content, str):
                check_text(item.content, max_length)
            else:
                check_words(item.content, 0)
        except LinkingError as error:
            raise LinkingError(f"{item.where}: {error}") from error
    return batch


def _write(rendered: Iterator[Rendered], store: ResumableOutput | None, watcher: LinkWatcher) -> list[Any]:
    """Write everything out; returns what goes onto the page."""
    page: list[Any] = []
    for part in rendered:
        page.extend(part.page)
        if store is not None:
            counts = {"records": part.items, "tokens": part.tokens, "mentions": part.mentions}
            store.commit(part.output, part.digest, counts)
        else:
            typer.echo(part.output.decode("utf-8"), nl=False)
        watcher.advance(part.items, part.tokens, part.mentions)
    if store is not None:
        store.finish()
    return page


def write_page(path: Path, linked: Sequence[tuple[str, Sequence[Any]]], graph: "KnowledgeGraph") -> None:
    """Write the displaCy page, whole or not at all.

    Raises:
        StorageError: Writing failed; a file that was there is as it was.
    """
    from kgattn.linking.page import mention_page

    write_text(path, mention_page(linked, graph))
