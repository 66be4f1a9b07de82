"""Linked documents and tokenizer output as the tables that alignment works on."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from spacy.tokens import Doc

from kgattn.errors import LinkingError
from kgattn.graph import KnowledgeGraph
from kgattn.linking.alignment import NOWHERE, MentionTable, SubwordTable, trim_spaces
from kgattn.linking.marking import stored_candidates
from kgattn.shapes import Float, Int


def mention_table(
    docs: Sequence[Doc], graph: KnowledgeGraph, spans_key: str, max_candidates: int, *, in_words: bool
) -> MentionTable:
    """The mentions of linked documents.

    Args:
        docs: Documents marked by a linker of `graph`; document n is text n.
        graph: The graph.
        spans_key: Where in `doc.spans` the mentions are.
        max_candidates: Candidates taken of each mention.
        in_words: Whether to give places in words (tokens of the document) or in characters.

    Raises:
        LinkingError: A candidate is no entity of the graph.
    """
    places: list[tuple[int, int, int]] = []
    entities: list[list[int]] = []
    priors: list[list[float]] = []
    for number, doc in enumerate(docs):
        for span in doc.spans.get(spans_key, ()):
            found = stored_candidates(span, spans_key)[:max_candidates]
            unknown = next((entity for entity, _ in found if entity not in graph), None)
            if unknown is not None:
                raise LinkingError(
                    f"docs must be linked to the processor's graph, got the entity {unknown!r}; link them again"
                )
            start, end = (span.start, span.end) if in_words else (span.start_char, span.end_char)
            places.append((number, start, end))
            padding = max_candidates - len(found)
            entities.append([graph.entity_index(entity) for entity, _ in found] + [-1] * padding)
            priors.append([prior for _, prior in found] + [0.0] * padding)
    place = np.array(places, dtype=np.int64).reshape(-1, 3)
    return MentionTable(
        place[:, 0],
        place[:, 1],
        place[:, 2],
        entities=np.array(entities, dtype=np.int64).reshape(-1, max_candidates),
        priors=np.array(priors, dtype=np.float32).reshape(-1, max_candidates),
    )


def subword_table(
    windows: Sequence[Any], sample: Int[np.ndarray, " window"], texts: Sequence[str] | None
) -> SubwordTable:
    """Where the tokens of all windows lie: in words, or in characters when the texts are given."""
    lengths = np.array([len(window.ids) for window in windows], dtype=np.int64)
    sequence = np.repeat(np.arange(len(windows)), lengths)
    text = sample[sequence]
    if texts is None:
        # None becomes NaN: a token without a word.
        word = _flat([np.array(window.word_ids, dtype=np.float64) for window in windows])
        start = np.where(np.isnan(word), NOWHERE, np.nan_to_num(word)).astype(np.int64)
        return SubwordTable(text, start, start + 1, sequence)
    offsets = _flat([np.array(window.offsets, dtype=np.float64).reshape(-1, 2) for window in windows])
    pair = offsets.astype(np.int64)
    return SubwordTable(text, *trim_spaces(texts, text, pair[:, 0], pair[:, 1]), sequence)


def _flat(parts: list[np.ndarray]) -> Float[np.ndarray, "subword *rest"]:
    return np.concatenate(parts)
