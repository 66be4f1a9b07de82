"""Finding aliases in documents."""

from collections.abc import Sequence

import numpy as np
from spacy.tokens import Doc

from kgattn.linking.found import Found, Source
from kgattn.linking.marking import Candidates
from kgattn.linking.stream import AtomTable, atom_stream
from kgattn.linking.trie import AtomTrie
from kgattn.shapes import Bool, Int


def find_aliases(docs: Sequence[Doc], trie: AtomTrie, table: AtomTable) -> Found:
    """The longest aliases, leftmost first, none overlapping.

    Args:
        docs: At least one document, all with the same vocabulary.
        trie: The aliases.
        table: Atoms of the tokens seen so far.
    """
    stream, doc_start = atom_stream(docs, table)
    hits = trie.match(stream)
    kept = leftmost(hits.first_token, hits.last_token)
    first, last = hits.first_token[kept], hits.last_token[kept]
    doc = np.searchsorted(doc_start, first, side="right") - 1
    start = first - doc_start[doc]
    source = np.full(len(first), Source.ALIAS)
    return Found(doc, start, last - doc_start[doc] + 1, hits.row[kept], source)


def scored(candidates: Sequence[Candidates], found: Found) -> list[Candidates]:
    """The candidates of each mention, their shares multiplied by the mention's score."""
    if found.score is None:
        return list(candidates)
    pairs = zip(candidates, found.score.tolist(), strict=True)
    return [
        entities if score == 1 else tuple((entity_id, prior * score) for entity_id, prior in entities)
        for entities, score in pairs
    ]


def leftmost(first: Int[np.ndarray, " hit"], last: Int[np.ndarray, " hit"]) -> Bool[np.ndarray, " hit"]:
    """Which hits stay when each one taken shuts out those that begin inside it.

    Args:
        first: First token of each hit, rising.
        last: Its last token, included.
    """
    kept = np.ones(len(first), dtype=bool)
    end = -1
    for hit, (begins, ends) in enumerate(zip(first.tolist(), last.tolist(), strict=True)):
        if begins <= end:
            kept[hit] = False
        else:
            end = ends
    return kept
