"""Names that are only a part of a longer one.

"United Kingdom" in "the 2001 United Kingdom general election" and "Ben" in "Ben Carson" are aliases, yet the text names
something else. A capitalised mention is taken for a part, and dropped, when it touches

* a number of four digits, a year, right before it, or
* a capitalised word that no mention covers, before or after; a word at the start of a text or sentence, whose capital
  means nothing, does not count before a mention, nor do words in capitals alone ("UUP"), stop words ("The") and titles
  (`kgattn.linking.titles`): any after a mention ("the German Chancellor"), and one before a mention of several words,
  which is a name without it ("Chancellor Angela Merkel").

Headlines In Title Case lose mentions by this rule; it is left out in languages that write all nouns with a capital.
"""

from collections.abc import Set

import numpy as np
from jaxtyping import UInt64
from spacy.strings import StringStore

from kgattn.linking.found import Found
from kgattn.linking.sentences import ends_sentence
from kgattn.linking.stream import DOC_END, TokenStream
from kgattn.linking.titles import is_title
from kgattn.linking.trie import Flag
from kgattn.shapes import Int

CAPITAL_NOUNS = frozenset({"de", "lb", "nds", "gsw"})
_YEAR_DIGITS = 4
_NAME, _UNTITLED, _YEAR, _ENDS = 1, 2, 4, 8
_MAX_CACHED_WORDS = 100_000


class NameWords:
    """What counts of the words beside names; each is looked at once. Safe to use from several threads.

    Args:
        stop_words: Stop words of the language, lower case.
        language: Code of the texts' language.
        titles: Whether titles beside a name do not count.
    """

    def __init__(self, stop_words: Set[str], language: str, *, titles: bool) -> None:
        self._stop_words, self._language, self._titles = stop_words, language, titles
        self._known: dict[int, int] = {}

    @property
    def tell_names(self) -> bool:
        """Whether a capital tells a name in this language."""
        return self._language not in CAPITAL_NOUNS

    def of(self, orths: UInt64[np.ndarray, " word"], strings: StringStore) -> Int[np.ndarray, " word"]:
        """Bits of words given by spaCy's ids: each is a name, a name and no title, a year, the end of a sentence."""
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
        is_untitled = is_name and not (self._titles and is_title(word, self._language))
        is_year = len(word) == _YEAR_DIGITS and word.isdecimal()
        return _NAME * is_name + _UNTITLED * is_untitled + _YEAR * is_year + _ENDS * ends_sentence(word)


def drop_parts(stream: TokenStream, found: Found, words: NameWords, strings: StringStore) -> Found:
    """The mentions that are no part of a longer name.

    Args:
        stream: The tokens of documents.
        found: Their mentions, none overlapping.
        words: What counts of the words beside them.
        strings: Texts of the tokens.
    """
    if not words.tell_names:
        return found
    first = stream.doc_start[found.doc] + found.start
    past = first + found.end - found.start
    capital = (stream.flags[first] & Flag.CAPITAL) != 0
    beside = (stream.flags[past] & Flag.CAPITAL) | (stream.flags[first - 1] & (Flag.CAPITAL | Flag.YEAR))
    doubtful = np.flatnonzero(capital & (beside != 0))
    if not len(doubtful):
        return found
    begins, ends = np.zeros((2, len(stream.orth)), dtype=bool)
    begins[first], ends[past] = True, True
    first, past = first[doubtful], past[doubtful]
    # before the first token of a text, and behind its last one, stands the end of a document
    after, before, second = np.split(words.of(stream.orth[np.concatenate([past, first - 1, first - 2])], strings), 3)
    is_part = ((after & _UNTITLED) != 0) & ~begins[past]
    names = (before & np.where(past - first > 1, _UNTITLED, _NAME)) != 0
    in_sentence = (stream.orth[first - 2] != DOC_END) & ((second & _ENDS) == 0)
    is_part |= ((before & _YEAR) != 0) | (names & ~ends[first] & in_sentence)
    kept = np.ones(len(found.doc), dtype=bool)
    kept[doubtful] = ~is_part
    return found.take(kept)
