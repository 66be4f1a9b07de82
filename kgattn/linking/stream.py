"""From spaCy documents to the stream of tokens the trie matches."""

import threading
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Shaped, UInt8, UInt64
from spacy.attrs import ORTH, SPACY
from spacy.strings import StringStore
from spacy.tokens import Doc

from kgattn.linking import loops
from kgattn.linking.atoms import BARRIER, NO_LETTER, Atom, atomise, joins_left, joins_right
from kgattn.linking.column import Column
from kgattn.linking.distinct import follow
from kgattn.linking.orth_table import OrthTable, distinct_ids
from kgattn.linking.trie import ATOM, TOKEN, AtomTrie, DistinctTokens, Flag
from kgattn.shapes import Int

_MAX_CACHED_TOKENS = 100_000  # 10 MiB; the words of a language that matter are fewer
_MAX_ATOMS = int(np.iinfo(TOKEN["num_atoms"]).max)  # of a token; no alias is as long
_ATTRIBUTES = [ORTH, SPACY]
DOC_END = 2**64 - 1
"""What stands behind each document in place of the id of a token's text."""
_DOC_END_TOKEN = np.array([[DOC_END, 1]], dtype=np.uint64)
_DOC_END_ROW, _NOTHING_ROW = 0, 1
_BRACKETS = ("(", "[")
_BARRIER_ATOM = Atom(BARRIER, BARRIER, NO_LETTER)


class TokenStream(NamedTuple):
    """The tokens of several documents, one after the other, each document followed by one token that matches nothing.

    Tokenizers also cut inside words ("10km", "don't", Latin letters in Chinese text). Where tokens touch between word
    characters they are one token here: the first one stands for all, the others for nothing.

    Attributes:
        row: Row of each token in `distinct`.
        distinct: The distinct tokens seen so far.
        orth: spaCy's id of each token's text.
        space: Whether a space follows it, 0 or 1.
        flags: `Flag`s of each token as it stands, not joined with others.
        doc_start: First token of each document.
        run_start: First token of each run of tokens that touch inside a word, rising.
        run_end: Last token of each such run, included.
    """

    row: Int[np.ndarray, " token"]
    distinct: DistinctTokens
    orth: UInt64[np.ndarray, " token"]
    space: UInt8[np.ndarray, " token"]
    flags: UInt8[np.ndarray, " token"]
    doc_start: Int[np.ndarray, " doc"]
    run_start: Int[np.ndarray, " run"]
    run_end: Int[np.ndarray, " run"]

    def tokens_of(self, number: int) -> slice:
        """The tokens of one document."""
        end = self.doc_start[number + 1] if number + 1 < len(self.doc_start) else len(self.orth)
        return slice(int(self.doc_start[number]), int(end) - 1)


