"""The words of labels and texts as numbers, and how much each tells: rare in the graph's labels tells most."""

from collections.abc import Iterable, Set
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt64

from kgattn.linking.atoms import pieces, stable_hash, tidy
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


def label_words(labels: Iterable[str], stop_words: Set[str]) -> LabelWords:
    """Take labels apart and weigh their words by log((1 + labels) / (1 + labels with the word)) / log(1 + labels).

    The inverse document frequency of Spärck Jones 1972, scaled to [0, 1], with labels as documents.
    """
    number: dict[str, int] = {}
    uses: list[int] = []
    lengths: list[int] = []
    for label in labels:
        words = dict.fromkeys(content_words(label, stop_words))
        uses += [number.setdefault(word, len(number)) for word in words]
        lengths.append(len(words))
    keys = np.array([stable_hash(word) for word in number], dtype=np.uint64)
    order = np.argsort(keys)
    place = np.empty(len(keys), dtype=np.int64)
    place[order] = np.arange(len(keys))
    words_of = place[np.array(uses, dtype=np.int64)] if uses else np.zeros(0, dtype=np.int64)
    frequency = np.bincount(words_of, minlength=len(keys))
    size = max(len(lengths), 1)
    weights = np.log((1 + size) / (1 + frequency)) / np.log(1 + size)
    offsets = np.concatenate([[0], np.cumsum(np.array(lengths, dtype=np.int64))])
    rounded = (np.round(weights * _STEPS) / _STEPS).astype(np.float32)
    return LabelWords(keys[order], rounded, offsets, words_of)
