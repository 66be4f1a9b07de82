"""Branches of organisations: "Manitoba Liberal Party", "Socialist Party of Ukraine".

Where a graph knows "Liberal Party" and "Manitoba" alone, two mentions touch that a reader takes for one name. With
`LinkerConfig.branches` the place becomes a part of the organisation's mention, which keeps the organisation's
candidates: the wider body ("California Democratic Party"), or a party of the same name elsewhere ("Socialist Party of
Ukraine"). What it names is as often right as it was apart from the place: on CrossNER politics dev one mention in five
means the right body or the wider one, so the confidence is multiplied by `SHARE`. Lost is the link of the place, which
was right; `overlaps="all"` keeps it among the alternatives. A branch that the graph knows is a longer alias, and goes
before.
"""

from collections.abc import Sequence

import numpy as np
from spacy.tokens import Doc

from kgattn.linking.found import Found, Source
from kgattn.linking.organisations import ORGANISATIONS
from kgattn.linking.stream import TokenStream
from kgattn.linking.trie import Flag

_BEHIND = (["of"], ["of", "the"])
_FARTHEST = 2  # tokens between two names
SHARE = 0.25
_MOST_WORDS = 4  # of a place: "United States of America"


def with_places(docs: Sequence[Doc], stream: TokenStream, found: Found, language: str) -> Found:
    """The mentions, those of organisations with the place right before them or behind "of".

    An organisation is a mention of several words, one of them with a capital a word for an organisation; a place is any
    mention of one to four words with a capital that is none, and no acronym longer than "UK".

    Args:
        docs: The documents.
        stream: Their tokens.
        found: Their mentions, none overlapping.
        language: Code of the texts' language; there are words for English alone.
    """
    if language != "en" or not len(found.doc):
        return found
    first = stream.doc_start[found.doc] + found.start
    capital = stream.flags[first] & Flag.CAPITAL
    length = found.end - found.start
    gap = first[1:] - first[:-1] - length[:-1]
    near = (capital[1:] & capital[:-1]).nonzero()[0]
    near = near[(gap[near] <= _FARTHEST) & (found.doc[near] == found.doc[near + 1])]
    if not len(near):
        return found
    gap, of_first, of_second = gap[near], length[near], length[near + 1]
    before = near[(gap == 0) & (of_second > 1) & (of_first <= _MOST_WORDS)]
    behind = near[(gap > 0) & (of_first > 1) & (of_second <= _MOST_WORDS)]
    start, end, source = found.start.copy(), found.end.copy(), found.source.copy()
    kept = np.ones(len(start), dtype=bool)

    def joins(place: int, organisation: int) -> bool:
        words = docs[int(found.doc[place])]
        free = bool(kept[place] and kept[organisation])
        fits = free and not _names_organisation(words, found, place) and not _is_acronym(words, found, place)
        return fits and _names_organisation(words, found, organisation)

    for first in before.tolist():
        if joins(first, first + 1):
            start[first + 1], kept[first] = found.start[first], False
            source[first + 1] = max(source[first + 1], Source.VARIANT)
    for first in behind.tolist():
        between = docs[int(found.doc[first])][int(found.end[first]) : int(found.start[first + 1])]
        if [token.text for token in between] in _BEHIND and joins(first + 1, first):
            end[first], kept[first + 1] = found.end[first + 1], False
            source[first] = max(source[first], Source.VARIANT)
    if kept.all():
        return found
    score = np.where((start != found.start) | (end != found.end), SHARE, 1.0)
    return found._replace(start=start, end=end, source=source, score=score).take(kept)


def _names_organisation(doc: Doc, found: Found, mention: int) -> bool:
    words = doc[int(found.start[mention]) : int(found.end[mention])]
    return any(token.lower_ in ORGANISATIONS and token.text[0].isupper() for token in words)


def _is_acronym(doc: Doc, found: Found, mention: int) -> bool:
    start, end = int(found.start[mention]), int(found.end[mention])
    return end - start == 1 and len(doc[start]) > 2 and doc[start].text.isupper()
