"""Names that are only a part of a longer one.

"United Kingdom" in "the 2001 United Kingdom general election" and "Ben" in "Ben Carson" are aliases, yet the text names
something else. A capitalised mention is taken for a part, and dropped, when it touches

* a number of four digits, a year, right before it, or
* a capitalised word that no mention covers, before or after; a word at the start of a text or sentence, whose capital
  means nothing, does not count before a mention, nor do words in capitals alone ("UUP"), stop words ("The") and titles
  (`kgattn.linking.titles`): any after a mention ("the German Chancellor"), and one before a mention of several words,
  which is a name without it ("Chancellor Angela Merkel").

What may be a surname by itself, of the class of variants `surname`, is a part behind any other capital too, whether a
mention covers it or not: "Platt" in "Ben Platt", where "Ben" is an alias, and in "J. Platt".

Headlines In Title Case lose mentions by this rule; it is left out in languages that write all nouns with a capital.
"""

from collections.abc import Callable, Sequence, Set

import numpy as np
from spacy.tokens import Doc

from kgattn.linking.config import LinkerConfig
from kgattn.linking.editions import with_years
from kgattn.linking.found import Found, Source
from kgattn.linking.sentences import ends_sentence
from kgattn.linking.stream import TokenStream
from kgattn.linking.titles import is_title
from kgattn.linking.trie import Flag
from kgattn.shapes import Bool, Int

CAPITAL_NOUNS = frozenset({"de", "lb", "nds", "gsw"})
_YEAR_DIGITS = 4

_Test = Callable[[str], bool]


def whole_names(
    docs: Sequence[Doc],
    stream: TokenStream,
    found: Found,
    config: LinkerConfig,
    stop_words: Set[str],
    language: str,
) -> Found:
    """The mentions as far as names reach: with the year of an edition, and without those that are only a part.

    Args:
        docs: The documents.
        stream: Their tokens.
        found: Their mentions, none overlapping.
        config: Settings, of which `editions`, `whole_names` and `titles` count here.
        stop_words: Stop words of the language, lower case.
        language: Code of the texts' language.
    """
    if config.editions:
        found = with_years(docs, stream, found, language)
    if config.whole_names and language not in CAPITAL_NOUNS:
        if "surname" in config.variants:
            found = _drop_ends(docs, stream, found, stop_words, language)
        found = _drop_parts(docs, stream, found, stop_words, language, titles=config.titles)
    return found


def _drop_ends(docs: Sequence[Doc], stream: TokenStream, found: Found, stop_words: Set[str], language: str) -> Found:
    """The mentions that do not end a longer name, even one whose other words are mentions: "Platt" ends "Ben Platt".

    Asked of what may be a surname, a variant of one capitalised word; after an initial it is a part as well.
    """
    first = stream.doc_start[found.doc] + found.start
    single = (found.source == Source.VARIANT) & (found.end - found.start == 1) & (found.start > 0)
    capitals = stream.flags[first] & stream.flags[first - 1] & Flag.CAPITAL != 0
    kept = np.ones(len(found.doc), dtype=bool)
    for mention in np.flatnonzero(single & capitals).tolist():
        doc, at = docs[int(found.doc[mention])], int(found.start[mention])
        before = doc[at - 1].text
        free = before.lower() in stop_words or is_title(before, language)
        initial = len(before.rstrip(".")) == 1
        kept[mention] = free or (not initial and (at == 1 or ends_sentence(doc[at - 2].text)))
    return found.take(kept)


def _drop_parts(
    docs: Sequence[Doc], stream: TokenStream, found: Found, stop_words: Set[str], language: str, *, titles: bool
) -> Found:
    """The mentions that are no part of a longer name; `titles`: those beside a name do not count."""
    offset = stream.doc_start[found.doc]
    first = offset + found.start
    capital = (stream.flags[first] & Flag.CAPITAL) != 0
    name_after = (stream.flags[offset + found.end] & Flag.CAPITAL) != 0
    name_before = (stream.flags[first - 1] & (Flag.CAPITAL | Flag.YEAR)) != 0
    doubtful = np.flatnonzero(capital & (name_after | name_before))
    if not len(doubtful):
        return found

    def is_name(word: str) -> bool:
        return word[:1].isupper() and not word.isupper() and word.lower() not in stop_words

    def is_untitled(word: str) -> bool:
        return is_name(word) and not is_title(word, language)

    return found.take(_whole(docs, found, doubtful, is_name, is_untitled if titles else is_name))


def _whole(
    docs: Sequence[Doc], found: Found, doubtful: Int[np.ndarray, " doubtful"], is_name: _Test, is_untitled: _Test
) -> Bool[np.ndarray, " mention"]:
    """Which mentions are no part; asked only of the capitalised ones beside a capital or a year."""
    kept = np.ones(len(found.doc), dtype=bool)
    places = list(zip(found.doc.tolist(), found.start.tolist(), found.end.tolist(), strict=True))
    starts = {(number, start) for number, start, _ in places}
    ends = {(number, end) for number, _, end in places}
    for mention in doubtful.tolist():
        number, start, end = places[mention]
        doc = docs[number]
        if end < len(doc) and (number, end) not in starts and is_untitled(doc[end].text):
            kept[mention] = False
        elif start:
            before = doc[start - 1].text
            if len(before) == _YEAR_DIGITS and before.isdecimal():
                kept[mention] = False
            elif (number, start) not in ends and (is_untitled if end - start > 1 else is_name)(before):
                kept[mention] = start == 1 or ends_sentence(doc[start - 2].text)
    return kept
