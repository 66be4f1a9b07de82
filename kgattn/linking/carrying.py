"""Taking mentions along from a document to another one of the same tokens, or of some of them."""

from collections.abc import Sequence
from typing import Any

from spacy.tokens import Doc, Span

from kgattn.linking.marking import stored_candidates, stored_name


def carry_mentions(source: Doc, tokens: Sequence[int], spans_key: str, target: Doc, target_key: str) -> None:
    """Mark in `target` the mentions of `source` that begin and end among its tokens, in place.

    Args:
        source: A linked document.
        tokens: Which token of `source` each token of `target` is, rising.
        spans_key: Where in `source.spans` the mentions are.
        target: The document to mark.
        target_key: Where in `target.spans` they go.
    """
    place = {token: number for number, token in enumerate(tokens)}
    spans: list[Span] = []
    name = stored_name(target_key)
    data: dict[Any, Any] = target.user_data
    for span in source.spans[spans_key]:
        if span.start in place and span.end - 1 in place:
            begin, end = place[span.start], place[span.end - 1] + 1
            carried = Span(target, begin, end, label=span.label_, kb_id=span.kb_id_)
            data["._.", name, carried.start_char, carried.end_char] = stored_candidates(span, spans_key)
            spans.append(carried)
    target.spans[target_key] = spans
