"""What the trie says of distinct tokens, each by itself: it is asked once, for all the times a token comes."""

import numpy as np
from jaxtyping import Shaped

from kgattn.linking import loops
from kgattn.linking.atoms import BARRIER, NO_LETTER
from kgattn.linking.trie import ROOT, AtomTrie, Flag, State


def follow(trie: AtomTrie, tokens: Shaped[np.ndarray, " distinct"], atoms: Shaped[np.ndarray, " atom"]) -> None:
    """Follow distinct tokens through the trie, each from its root, and fill in what comes of it.

    Args:
        trie: The aliases.
        tokens: One `TOKEN` each, as in `DistinctTokens`, of which `first`, `num_atoms` and those `flags` are given that
            do not depend on the trie.
        atoms: Their atoms, one `ATOM` each.
    """
    if loops.words is not None:
        loops.words.follow(trie, tokens, atoms)
        return
    count, first = tokens["num_atoms"].astype(np.int64), tokens["first"].astype(np.int64)
    state = State(
        np.full(len(count), ROOT), np.full(len(count), NO_LETTER, dtype=np.int8), np.zeros(len(count), dtype=np.uint64)
    )
    alive = np.flatnonzero(count)
    tokens["lead"] = BARRIER
    tokens["lead"][alive] = atoms["folded"][first[alive]]
    depth = 0
    while len(alive):
        at = atoms[first[alive] + depth]
        reached = trie.step(State(*(column[alive] for column in state)), at["folded"], at["cased"], at["letter"])
        for column, new in zip(state, reached, strict=True):
            column[alive] = new
        depth += 1
        alive = alive[(reached.node != 0) & (count[alive] > depth)]
    tokens["row"] = row = trie.rows(state)
    tokens["leads"] = np.where(state.node > 0, trie.node_leads[state.node], np.uint64(0))
    tokens["node"], tokens["letter"], tokens["key"] = state
    tokens["flags"] |= np.where(row >= 0, np.uint8(Flag.IS_ALIAS), np.uint8(0))
    tokens["flags"] |= np.where(state.node > 0, np.uint8(Flag.BEGINS_ALIAS), np.uint8(0))
    tokens["flags"] |= np.where(count == 0, np.uint8(Flag.EMPTY), np.uint8(0))
