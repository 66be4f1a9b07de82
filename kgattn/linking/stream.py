"""From spaCy documents to the stream of atoms the trie matches."""

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import UInt64
from spacy.strings import StringStore
from spacy.tokens import Doc

from kgattn.linking.atoms import atomise, joins_left, joins_right
from kgattn.linking.trie import AtomStream
from kgattn.shapes import Bool, Int

_MAX_CACHED_TOKENS = 100_000  # 20 MiB; the words of a language that matter are fewer


class AtomTable:
    """The atoms of every distinct token seen, so that each is taken apart once. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._clear()

    def _clear(self) -> None:
        self._row: dict[int, int] = {}
        self._tokens = _Buffer(np.int64, 4)  # first atom, number of atoms, joins left, joins right
        self._hashes = _Buffer(np.uint64, 2)  # folded, cased
        self._letters = _Buffer(np.int8, 1)

    def __getstate__(self) -> dict[str, Any]:
        return {}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__()  # type: ignore[misc]

    def lookup(
        self, orths: UInt64[np.ndarray, " token"], strings: StringStore
    ) -> tuple[Int[np.ndarray, "token 4"], UInt64[np.ndarray, "atom 2"], Int[np.ndarray, " atom"]]:
        """The rows of tokens, and the atoms these point into.

        Args:
            orths: spaCy's ids of the token texts.
            strings: Where the texts are.

        Returns:
            First atom, number of atoms, whether it joins a word character on its left, and on its right, of each token;
            folded and cased hash of each atom; case of the first letter of each atom.
        """
        distinct, inverse = np.unique(orths, return_inverse=True)
        with self._lock:
            if len(self._row) > _MAX_CACHED_TOKENS:
                self._clear()
            rows = [self._row.get(orth, -1) for orth in distinct.tolist()]
            for at, row in enumerate(rows):
                if row < 0:
                    rows[at] = self._add(int(distinct[at]), strings[int(distinct[at])])
            tokens = self._tokens.filled[np.array(rows, dtype=np.int64)]
            return tokens[inverse], self._hashes.filled, self._letters.filled[:, 0]

    def _add(self, orth: int, text: str) -> int:
        atoms = atomise(text)
        row = self._row[orth] = len(self._row)
        self._tokens.append([(len(self._letters.filled), len(atoms), joins_left(text), joins_right(text))])
        self._hashes.append([(atom.folded, atom.cased) for atom in atoms])
        self._letters.append([(atom.letter,) for atom in atoms])
        return row


class _Buffer:
    """A table that grows by appending rows; views handed out stay valid."""

    def __init__(self, dtype: Any, width: int) -> None:
        self._data = np.zeros((1024, width), dtype=dtype)
        self._size = 0

    @property
    def filled(self) -> np.ndarray:
        return self._data[: self._size]

    def append(self, rows: Sequence[tuple[int, ...]]) -> None:
        if not rows:
            return
        end = self._size + len(rows)
        if end > len(self._data):
            larger = np.zeros((2 * end, self._data.shape[1]), dtype=self._data.dtype)
            larger[: self._size] = self.filled
            self._data = larger
        self._data[self._size : end] = rows
        self._size = end


def atom_stream(docs: Sequence[Doc], table: AtomTable) -> tuple[AtomStream, Int[np.ndarray, " doc"]]:
    """Lay out the atoms of documents one after the other.

    Tokenizers also cut inside words ("10km", "don't", Latin letters in Chinese text). Where two tokens touch between
    word characters, their atoms are joined again and no match may start or end there.

    Args:
        docs: At least one document, all with the same vocabulary.
        table: Atoms of the tokens seen so far.

    Returns:
        The stream, whose tokens are numbered through all documents, and the first token of each document.
    """
    length = np.array([len(doc) for doc in docs], dtype=np.int64)
    doc_end = np.cumsum(length)
    orths = np.concatenate([doc.to_array(["ORTH", "SPACY"]).reshape(-1, 2) for doc in docs])
    tokens, hashes, letters = table.lookup(orths[:, 0], docs[0].vocab.strings)
    source, count = tokens[:, 0], tokens[:, 1]

    joined = np.zeros(len(tokens) + 1, dtype=bool)  # token t is joined with token t - 1
    joined[1:-1] = (orths[:-1, 1] == 0) & (tokens[:-1, 3] == 1) & (tokens[1:, 2] == 1)
    joined[doc_end] = False
    joined[0] = False

    token_of = np.repeat(np.arange(len(tokens)), count)
    start = np.cumsum(count) - count
    gather = np.arange(len(token_of)) - start[token_of] + source[token_of]
    is_first = np.arange(len(token_of)) == start[token_of]
    keep = ~(is_first & joined[token_of])
    gather, token_of = gather[keep], token_of[keep]
    folded, cased, letter = hashes[gather, 0], hashes[gather, 1], letters[gather]

    # Place of each token's first atom; a joined token's first atom is the last of the token before.
    first = start - np.cumsum(joined[:-1])
    last = first + count - 1
    first_token, last_token = np.full(len(token_of), -1), np.full(len(token_of), -1)
    begins = np.flatnonzero((count > 0) & ~joined[:-1])
    ends = np.flatnonzero((count > 0) & ~joined[1:])
    first_token[first[begins]] = begins
    last_token[last[ends]] = ends
    _mend(docs, doc_end, joined, first, last, (folded, cased, letter, first_token, last_token))

    doc_of = np.searchsorted(doc_end, token_of, side="right")
    text_end = np.searchsorted(doc_of, doc_of, side="right")
    stream = AtomStream(folded, cased, letter, first_token, last_token, text_end)
    return stream, doc_end - length


def _mend(
    docs: Sequence[Doc],
    doc_end: Int[np.ndarray, " doc"],
    joined: Bool[np.ndarray, " token_plus_one"],
    first: Int[np.ndarray, " token"],
    last: Int[np.ndarray, " token"],
    atoms: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray],
) -> None:
    """Write the atoms of joined tokens, in place."""
    if not joined.any():
        return
    folded, cased, letter, first_token, last_token = atoms
    run_start = np.flatnonzero(joined[1:] & ~joined[:-1])
    run_end = np.flatnonzero(joined[:-1] & ~joined[1:])
    for begin, end in zip(run_start.tolist(), run_end.tolist(), strict=True):
        number = int(np.searchsorted(doc_end, begin, side="right"))
        doc = docs[number]
        offset = int(doc_end[number]) - len(doc)
        whole = atomise("".join(token.text for token in doc[begin - offset : end - offset + 1]))
        at = slice(int(first[begin]), int(last[end]) + 1)
        if len(whole) == at.stop - at.start:
            folded[at], cased[at] = [atom.folded for atom in whole], [atom.cased for atom in whole]
            letter[at] = [atom.letter for atom in whole]
        else:  # NFKC merged characters across a token's edge: nothing may match here
            first_token[at] = last_token[at] = -1
            folded[at] = 0
