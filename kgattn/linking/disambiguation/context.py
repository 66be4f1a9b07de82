"""Evidence of words: how well the words around a mention fit what the graph says beside a candidate.

The overlap of Lesk 1986 ("Automatic sense disambiguation using machine readable dictionaries"), with the names of an
entity and of its neighbours in the place of its dictionary entry, as in the extended gloss overlaps of Banerjee and
Pedersen 2003; words are weighted by rarity and by how near they stand. No model and no training.
"""

import threading
from itertools import chain
from typing import NamedTuple

import numpy as np
from spacy.strings import StringStore

from kgattn.graph.subgraph import ranges
from kgattn.linking import loops
from kgattn.linking.atoms import stable_hash
from kgattn.linking.column import Column
from kgattn.linking.disambiguation.lookup import rows_hold
from kgattn.linking.disambiguation.options import Options, nearness
from kgattn.linking.disambiguation.senses import Senses
from kgattn.linking.disambiguation.words import content_words
from kgattn.linking.found import Found
from kgattn.linking.orth_table import OrthTable
from kgattn.linking.stream import DOC_END, TokenStream
from kgattn.shapes import Float, Int

WINDOW = 64  # words further away say nothing, so a mention costs the same in a document of any length
_NEARNESS = nearness(np.arange(WINDOW))
_MAX_CACHED_TOKENS = 1_000_000


class TokenWords(NamedTuple):
    """The known words of a batch, token by token.

    Attributes:
        doc_start: First token of each document.
        doc_end: One past its last token.
        entry: Words of token t are `[entry[t], entry[t + 1])` of the next.
        words: Places in `Senses.word_keys`.
    """

    doc_start: Int[np.ndarray, " doc"]
    doc_end: Int[np.ndarray, " doc"]
    entry: Int[np.ndarray, " token_plus_one"]
    words: Int[np.ndarray, " word"]


class WordTable:
    """The known words of every distinct token, so that each is taken apart once. Safe to use from several threads."""

    def __init__(self, senses: Senses) -> None:
        self._keys = senses.word_keys
        self._lock = threading.Lock()
        self._clear()

    def _clear(self) -> None:
        self._rows = OrthTable()
        self._first, self._count, self._words = Column(np.int64), Column(np.int64), Column(np.int64)
        self._append([DOC_END], [[]])

    def read(self, stream: TokenStream, strings: StringStore) -> TokenWords:
        """The known words of a stream's tokens, whose texts are `strings`."""
        with self._lock:
            if self._rows.size > _MAX_CACHED_TOKENS:
                self._clear()
            rows = self._rows.rows(stream.orth)
            new = np.unique(stream.orth[rows < 0]).tolist()
            if new:
                self._append(new, [self._known(strings[orth]) for orth in new])
                rows = self._rows.rows(stream.orth)
            count = self._count.filled[rows]
            words = self._words.filled[ranges(self._first.filled[rows], count)]
        entry = np.concatenate([[0], np.cumsum(count)])
        doc_end = np.append(stream.doc_start[1:], len(rows)) - 1
        return TokenWords(stream.doc_start, doc_end, entry, words)

    def _append(self, orths: list[int], words: list[list[int]]) -> None:
        self._rows.add(np.array(orths, dtype=np.uint64), self._rows.size + np.arange(len(orths)))
        count = np.array(list(map(len, words)), dtype=np.int64)
        self._first.append(len(self._words.filled) + np.cumsum(count) - count)
        self._count.append(count)
        self._words.append(np.array(list(chain.from_iterable(words)), dtype=np.int64))

    def _known(self, text: str) -> list[int]:
        hashes = np.array([stable_hash(word) for word in content_words(text)], dtype=np.uint64)
        place = np.minimum(np.searchsorted(self._keys, hashes), len(self._keys) - 1)
        known: list[int] = place[self._keys[place] == hashes].tolist()
        return known


def context_scores(senses: Senses, words: TokenWords, found: Found, options: Options) -> Float[np.ndarray, " option"]:
    """Weights of the words within `WINDOW` tokens of a mention that speak for a candidate, the near ones in full.

    A word counts once for a candidate, where it stands nearest. The words of the mention itself count nowhere: to say a
    name twice is no evidence for what it means.

    Returns:
        At least 0; one telling word next to the mention gives about 1. Sums are exact, so they do not depend on
        the order or number of the entities, or on the rest of the batch.
    """
    if loops.evidence is not None:
        scores = np.empty(len(options.mention))
        loops.evidence.context_scores(senses, words, found, options.mention, options.entity, _NEARNESS, scores)
        return scores
    doc = found.doc[options.mention]
    first, length = words.doc_start[doc], words.doc_end[doc] - words.doc_start[doc]
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
