"""What the trie says of distinct tokens, each by itself: it is asked once, for all the times a token comes."""

import numpy as np
from jaxtyping import UInt8, UInt64

from kgattn.linking import loops
from kgattn.linking.atoms import BARRIER, NO_LETTER
from kgattn.linking.trie import ROOT, AtomTrie, DistinctTokens, Flag, State
from kgattn.shapes import Int


def distinct_tokens(
    trie: AtomTrie,
    count: Int[np.ndarray, " distinct"],
    known: UInt8[np.ndarray, " distinct"],
    folded: UInt64[np.ndarray, " atom"],
    cased: UInt64[np.ndarray, " atom"],
    letter: Int[np.ndarray, " atom"],
) -> DistinctTokens:
    """Follow distinct tokens through the trie, each from its root.

    Args:
        trie: The aliases.
        count: Number of atoms of each token.
        known: `Flag`s of each token that do not depend on the trie.
        folded: Atoms of all tokens, one after the other, as in `DistinctTokens`; so are the next two.
        cased: The same as written.
        letter: Case of their first letters.
    """
    first = np.cumsum(count) - count
    if loops.words is None:
        return _with_arrays(trie, count, first, known, folded, cased, letter)
    flags, row, node, own_letter, key, lead = (
        np.empty(len(count), dtype=dtype) for dtype in (np.uint8, np.int64, np.int64, np.int8, np.uint64, np.uint64)
    )
    flags[:] = known
    loops.words.follow(trie, first, count, folded, cased, letter, flags, row, node, own_letter, key, lead)
    return DistinctTokens(flags, row, node, own_letter, key, lead, first, count, folded, cased, letter)


def _with_arrays(
    trie: AtomTrie,
    count: Int[np.ndarray, " distinct"],
    first: Int[np.ndarray, " distinct"],
    known: UInt8[np.ndarray, " distinct"],
    folded: UInt64[np.ndarray, " atom"],
    cased: UInt64[np.ndarray, " atom"],
    letter: Int[np.ndarray, " atom"],
) -> DistinctTokens:
    state = State(
        np.full(len(count), ROOT), np.full(len(count), NO_LETTER, dtype=np.int8), np.zeros(len(count), dtype=np.uint64)
    )
    alive = np.flatnonzero(count)
    lead = np.full(len(count), BARRIER, dtype=np.uint64)
    lead[alive] = folded[first[alive]]
    depth = 0
    while len(alive):
        at = first[alive] + depth
        reached = trie.step(State(*(column[alive] for column in state)), folded[at], cased[at], letter[at])
        for column, new in zip(state, reached, strict=True):
            column[alive] = new
        depth += 1
        alive = alive[(reached.node != 0) & (count[alive] > depth)]
    row = trie.rows(state)
    flags = known | np.where(row >= 0, Flag.IS_ALIAS, 0) | np.where(state.node > 0, Flag.BEGINS_ALIAS, 0)
    flags = (flags | np.where(count == 0, Flag.EMPTY, 0)).astype(np.uint8)
    return DistinctTokens(flags, row, *state, lead, first, count, folded, cased, letter)
