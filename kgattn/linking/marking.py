"""Writing mentions into documents, and reading them back."""

from collections.abc import Iterable, Sequence
from typing import Any

from spacy.tokens import Doc, Span, SpanGroup

from kgattn.linking import loops
from kgattn.linking.found import Found
from kgattn.mentions import Candidate, Mention
from kgattn.mentions.mention import SPANS_KEY

LABEL = "KG"
EXTENSION = "kg_candidates"

Candidates = tuple[tuple[str, float], ...]


def mark(docs: Sequence[Doc], found: Found, candidates: Sequence[Candidates], spans_key: str) -> None:
    """Set `doc.spans[spans_key]`, `Span.kb_id_` and the stored candidates of each document, in place.

    Args:
        docs: At least one document, all with the same vocabulary.
        found: Their mentions.
        candidates: (entity id, prior) of each mention, likeliest first, at least one.
        spans_key: Where in `doc.spans` they go.
    """
    if loops.docs is not None:
        loops.docs.mark(docs, found.doc, found.start, found.end, candidates, spans_key, LABEL, EXTENSION)
        return
    strings = docs[0].vocab.strings
    label = strings.add(LABEL)  # each time: what a memory zone added is gone when it ends
    ids: dict[str, int] = {}
    spans: list[list[Span]] = [[] for _ in docs]
    places = zip(found.doc.tolist(), found.start.tolist(), found.end.tolist(), candidates, strict=True)
    for number, start, end, entities in places:
        best = entities[0][0]
        kb_id = ids.get(best)
        if kb_id is None:
            kb_id = ids[best] = strings.add(best)
        doc = docs[number]
        span = Span(doc, start, end, label, kb_id=kb_id)
        spans[number].append(span)
        data: dict[Any, Any] = doc.user_data
        data["._.", EXTENSION, span.start_char, span.end_char] = entities
    for doc, marked in zip(docs, spans, strict=True):
        doc.spans[spans_key] = SpanGroup(doc, name=spans_key, spans=marked)


def unmark(docs: Sequence[Doc], spans_key: str) -> None:
    """Take away `doc.spans[spans_key]` where it is."""
    for doc in docs:
        if spans_key in doc.spans:  # `pop` would take ten times as long where it is not
            del doc.spans[spans_key]


def register_extension() -> None:
    """Give spans the attribute `kg_candidates`, unless they have it."""
    if not Span.has_extension(EXTENSION):
        Span.set_extension(EXTENSION, getter=span_candidates)


def span_candidates(span: Span) -> list[Candidate]:
    """The entities a span may name, likeliest first; none when it was not linked."""
    return [Candidate(entity_id, prior) for entity_id, prior in stored_candidates(span)]


def stored_candidates(span: Span) -> Candidates:
    """The same as plain (entity id, prior)."""
    data: dict[Any, Any] = span.doc.user_data
    stored = data.get(("._.", EXTENSION, span.start_char, span.end_char), ())
    return tuple((entity_id, prior) for entity_id, prior in stored)  # pairs come back from bytes as lists


def doc_mentions(doc: Doc, spans_key: str = SPANS_KEY) -> list[Mention]:
    """The mentions of a linked document, in order of text."""
    spans: Iterable[Span] = doc.spans.get(spans_key, ())
    return [Mention(span.start_char, span.end_char, tuple(span_candidates(span))) for span in spans]