class AtomTable:
    """The atoms of every distinct token seen, so that each is taken apart once. Safe to use from several threads.

    Attributes:
        lock: Must be held by whoever reads or changes the rest.
        changes: Rises with every change made here; compiled code that adds tokens by itself leaves it alone.
        orths: Where each token stands in the next.
        tokens: The distinct tokens, as in `DistinctTokens`.
        atoms: Their atoms.
    """

    lock: threading.Lock
    changes: int
    orths: OrthTable
    tokens: Column
    atoms: Column

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.changes = 0
        self._clear(None)

    def _clear(self, trie: AtomTrie | None) -> None:
        self._trie = trie
        self.orths = OrthTable()
        self._run_row: dict[tuple[int, ...], int] = {}
        self.tokens, self.atoms = Column(TOKEN), Column(ATOM)
        self.changes += 1
        if trie is not None:
            self._append(trie, [(_BARRIER_ATOM,), ()], [0, 0])
            self.orths.add(np.array([DOC_END], dtype=np.uint64), np.array([_DOC_END_ROW]))

    def __getstate__(self) -> dict[str, Any]:
        return {}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__()  # type: ignore[misc]

    def stream(self, docs: Sequence[Doc], trie: AtomTrie) -> TokenStream:
        """Lay out the tokens of documents one after the other.

        Args:
            docs: At least one document, all with the same vocabulary.
            trie: What they will be matched with.
        """
        orths, spaces, doc_start = _read(docs)
        strings = docs[0].vocab.strings
        with self.lock:
            self.prepare(trie)
            row = self.orths.rows(orths)
            new = (row < 0).nonzero()[0]
            if len(new):
                self._add(trie, distinct_ids(orths[new]), strings)
                row[new] = self.orths.rows(orths[new])
            flags, touching = _flags_of(self.tokens.filled, row, spaces)
            run_start, run_end = _runs(touching)
            for begin, end in zip(run_start.tolist(), run_end.tolist(), strict=True):
                row[begin] = self._row_of_run(trie, tuple(orths[begin : end + 1].tolist()), strings)
                row[begin + 1 : end + 1] = _NOTHING_ROW
            distinct = DistinctTokens(self.tokens.filled, self.atoms.filled)
        return TokenStream(row, distinct, orths, spaces, flags, doc_start, run_start, run_end)

    def prepare(self, trie: AtomTrie, room: int = 0) -> None:
        """Forget everything if it is of another trie or too much, and make room for more tokens of one atom."""
        if self._trie is not trie or self.spare < max(room, 1):
            self._clear(trie)
        for column in (self.orths, self.tokens, self.atoms):
            column.reserve(room)

    @property
    def spare(self) -> int:
        """Tokens that may be added before there are too many."""
        return max(0, _MAX_CACHED_TOKENS - self.orths.size - len(self._run_row))

    def _add(self, trie: AtomTrie, orths: UInt64[np.ndarray, " new"], strings: StringStore) -> None:
        """Take new tokens apart."""
        if loops.words is not None:
            own = np.empty_like(orths)
            tokens, atoms = np.zeros(len(orths), dtype=TOKEN), np.empty(len(orths), dtype=ATOM)
            plain, others = loops.words.plain_words(orths, strings, own, tokens, atoms)
            self._follow(trie, tokens[:plain], atoms[:plain], own[:plain])
            if not others:
                return
            orths = orths[others]
        texts = [strings[orth] for orth in orths.tolist()]
        self._append(trie, [atomise(text) for text in texts], list(map(_known, texts)), orths)

    def _row_of_run(self, trie: AtomTrie, orths: tuple[int, ...], strings: StringStore) -> int:
        """The row that stands for tokens which touch inside a word."""
        row = self._run_row.get(orths)
        if row is None:
            texts = [strings[orth] for orth in orths]
            atoms = atomise("".join(texts))
            # NFKC may merge characters across a token's edge: then nothing may match here.
            if len(atoms) != sum(len(atomise(text)) for text in texts) - len(texts) + 1:
                atoms = (_BARRIER_ATOM,)
            row = self._run_row[orths] = self.tokens.size
            self._append(trie, [atoms], [0])
        return row

    def _append(
        self,
        trie: AtomTrie,
        atoms: Sequence[tuple[Atom, ...]],
        known: Sequence[int],
        orths: UInt64[np.ndarray, " new"] | None = None,
    ) -> None:
        """Add rows of these atoms, and where they are of single tokens, their ids."""
        tokens = np.zeros(len(atoms), dtype=TOKEN)
        count = np.array([len(some) for some in atoms], dtype=np.int64)
        tokens["first"], tokens["flags"] = np.cumsum(count) - count, known
        tokens["num_atoms"] = np.minimum(count, _MAX_ATOMS)
        flat = np.array([tuple(atom) for some in atoms for atom in some], dtype=ATOM)
        self._follow(trie, tokens, flat, orths)

    def _follow(
        self,
        trie: AtomTrie,
        tokens: Shaped[np.ndarray, " new"],
        atoms: Shaped[np.ndarray, " atom"],
        orths: UInt64[np.ndarray, " new"] | None,
    ) -> None:
        """The same for tokens and atoms in arrays."""
        follow(trie, tokens, atoms)
        tokens["first"] += self.atoms.size
        if orths is not None:
            self.orths.add(orths, self.tokens.size + np.arange(len(orths)))
        self.tokens.append(tokens)
        self.atoms.append(atoms)
        self.changes += 1


def _read(
    docs: Sequence[Doc],
) -> tuple[UInt64[np.ndarray, " token"], UInt8[np.ndarray, " token"], Int[np.ndarray, " doc"]]:
    """Ids of the tokens of all documents and whether a space follows, and the first token of each document."""
    length = np.array([len(doc) for doc in docs])
    end = np.cumsum(length + 1)
    if loops.docs is not None:
        orths, spaces = np.empty(end[-1], dtype=np.uint64), np.empty(end[-1], dtype=np.uint8)
        loops.docs.read(docs, DOC_END, orths, spaces)
        return orths, spaces, end - length - 1
    parts: list[np.ndarray] = []
    for doc in docs:
        parts += (doc.to_array(_ATTRIBUTES).reshape(-1, 2), _DOC_END_TOKEN)
    tokens = np.concatenate(parts)
    return tokens[:, 0].copy(), tokens[:, 1].astype(np.uint8), end - length - 1


def _known(text: str) -> int:
    """The `Flag`s of a text that do not depend on a trie."""
    flags = (
        Flag.JOINS_LEFT * joins_left(text) + Flag.JOINS_RIGHT * joins_right(text) + Flag.CAPITAL * text[:1].isupper()
    )
    return flags + Flag.YEAR * (len(text) == 4 and text.isdecimal()) + Flag.OPENS * (text in _BRACKETS)


def _flags_of(
    distinct: Shaped[np.ndarray, " distinct"], row: Int[np.ndarray, " token"], spaces: UInt8[np.ndarray, " token"]
) -> tuple[UInt8[np.ndarray, " token"], Int[np.ndarray, " touching"]]:
    """The flags of each token, and which tokens touch the next one inside a word."""
    if loops.words is not None:
        flags, touching = np.empty(len(row), dtype=np.uint8), np.empty(len(row), dtype=np.int64)
        count = loops.words.flags_of(distinct, row, spaces, flags, touching)
        return flags, touching[:count]
    flags = distinct["flags"][row]
    touch = (flags[:-1] >> 1) & flags[1:] & 1  # JOINS_RIGHT of one and JOINS_LEFT of the next
    return flags, np.flatnonzero(touch.astype(bool) & (spaces[:-1] == 0))


def _runs(at: Int[np.ndarray, " touching"]) -> tuple[Int[np.ndarray, " run"], Int[np.ndarray, " run"]]:
    """First and last token of each run of tokens that touch the next one."""
    if not len(at):
        return at, at
    gap = np.diff(at) > 1
    return at[np.concatenate([[True], gap])], at[np.concatenate([gap, [True]])] + 1
