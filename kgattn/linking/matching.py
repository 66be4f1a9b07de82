"""Finding aliases in documents."""

from collections.abc import Sequence

import numpy as np

from kgattn.linking import loops
from kgattn.linking.found import Found, Source
from kgattn.linking.marking import Candidates
from kgattn.linking.stream import TokenStream
from kgattn.linking.trie import AtomTrie, DistinctTokens, Hits
from kgattn.shapes import Bool, Int


def find_aliases(stream: TokenStream, trie: AtomTrie) -> Found:
    """The longest aliases, leftmost first, none overlapping.

    Args:
        stream: The tokens of documents.
        trie: The aliases.
    """
    return located(stream, leftmost_hits(stream.row, stream.distinct, trie))


def leftmost_hits(tokens: Int[np.ndarray, " token"], distinct: DistinctTokens, trie: AtomTrie) -> Hits:
    """Those of `AtomTrie.match` that stay when each one taken shuts out those that begin inside it."""
    if loops.compiled is None:
        hits = trie.match(tokens, distinct)
        kept = leftmost(hits.first_token, hits.last_token)
        return Hits(*(column[kept] for column in hits))
    room = np.empty((3, len(tokens)), dtype=np.int64)
    count = loops.compiled.leftmost_hits(tokens, distinct, trie, *room)
    return Hits(*room[:, :count])


def located(stream: TokenStream, hits: Hits) -> Found:
    """Hits by document and token in it."""
    first, last = hits.first_token, hits.last_token
    if len(stream.run_start):  # a hit that ends with tokens which touch inside a word ends with the last of them
        run = stream.run_start.searchsorted(last, side="right") - 1
        last = np.where(stream.run_start[run] == last, stream.run_end[run], last)
    doc = stream.doc_start.searchsorted(first, side="right") - 1
    offset = stream.doc_start[doc]
    source = np.full(len(first), Source.ALIAS)
    return Found(doc, first - offset, last - offset + 1, hits.row, source)


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
    reach = np.maximum.accumulate(last)
    inside = np.zeros(len(first) + 1, dtype=bool)  # begins inside an earlier hit, taken or not
    inside[1:-1] = first[1:] <= reach[:-1]
    for begin, stop in zip(*_stretches(inside), strict=True):
        end = -1
        places = zip(first[begin:stop].tolist(), last[begin:stop].tolist(), strict=True)
        for hit, (begins, ends) in enumerate(places, begin):
            if begins <= end:
                kept[hit] = False
            else:
                end = ends
    return kept


def _stretches(inside: Bool[np.ndarray, " hit_plus_one"]) -> tuple[list[int], list[int]]:
    """Begin and end of the stretches of hits that overlap with one another, in a chain."""
    begin = np.flatnonzero(inside[1:] & ~inside[:-1])
    stop = np.flatnonzero(inside[:-1] & ~inside[1:]) + 1
    return begin.tolist(), stop.tolist()
