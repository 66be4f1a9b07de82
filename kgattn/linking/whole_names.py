"""Names that are only a part of a longer one.

"United Kingdom" in "the 2001 United Kingdom general election" and "Ben" in "Ben Carson" are aliases, yet the text names
something else. A capitalised mention is taken for a part, and dropped, when it touches

* a number of four digits, a year, right before it, or
* a capitalised word that no mention covers, before or after; a word at the start of a text or sentence, whose capital
  means nothing, does not count before a mention, nor do words in capitals alone ("UUP"), stop words ("The") and titles
  (`kgattn.linking.titles`): any after a mention ("the German Chancellor"), and one before a mention of several words,
  which is a name without it ("Chancellor Angela Merkel").

Two capitalised words after a mention, neither of them one for an organisation, count for a person's name where that
is what follows: behind a party or a member of one ("Liberal Party Joe Dickson", "Republican Bob Dole") and behind the
place of an office ("Governor of Oregon Mark Hatfield").

What may be a surname by itself, of the class of variants `surname`, is a part behind any other capital too, whether a
mention covers it or not: "Platt" in "Ben Platt", where "Ben" is an alias, and in "J. Platt".

Headlines In Title Case lose mentions by this rule; it is left out in languages that write all nouns with a capital.
"""

from collections.abc import Sequence, Set

import numpy as np
from jaxtyping import UInt64
from spacy.strings import StringStore, get_string_id
from spacy.tokens import Doc

from kgattn.linking.branches import with_places
from kgattn.linking.config import LinkerConfig
from kgattn.linking.editions import with_years
from kgattn.linking.found import Found, Source
from kgattn.linking.organisations import ORGANISATIONS
from kgattn.linking.sentences import ends_sentence
from kgattn.linking.stream import DOC_END, TokenStream
from kgattn.linking.titles import is_partisan, is_title
from kgattn.linking.trie import Flag
from kgattn.shapes import Bool, Int

CAPITAL_NOUNS = frozenset({"de", "lb", "nds", "gsw"})
_YEAR_DIGITS = 4
_NAME, _UNTITLED, _YEAR, _ENDS, _TITLE, _PARTISAN, _ORGANISATION = 1, 2, 4, 8, 16, 32, 64
_OF = get_string_id("of")
_MAX_CACHED_WORDS = 100_000


class WholeNames:
    """Takes mentions as far as names reach: with the year or the place before, and without those that are only a part.

    Args:
        config: Settings, of which `editions`, `branches`, `whole_names`, `titles` and the variants `surname` count.
        stop_words: Stop words of the language, lower case.
        language: Code of the texts' language.
    """

    def __init__(self, config: LinkerConfig, stop_words: Set[str], language: str) -> None:
        self._config, self._stop_words, self._language = config, stop_words, language
        self._words = _NameWords(stop_words, language, titles=config.titles)

    def __call__(self, docs: Sequence[Doc], stream: TokenStream, found: Found) -> Found:
        """The mentions of a batch, none overlapping, as far as names reach."""
        if self._config.editions:
            found = with_years(docs, stream, found, self._language)
        if self._config.branches:
            found = with_places(docs, stream, found, self._language)
        if self._config.whole_names and self._language not in CAPITAL_NOUNS:
            if "surname" in self._config.variants:
                found = _drop_ends(docs, stream, found, self._stop_words, self._language)
            found = _drop_parts(stream, found, self._words, docs[0].vocab.strings)
        return found


class _NameWords:
    """What counts of the words beside names; each is looked at once. Safe to use from several threads.

    Args:
        stop_words: Stop words of the language, lower case.
        language: Code of the texts' language.
        titles: Whether titles beside a name do not count.
    """

    def __init__(self, stop_words: Set[str], language: str, *, titles: bool) -> None:
        self._stop_words, self._language, self._titles = stop_words, language, titles
        self._known: dict[int, int] = {}

    def of(self, orths: UInt64[np.ndarray, " word"], strings: StringStore) -> Int[np.ndarray, " word"]:
        """Bits of words given by spaCy's ids, of which each says one thing of a word, as `_look_at` does."""
        if len(self._known) > _MAX_CACHED_WORDS:
            self._known = {}
        known, asked = self._known, orths.tolist()
        bits = [known.get(orth, -1) for orth in asked]
        for at, orth in enumerate(asked):
            if bits[at] < 0:
                bits[at] = known[orth] = 0 if orth == DOC_END else self._look_at(strings[orth])
        return np.array(bits, dtype=np.int64)

    def _look_at(self, word: str) -> int:
        is_name = word[:1].isupper() and not word.isupper() and word.lower() not in self._stop_words
        title = self._titles and is_title(word, self._language)
        partisan = self._titles and is_partisan(word, self._language)
        is_year = len(word) == _YEAR_DIGITS and word.isdecimal()
        bits = _NAME * is_name + _UNTITLED * (is_name and not title) + _YEAR * is_year + _ENDS * ends_sentence(word)
        return bits + _TITLE * title + _PARTISAN * partisan + _ORGANISATION * (word.lower() in ORGANISATIONS)


