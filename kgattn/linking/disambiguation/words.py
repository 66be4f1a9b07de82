"""The words of labels and texts as numbers, and how much each tells: rare in the graph's labels tells most."""

from collections.abc import Set
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt64

from kgattn.graph import StringTable
from kgattn.linking.atoms import pieces, tidy
from kgattn.linking.column import Column
from kgattn.linking.name_pieces import pieces_of
from kgattn.linking.text_hashes import TextNumbers, hashes_of
from kgattn.shapes import Float, Int

_STEPS = 2.0**12  # weights are multiples of 1 / 4096: sums of them are exact in any order


def content_words(text: str, stop_words: Set[str] = frozenset()) -> list[str]:
    """The words of a text, folded, without punctuation and stop words, in order."""
    folded = (tidy(piece.casefold()) for piece in pieces(text))
    return [word for word in folded if word[:1].isalnum() and word not in stop_words]


class LabelWords(NamedTuple):
    """The words of many texts.

    Attributes:
        keys: Hash of each distinct word, rising.
        weights: How much it tells, in [0, 1].
        offsets: Words of text t are `[offsets[t], offsets[t + 1])` of the next.
        words: Places in `keys`.
    """

    keys: UInt64[np.ndarray, " word"]
    weights: Float[np.ndarray, " word"]
    offsets: Int[np.ndarray, " text_plus_one"]
    words: Int[np.ndarray, " use"]


def label_words(stop_words: Set[str], *tables: StringTable) -> LabelWords:
    """Take labels apart and weigh their words by log((1 + labels) / (1 + labels with the word)) / log(1 + labels).

    The inverse document frequency of Spärck Jones 1972, scaled to [0, 1], with labels as documents.

    Args:
        stop_words: Words that say nothing, folded.
        tables: The labels, one table after the other.
    """
    known = TextNumbers()
    uses, lengths = Column(np.int32), Column(np.int32)
    for piece in pieces_of(*tables):
        number: dict[str, int] = {}
        words = [dict.fromkeys(content_words(label, stop_words)) for label in piece]
        places = [number.setdefault(word, len(number)) for of_label in words for word in of_label]
        hashes = hashes_of(number)
        new = known.new_in(hashes)
        known.add(hashes[new], len(known.hashes) + np.arange(len(new)))
        uses.append(known.of(hashes)[places])
        lengths.append(list(map(len, words)))
    place = np.empty(len(known.hashes), dtype=np.int64)
    place[known.numbers] = np.arange(len(place))
    words_of = place[uses.filled]
    frequency = np.bincount(words_of, minlength=len(place))
    size = max(len(lengths.filled), 1)
    weights = np.log((1 + size) / (1 + frequency)) / np.log(1 + size)
    offsets = np.concatenate([[0], np.cumsum(lengths.filled, dtype=np.int64)])
    rounded = (np.round(weights * _STEPS) / _STEPS).astype(np.float32)
    return LabelWords(known.hashes, rounded, offsets, words_of)
