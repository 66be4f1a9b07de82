"""What `kgattn link` writes of linked texts: JSON lines, lines for people, a page."""

import bz2
import gzip
import json
import lzma
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kgattn.cli.link_input import Item, Source

if TYPE_CHECKING:
    from kgattn.graph import KnowledgeGraph
    from kgattn.mentions import Mention

CHUNK_ITEMS = 4096
CHUNK_CHARACTERS = 1 << 20
"""A chunk ends when it has so many items or characters. Packed output has a member a chunk, so they count there."""
PACK: dict[str, Callable[[bytes], bytes]] = {
    ".gz": lambda data: gzip.compress(data, mtime=0),  # no clock: the same lines give the same bytes
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}


@dataclass(frozen=True)
class Batch:
    """A chunk of the input.

    Attributes:
        items: Its items.
        digest: Hash of all input up to its end.
        drawn: How many of its items, the first ones, go onto the page.
    """

    items: tuple[Item, ...]
    digest: str
    drawn: int = 0

    @property
    def contents(self) -> list[str | tuple[str, ...]]:
        """What is to be linked."""
        return [item.content for item in self.items]


@dataclass(frozen=True)
class Rendered:
    """What is made of a batch.

    Attributes:
        output: Its lines, packed if so wished.
        digest: As of the batch.
        items: Items in it.
        tokens: Tokens in them.
        mentions: Mentions in them.
        page: Text and mentions of the items that go onto the page.
    """

    output: bytes
    digest: str
    items: int
    tokens: int
    mentions: int
    page: tuple[tuple[str, tuple["Mention", ...]], ...]


def batches(items: Iterable[Item], source: Source | None, drawn: int) -> Iterator[Batch]:
    """Cut the input into batches, by its content alone.

    Args:
        items: The input.
        source: Where the input is read from, if it is.
        drawn: How many items, the first ones, go onto the page.
    """
    kept: list[Item] = []
    characters = 0

    def cut() -> Batch:
        return Batch(tuple(kept), "" if source is None else source.digest, min(drawn, len(kept)))

    for item in items:
        kept.append(item)
        characters += len(item.content) if isinstance(item.content, str) else sum(map(len, item.content))
        if len(kept) == CHUNK_ITEMS or characters >= CHUNK_CHARACTERS:
            yield cut()
            drawn = max(0, drawn - len(kept))
            kept.clear()
            characters = 0
    if kept:
        yield cut()


@dataclass(frozen=True)
class Renderer:
    """Makes the output of a batch; its call is what `kgattn.linking.bulk` takes.

    Attributes:
        form: `json`, `text` or `none`.
        packing: Suffix of the packing, or none.
        spans_key: Where in `doc.spans` the mentions are.
    """

    form: str
    packing: str
    spans_key: str

    def __call__(self, batch: Batch, docs: Sequence[Any], graph: "KnowledgeGraph") -> Rendered:
        """Render a batch; `docs` are its linked spaCy documents."""
        from kgattn.linking.marking import doc_mentions

        lines: list[bytes] = []
        for item, doc in zip(batch.items, docs, strict=True):
            if self.form == "json":
                lines.append(as_json(item, doc, self.spans_key, graph))
            elif self.form == "text":
                lines.append(as_text(doc, self.spans_key, graph).encode("utf-8"))
        output = b"".join(line + b"\n" for line in lines)
        return Rendered(
            output=PACK[self.packing](output) if self.packing in PACK else output,
            digest=batch.digest,
            items=len(docs),
            tokens=sum(map(len, docs)),
            mentions=sum(len(doc.spans[self.spans_key]) for doc in docs),
            page=tuple((doc.text, tuple(doc_mentions(doc, self.spans_key))) for doc in docs[: batch.drawn]),
        )


def as_text(doc: Any, spans_key: str, graph: "KnowledgeGraph") -> str:
    """The text, and below it a line a mention with tabs between its columns."""
    rows = [doc.text]
    for span in doc.spans[spans_key]:
        best = span._.kg_candidates[0]
        place = f"{span.start_char}-{span.end_char}"
        rows.append("\t".join(("", place, span.text, best.entity_id, graph.label(best.entity_id), f"{best.prior:.2f}")))
    return "\n".join(rows)


def as_json(item: Item, doc: Any, spans_key: str, graph: "KnowledgeGraph") -> bytes:
    """One line of JSON: the item's own keys; `file` and `line`; `mentions` with all their `candidates`.

    Keys `file` and `line` of its own are kept. Where some value holds half a surrogate pair, which UTF-8 has not, all
    that is not ASCII is escaped.
    """
    own = item.given or {"text" if isinstance(item.content, str) else "tokens": item.content}
    record = dict(own)
    if item.file is not None:
        record |= {"file": item.file, "line": item.line} | own
    in_words = not isinstance(item.content, str)
    record["mentions"] = [_mention(span, in_words, graph) for span in doc.spans[spans_key]]
    try:
        return json.dumps(record, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(record).encode("utf-8")


def _mention(span: Any, in_words: bool, graph: "KnowledgeGraph") -> dict[str, Any]:
    unit, start, end = ("token", span.start, span.end) if in_words else ("char", span.start_char, span.end_char)
    return {
        f"start_{unit}": start,
        f"end_{unit}": end,
        "surface_form": span.text,
        "candidates": [
            {
                "entity_id": candidate.entity_id,
                "label": graph.label(candidate.entity_id),
                "prior": round(candidate.prior, 6),
            }
            for candidate in span._.kg_candidates
        ],
    }
