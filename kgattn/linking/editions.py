"""Editions of recurring events: "1984 United States presidential election" is one of the presidential elections.

A graph that knows the event, and not each of its editions, is all a text can be linked to: the year before a name that
ends in a word for such an event, and a month before the year, become a part of the mention. An edition that the graph
knows is a longer alias, and goes before.
"""

from collections.abc import Sequence

from spacy.tokens import Doc

from kgattn.linking.dates import MONTHS
from kgattn.linking.found import Found, Source
from kgattn.linking.stream import TokenStream
from kgattn.linking.trie import Flag

_EVENT_WORDS = """
    awards biennale caucus caucuses census ceremony championship championships conference congress convention cup draft
    election elections festival final finals games league marathon olympics open primaries primary prize referendum
    season series summit tour tournament
"""
_EVENTS = frozenset(_EVENT_WORDS.split())


def with_years(docs: Sequence[Doc], stream: TokenStream, found: Found, language: str) -> Found:
    """The mentions, those of recurring events with the year or the month and year before them.

    Args:
        docs: The documents.
        stream: Their tokens.
        found: Their mentions, none overlapping.
        language: Code of the texts' language; English alone puts the year there.
    """
    if language != "en":
        return found
    first = stream.doc_start[found.doc] + found.start
    after_year = (stream.flags[first - 1] & Flag.YEAR).nonzero()[0]  # before a document there is none
    after_year = after_year[found.end[after_year] - found.start[after_year] > 1]
    if not len(after_year):
        return found
    start, source = found.start.copy(), found.source.copy()
    for mention in after_year.tolist():
        number, begin, end = (int(column[mention]) for column in found[:3])
        doc = docs[number]
        free = int(found.end[mention - 1]) if mention and found.doc[mention - 1] == number else 0
        if free < begin and doc[end - 1].lower_ in _EVENTS and not stream.flags[first[mention]] & Flag.YEAR:
            with_month = begin - 2 >= free and doc[begin - 2].text in MONTHS
            start[mention] = begin - 2 if with_month else begin - 1
            source[mention] = Source.VARIANT
    return found._replace(start=start, source=source)
