"""Fixed vectors for texts, from hashed character n-grams.

No vocabulary and no training: equal texts get equal vectors in every process, like texts get like vectors, and a
new text needs nothing fitted. So an entity, type or relation is known by its text and never by its row number.
"""

import unicodedata
from collections.abc import Sequence

import numpy as np

from kgattn.shapes import Float, Int

NGRAM_BYTES = (3, 4, 5)
HASHES_PER_NGRAM = 2
CHUNK = 4096
SMALLEST_SUM = 1e-6


def text_codes(texts: Sequence[str], dim: int) -> Float[np.ndarray, "text {dim}"]:
    """Give each text a unit vector by which like texts can be told.

    A signed random projection of the text's bag of byte n-grams (feature hashing, Weinberger et al. 2009,
    arXiv:0902.2206; subword n-grams as in fastText, Bojanowski et al. 2017, arXiv:1607.04606) after NFKC
    and case folding. The whole text counts as one more n-gram, as heavy as all others together: so two short
    texts that share every n-gram but one still differ clearly.

    Args:
        texts: Any texts; an empty one gets the code of the empty string.
        dim: Length of a code, at least 2.

    Returns:
        One unit vector per text, in order, float32.
    """
    codes = np.empty((len(texts), dim), dtype=np.float32)
    for start in range(0, len(texts), CHUNK):
        chunk = [texts[row] for row in range(start, min(start + CHUNK, len(texts)))]
        codes[start : start + len(chunk)] = _chunk_codes(chunk, dim)
    return codes


def _chunk_codes(texts: list[str], dim: int) -> Float[np.ndarray, "text dim"]:
    folded = [b" " + unicodedata.normalize("NFKC", text).casefold().encode() + b" " for text in texts]
    lengths = np.array([len(item) for item in folded], dtype=np.int64)
    data = np.frombuffer(b"".join(folded), dtype=np.uint8).astype(np.uint64)
    ends = np.cumsum(lengths)
    owner = np.repeat(np.arange(len(texts)), lengths)
    room = ends[owner] - np.arange(len(data))  # bytes from here to the end of the own text

    ngrams = _unit(_project(*_ngram_hashes(data, owner, room), len(texts), dim))
    whole = np.zeros(len(texts), dtype=np.uint64)
    weights = _mix(np.arange(len(data), dtype=np.uint64) - (ends - lengths)[owner].astype(np.uint64))
    np.add.at(whole, owner, _mix(data + weights))  # position-weighted sum: one hash for the whole text
    # an identity code of many signs, so that it is dense and of the same weight as all n-grams together
    repeats = dim
    identity_hash = _mix(np.repeat(whole, repeats) + np.tile(np.arange(repeats, dtype=np.uint64), len(texts)))
    identity = np.where(identity_hash >> np.uint64(63) == 1, 1.0, -1.0).reshape(len(texts), dim)
    identity = _unit(identity)
    total = ngrams + identity
    opposite = np.linalg.norm(total, axis=1) < SMALLEST_SUM  # the two may cancel each other in few dimensions
    return _unit(np.where(opposite[:, None], identity, total)).astype(np.float32)


def _ngram_hashes(
    data: np.ndarray, owner: Int[np.ndarray, " byte"], room: Int[np.ndarray, " byte"]
) -> tuple[np.ndarray, Int[np.ndarray, " ngram"]]:
    hashes, owners = [], []
    rolling = np.zeros(len(data), dtype=np.uint64)
    for size in range(1, max(NGRAM_BYTES) + 1):
        ahead = np.zeros_like(data)  # the byte at the end of the n-gram that starts here
        ahead[: max(len(data) - size + 1, 0)] = data[size - 1 :]
        rolling = _mix(rolling + ahead + np.uint64(size))
        if size in NGRAM_BYTES:
            inside = room >= size
            hashes.append(rolling[inside])
            owners.append(owner[inside])
    return np.concatenate(hashes), np.concatenate(owners)


def _project(
    hashes: np.ndarray, owner: Int[np.ndarray, " ngram"], num_texts: int, dim: int
) -> Float[np.ndarray, "text dim"]:
    total = np.zeros(num_texts * dim)
    for number in range(HASHES_PER_NGRAM):
        mixed = _mix(hashes + np.uint64(number + 1))
        column = (mixed % np.uint64(dim)).astype(np.int64)
        sign = np.where(mixed >> np.uint64(63) == 1, 1.0, -1.0)
        total += np.bincount(owner * dim + column, weights=sign, minlength=num_texts * dim)
    return total.reshape(num_texts, dim)


def _unit(rows: np.ndarray) -> np.ndarray:
    lengths: np.ndarray = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: np.ndarray = rows / np.maximum(lengths, 1e-12)
    return unit


def _mix(numbers: np.ndarray) -> np.ndarray:
    """Spread 64-bit numbers evenly (the finaliser of splitmix64, Steele et al. 2014)."""
    with np.errstate(over="ignore"):
        mixed = numbers + np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        spread: np.ndarray = mixed ^ (mixed >> np.uint64(31))
        return spread
