"""Evidence of words: how well the words around a mention fit what the graph says beside a candidate.

The overlap of Lesk 1986 ("Automatic sense disambiguation using machine readable dictionaries"), with the names of an
entity and of its neighbours in the place of its dictionary entry, as in the extended gloss overlaps of Banerjee and
Pedersen 2003; words are weighted by rarity and by how near they stand. No model and no training.
"""

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
from spacy.strings import StringStore
from spacy.tokens import Doc

from kgattn.graph.subgraph import ranges
from kgattn.linking.atoms import stable_hash
from kgattn.linking.disambiguation.lookup import rows_hold
from kgattn.linking.disambiguation.options import Options, nearness
from kgattn.linking.disambiguation.senses import Senses
from kgattn.linking.disambiguation.words import content_words
from kgattn.linking.found import Found
from kgattn.shapes import Float, Int

WINDOW = 64  # words further away say nothing, so a mention costs the same in a document of any length
_MAX_CACHED_TOKENS = 1_000_000


class TokenWords(NamedTuple):
    """The known words of some documents, token by token.

    Attributes:
        first_token: Number of the first token of each document, -1 for one that was left out.
        entry: Words of token t are `[entry[t], entry[t + 1])` of the next.
        words: Places in `Senses.word_keys`.
    """

    first_token: Int[np.ndarray, " doc"]
    entry: Int[np.ndarray, " token_plus_one"]
    words: Int[np.ndarray, " word"]


class WordTable:
    """The known words of every distinct token seen, so that each is taken apart once."""

    def __init__(self, senses: Senses) -> None:
        self._senses = senses
        self._words: dict[int, tuple[int, ...]] = {}

    def read(self, docs: Sequence[Doc], chosen: Int[np.ndarray, " chosen"]) -> TokenWords:
        """The known words of the chosen documents, which share a vocabulary."""
        first = np.full(len(docs), -1)
        counts: list[int] = []
        words: list[int] = []
        for number in chosen.tolist():
            doc = docs[number]
            first[number] = len(counts)
            orths = doc.to_array("ORTH").tolist()
            known = list(map(self._words.get, orths))
            read = [
                self._add(orth, doc.vocab.strings) if one is None else one
                for orth, one in zip(orths, known, strict=True)
            ]
            counts += map(len, read)
            words += chain.from_iterable(read)
        entry = np.concatenate([[0], np.cumsum(np.array(counts, dtype=np.int64))])
        return TokenWords(first, entry, np.array(words, dtype=np.int64))

    def _add(self, orth: int, strings: StringStore) -> tuple[int, ...]:
        if len(self._words) > _MAX_CACHED_TOKENS:
            self._words = {}
        keys = self._senses.word_keys
        hashes = np.array([stable_hash(word) for word in content_words(strings[orth])], dtype=np.uint64)
        place = np.minimum(np.searchsorted(keys, hashes), len(keys) - 1)
        known = self._words[orth] = tuple(place[keys[place] == hashes].tolist())
        return known


def context_scores(
    senses: Senses, words: TokenWords, docs: Sequence[Doc], found: Found, options: Options
) -> Float[np.ndarray, " option"]:
    """Weights of the words within `WINDOW` tokens of a mention that speak for a candidate, the near ones in full.

    A word counts once for a candidate, where it stands nearest. The words of the mention itself count nowhere: to say a
    name twice is no evidence for what it means.

    Returns:
        At least 0; one telling word next to the mention gives about 1. Sums are exact, so they do not depend on
        the order or number of the entities, or on the rest of the batch.
    """
    length = np.array([len(doc) for doc in docs], dtype=np.int64)[found.doc[options.mention]]
    first = words.first_token[found.doc[options.mention]]
    start, end = found.start[options.mention], found.end[options.mention]
    sides = ((np.maximum(start - WINDOW, 0), start), (end, np.minimum(end + WINDOW, length)))
    option, token, word = (
        np.concatenate(column)
        for column in zip(*(_words_between(words, first, low, high) for low, high in sides), strict=True)
    )
    hit = np.flatnonzero(rows_hold(senses.bag_offsets, senses.bag_words, options.entity[option], word))
    size = np.int64(len(senses.word_keys))
    of, _, own = _words_between(words, first, start, end)
    hit = hit[~np.isin(option[hit] * size + word[hit], of * size + own)]
    option, token, word = option[hit], token[hit], word[hit]
    between = np.where(token < start[option], start[option] - 1 - token, token - end[option])

    order = np.lexsort((between, word, option))
    option, word, between = option[order], word[order], between[order]
    once = np.ones(len(order), dtype=bool)
    once[1:] = (option[1:] != option[:-1]) | (word[1:] != word[:-1])
    weight = senses.word_weights[word[once]] * nearness(between[once])
    return np.bincount(option[once], weights=weight, minlength=len(options.mention)).astype(np.float64)


def _words_between(
    words: TokenWords,
    first: Int[np.ndarray, " option"],
    low: Int[np.ndarray, " option"],
    high: Int[np.ndarray, " option"],
) -> tuple[Int[np.ndarray, " use"], Int[np.ndarray, " use"], Int[np.ndarray, " use"]]:
    """Option, token in its document and word, of every word in the tokens `[low, high)` of each option's document."""
    token = ranges(first + low, high - low)
    of = np.repeat(np.arange(len(first)), high - low)
    count = words.entry[token + 1] - words.entry[token]
    return np.repeat(of, count), np.repeat(token - first[of], count), words.words[ranges(words.entry[token], count)]