def _drop_ends(docs: Sequence[Doc], stream: TokenStream, found: Found, stop_words: Set[str], language: str) -> Found:
    """The mentions that do not end a longer name, even one whose other words are mentions: "Platt" ends "Ben Platt".

    Asked of what may be a surname, a variant of one capitalised word; after an initial it is a part as well.
    """
    weak = (found.source == Source.WEAK).nonzero()[0]
    if not len(weak):
        return found
    single = weak[(found.end[weak] - found.start[weak] == 1) & (found.start[weak] > 0)]
    first = stream.doc_start[found.doc[single]] + found.start[single]
    capitals = (stream.flags[first] & stream.flags[first - 1] & Flag.CAPITAL).nonzero()[0]
    kept = np.ones(len(found.doc), dtype=bool)
    for mention in single[capitals].tolist():
        doc, at = docs[int(found.doc[mention])], int(found.start[mention])
        before = doc[at - 1].text
        free = before.lower() in stop_words or is_title(before, language)
        initial = len(before.rstrip(".")) == 1
        kept[mention] = free or (not initial and (at == 1 or ends_sentence(doc[at - 2].text)))
    return found.take(kept)


def _drop_parts(stream: TokenStream, found: Found, words: _NameWords, strings: StringStore) -> Found:
    """The mentions that are no part of a longer name."""
    first = stream.doc_start[found.doc] + found.start
    past = first + found.end - found.start
    doubtful = (stream.flags[first] & Flag.CAPITAL).nonzero()[0]
    beside = stream.flags[past[doubtful]] & Flag.CAPITAL
    beside |= stream.flags[first[doubtful] - 1] & (Flag.CAPITAL | Flag.YEAR)
    doubtful = doubtful[beside.nonzero()[0]]
    if not len(doubtful):
        return found
    begins, ends = np.zeros((2, len(stream.orth)), dtype=bool)
    sure = found.source != Source.WEAK
    begins[first[sure]], ends[past[sure]] = True, True
    first, past = first[doubtful], past[doubtful]
    # before the first token of a text, and behind its last one, stands the end of a document
    after, before, second = np.split(words.of(stream.orth[np.concatenate([past, first - 1, first - 2])], strings), 3)
    is_part = ((after & _UNTITLED) != 0) & ~begins[past]
    at = np.flatnonzero(is_part)
    at = at[(stream.flags[past[at] + 1] & Flag.CAPITAL) != 0]
    if len(at):
        is_part[at] = ~_before_person(stream.orth, first[at], past[at], words, strings)
    names = (before & np.where(past - first > 1, _UNTITLED, _NAME)) != 0
    in_sentence = (stream.orth[first - 2] != DOC_END) & ((second & _ENDS) == 0)
    is_part |= ((before & _YEAR) != 0) | (names & ~ends[first] & in_sentence)
    kept = np.ones(len(found.doc), dtype=bool)
    kept[doubtful] = ~is_part
    return found.take(kept)


def _before_person(
    orth: UInt64[np.ndarray, " token"],
    first: Int[np.ndarray, " mention"],
    past: Int[np.ndarray, " mention"],
    words: _NameWords,
    strings: StringStore,
) -> Bool[np.ndarray, " mention"]:
    """Whether mentions are what stands before a person's name, and the two capitalised words behind may be one."""
    places = np.concatenate([past - 1, past - 3, first - 2, past, past + 1])
    last, front, office, name, surname = np.split(words.of(orth[places], strings), 5)
    party = last | np.where((orth[past - 2] == _OF) & (past - first > 2), front, 0)  # "Liberal Party of Canada"
    stands = (party & _PARTISAN != 0) | ((orth[first - 1] == _OF) & (office & _TITLE != 0))
    follows: np.ndarray = stands & ((name | surname) & _ORGANISATION == 0)
    return follows
