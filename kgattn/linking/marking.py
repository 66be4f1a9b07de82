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
    unmark(docs, spans_key)
    name = stored_name(spans_key)
    if loops.docs is not None:
        loops.docs.mark(docs, found.doc, found.start, found.end, candidates, spans_key, LABEL, name)
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
        data["._.", name, span.start_char, span.end_char] = entities
    for doc, marked in zip(docs, spans, strict=True):
        doc.spans[spans_key] = SpanGroup(doc, name=spans_key, spans=marked)


def unmark(docs: Sequence[Doc], spans_key: str) -> None:
    """Take away `doc.spans[spans_key]` where it is, and the candidates stored for it."""
    name = stored_name(spans_key)
    for doc in docs:
        if spans_key in doc.spans:  # `pop` would take ten times as long where it is not
            data: dict[Any, Any] = doc.user_data
            for span in doc.spans[spans_key]:
                data.pop(("._.", name, span.start_char, span.end_char), None)
            del doc.spans[spans_key]


def stored_name(spans_key: str) -> str:
    """The second part of the keys in `doc.user_data`, which are those of spaCy's own extensions."""
    return EXTENSION if spans_key == SPANS_KEY else f"{EXTENSION}:{spans_key}"


def register_extension() -> None:
    """Give spans the attribute `kg_candidates`, unless they have it."""
    if not Span.has_extension(EXTENSION):
        Span.set_extension(EXTENSION, getter=span_candidates)


def span_candidates(span: Span) -> list[Candidate]:
    """The entities a span may name, likeliest first; none when it was not linked."""
    return [Candidate(entity_id, prior) for entity_id, prior in stored_candidates(span)]


def stored_candidates(span: Span, spans_key: str = SPANS_KEY) -> Candidates:
    """The same as plain (entity id, prior).

    Of several linkers with keys of their own, those of `spans_key` if they led to the span's `kb_id_`, else those that
    did.
    """
    data: dict[Any, Any] = span.doc.user_data
    first: Candidates = ()
    for key in dict.fromkeys((spans_key, SPANS_KEY, *span.doc.spans)):
        found = data.get(("._.", stored_name(key), span.start_char, span.end_char), ())
        stored = tuple((entity_id, prior) for entity_id, prior in found)  # pairs come back from bytes as lists
        if stored and stored[0][0] == span.kb_id_:
            return stored
        first = first or stored
    return first


def doc_mentions(doc: Doc, spans_key: str = SPANS_KEY) -> list[Mention]:
    """The mentions of a linked document, in order of text."""
    spans: Iterable[Span] = doc.spans.get(spans_key, ())
    return [
        Mention(span.start_char, span.end_char, tuple(Candidate(*one) for one in stored_candidates(span, spans_key)))
        for span in spans
    ]
