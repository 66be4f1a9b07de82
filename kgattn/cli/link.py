"""`kgattn link`: find the mentions of a graph's entities in texts."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import tee
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kgattn.errors import LinkingError
from kgattn.files import write_text

if TYPE_CHECKING:
    from kgattn.graph import KnowledgeGraph
    from kgattn.linking import EntityLinker
    from kgattn.mentions import Mention


@dataclass(frozen=True)
class Line:
    """A text, and where it came from: a file and its line, counted from 1; None for one from the command line."""

    text: str
    file: str | None = None
    number: int | None = None


def link(
    graph: Annotated[str, typer.Option("--graph", metavar="DIR", help="Graph folder, or any source of one.")],
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILES", help="UTF-8 text files, one text a line; - is standard input."),
    ] = None,
    text: Annotated[list[str] | None, typer.Option("--text", help="A text to link; may be repeated.")] = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Print one JSON object a text, with all candidates.")] = False,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a page that shows the mentions.")
    ] = None,
    language: Annotated[str, typer.Option(help="Language code, or an installed spaCy pipeline.")] = "en",
    processes: Annotated[int, typer.Option(min=1, help="Processes that tokenise.")] = 1,
) -> None:
    """Print the mentions in texts: characters [start, end), surface form, entity, label, prior."""
    if bool(files) == bool(text):
        raise typer.BadParameter("give texts by --text or in FILES, one of the two", param_hint="--text / FILES")
    for file in files or ():
        if str(file) != "-" and not file.is_file():
            raise LinkingError(f"expected a text file, got {file}: no such file; give the path of a UTF-8 text file")

    from kgattn.graph import KnowledgeGraph
    from kgattn.linking import EntityLinker
    from kgattn.linking.pipelines import resolve_pipeline

    nlp = resolve_pipeline(language)
    loaded = KnowledgeGraph.load(graph, language=nlp.lang or "xx")
    linker = EntityLinker(loaded, nlp=nlp)
    lines = [Line(given) for given in text or ()] if text else read_lines(files or [])
    linked = link_lines(linker, lines, processes)
    if html is None:
        for line, mentions in linked:
            typer.echo(as_json(line, mentions, loaded) if jsonl else as_text(line, mentions, loaded))
        return
    kept = []
    for line, mentions in linked:
        kept.append((line.text, mentions))
        if jsonl:
            typer.echo(as_json(line, mentions, loaded))
    write_page(html, kept, loaded)
    typer.echo(f"{html}: {sum(len(found) for _, found in kept)} mentions in {len(kept)} texts", err=jsonl)


def read_lines(files: Sequence[Path]) -> Iterator[Line]:
    """The lines of files that are not blank, one file after the other.

    Raises:
        LinkingError: A file is not UTF-8 text or cannot be read.
    """
    for file in files:
        try:
            with sys.stdin if str(file) == "-" else file.open(encoding="utf-8") as stream:
                for number, line in enumerate(stream, start=1):
                    if line.strip():
                        yield Line(line.rstrip("\r\n"), str(file), number)
        except UnicodeDecodeError as error:
            raise LinkingError(f"{file}: expected UTF-8 text, got other bytes ({error.reason}); convert it") from error
        except OSError as error:
            raise LinkingError(f"{file}: cannot be read ({error.strerror}); give a UTF-8 text file") from error


def link_lines(linker: "EntityLinker", lines: Iterable[Line], processes: int) -> Iterator[tuple[Line, list["Mention"]]]:
    """Each line with its mentions, in order, as a stream."""
    kept, passed = tee(lines)
    docs = linker.pipe((line.text for line in passed), n_process=processes)
    for line, doc in zip(kept, docs, strict=True):
        yield line, linker.mentions(doc)


def as_text(line: Line, mentions: Sequence["Mention"], graph: "KnowledgeGraph") -> str:
    """The text, and below it a line a mention with tabs between its columns."""
    rows = [line.text]
    for mention in mentions:
        best = mention.candidates[0]
        surface_form = line.text[mention.start_char : mention.end_char]
        span = f"{mention.start_char}-{mention.end_char}"
        rows.append(
            "\t".join(("", span, surface_form, best.entity_id, graph.label(best.entity_id), f"{best.prior:.2f}"))
        )
    return "\n".join(rows)


def as_json(line: Line, mentions: Sequence["Mention"], graph: "KnowledgeGraph") -> str:
    """One line of JSON: `text`, `file` and `line` if it came from one, `mentions` with all their `candidates`."""
    record: dict[str, Any] = {"text": line.text}
    if line.file is not None:
        record |= {"file": line.file, "line": line.number}
    record["mentions"] = [
        {
            "start_char": mention.start_char,
            "end_char": mention.end_char,
            "surface_form": line.text[mention.start_char : mention.end_char],
            "candidates": [
                {
                    "entity_id": candidate.entity_id,
                    "label": graph.label(candidate.entity_id),
                    "prior": round(candidate.prior, 6),
                }
                for candidate in mention.candidates
            ],
        }
        for mention in mentions
    ]
    return json.dumps(record, ensure_ascii=False)


def write_page(path: Path, linked: Sequence[tuple[str, Sequence["Mention"]]], graph: "KnowledgeGraph") -> None:
    """Write the displaCy page, whole or not at all.

    Raises:
        StorageError: Writing failed; a file that was there is as it was.
    """
    from kgattn.linking.page import mention_page

    write_text(path, mention_page(linked, graph))
