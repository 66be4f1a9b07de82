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
from spacy.strings import get_string_id
from spacy.tokens import Doc

from kgattn.linking.found import Found, Source
from kgattn.linking.organisations import ORGANISATIONS
from kgattn.linking.stream import TokenStream
from kgattn.linking.trie import Flag

_BEHIND = {tuple(map(get_string_id, words)) for words in (("of",), ("of", "the"))}
FARTHEST = 2  # tokens between two names
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
    near = near[(gap[near] <= FARTHEST) & (found.doc[near] == found.doc[near + 1])]
    if not len(near):
        return found
    gap, of_first, of_second = gap[near], length[near], length[near + 1]
    before = near[(gap == 0) & (of_second > 1) & (of_first <= _MOST_WORDS)]
    behind = near[(gap > 0) & (of_first > 1) & (of_second <= _MOST_WORDS)]
    start, end, source = found.start.copy(), found.end.copy(), found.source.copy()
    kept = np.ones(len(start), dtype=bool)

    strings = docs[0].vocab.strings

    def words_of(mention: int) -> list[str]:
        begin = int(first[mention])
        return [strings[orth] for orth in stream.orth[begin : begin + int(length[mention])].tolist()]

    def joins(place: int, organisation: int) -> bool:
        if not (kept[place] and kept[organisation]):
            return False
        words = words_of(place)
        fits = not (_name_organisation(words) or _are_acronym(words))
        return fits and _name_organisation(words_of(organisation))

    for place in before.tolist():
        if joins(place, place + 1):
            start[place + 1], kept[place] = found.start[place], False
            source[place + 1] = max(source[place + 1], Source.VARIANT)
    for place in behind.tolist():
        past = int(first[place] + length[place])
        if tuple(stream.orth[past : int(first[place + 1])].tolist()) in _BEHIND and joins(place + 1, place):
            end[place], kept[place + 1] = found.end[place + 1], False
            source[place] = max(source[place], Source.VARIANT)
    if kept.all():
        return found
    score = np.where((start != found.start) | (end != found.end), SHARE, 1.0)
    return found._replace(start=start, end=end, source=source, score=score).take(kept)


def _name_organisation(words: Sequence[str]) -> bool:
    return any(word.lower() in ORGANISATIONS and word[0].isupper() for word in words)


def _are_acronym(words: Sequence[str]) -> bool:
    return len(words) == 1 and len(words[0]) > 2 and words[0].isupper()
