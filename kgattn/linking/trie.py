"""A trie over atoms in flat arrays, matched level by level for a whole batch of texts at once.

Edges live in an open-addressing hash table keyed by (parent node, atom). Both are stored and compared, so two paths
never share a node by accident. Nodes are numbered level by level in the order of (parent, atom): the arrays depend on
the set of sequences, not on the order they came in.
"""

from dataclasses import dataclass, fields
from functools import cached_property
from typing import NamedTuple

import numpy as np
from jaxtyping import Shaped, UInt8, UInt64

from kgattn.linking.atoms import NO_LETTER, UPPER
from kgattn.shapes import Bool, Int

MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
ROOT = 0
LEAD_SHIFT = np.uint64(58)
"""Makes of an atom the bit of `AtomTrie.node_leads`."""

# What is asked for together lies together: one place in memory is fetched for it, where columns would take one each.
NODE = np.dtype([("atom", np.uint64), ("parent", np.int32), ("alias", np.int32)], align=True)
TOKEN = np.dtype(
    [
        *(("key", np.uint64), ("lead", np.uint64), ("leads", np.uint64)),
        *(("node", np.int32), ("row", np.int32), ("first", np.int32)),
        *(("num_atoms", np.uint16), ("letter", np.int8), ("flags", np.uint8)),
    ],
    align=True,
)
ATOM = np.dtype([("folded", np.uint64), ("cased", np.uint64), ("letter", np.int8)], align=True)


class Flag:
    """What is known of a token before its neighbours are: bits, as plain numbers, which are faster than enums."""

    JOINS_LEFT = 1  # its first atom would merge with a word character before it
    JOINS_RIGHT = 2  # its last atom would merge with a word character after it
    IS_ALIAS = 4  # it is an alias by itself
    BEGINS_ALIAS = 8  # its atoms begin an alias
    EMPTY = 16  # it has no atom: white space, which a match may pass over
    CAPITAL = 32  # it begins with a capital
    YEAR = 64  # it is four digits
    OPENS = 128  # it is an opening bracket


class State(NamedTuple):
    """How far texts have been followed, each from the root of the trie.

    Attributes:
        node: Node reached, or 0 where no alias begins like this.
        letter: Case of the first letter so far, as in `kgattn.linking.atoms`.
        key: Case-sensitive key of the atoms so far (`extend_key`).
    """

    node: Int[np.ndarray, " text"]
    letter: Int[np.ndarray, " text"]
    key: UInt64[np.ndarray, " text"]


class DistinctTokens(NamedTuple):
    """Distinct tokens, their atoms, and what the trie says of each alone.

    Attributes:
        tokens: One `TOKEN` each: its `flags` (`Flag`); `row` of candidates of the token by itself, or -1; the `node`
            its atoms lead to, or 0, and with it the rest of the `State` after it, `letter` and `key`; `lead`, the
            folded hash of its first atom, `BARRIER` where it has none; `leads`, what `AtomTrie.node_leads` says of the
            node, or 0; `first` and `num_atoms`, its atoms in those below.
        atoms: One `ATOM` each: its hash, `folded` and as written (`cased`), and the case of its first `letter`.
    """

    tokens: Shaped[np.ndarray, " distinct"]
    atoms: Shaped[np.ndarray, " atom"]


class Hits(NamedTuple):
    """The longest admitted alias at every place where one starts, in order of text; hits may overlap.

    Attributes:
        first_token: First token of the hit.
        last_token: Last token of the hit, included.
        row: Row of candidates.
    """

    first_token: Int[np.ndarray, " hit"]
    last_token: Int[np.ndarray, " hit"]
    row: Int[np.ndarray, " hit"]


@dataclass(frozen=True, eq=False, repr=False)
class AtomTrie:
    """Alias atoms -> row of candidates, by the case of the text.

    Attributes:
        nodes: One `NODE` each, the root's first: its `parent`, 0 for the root; `atom`, that of the edge which leads to
            it; `alias`, the number of the one that ends at it, or -1.
        node_leads: A bit of each node for the upper six of every atom that leads on from it: where that of an atom is 0
            there is no edge.
        edge_child: Node, at least 1, whose edge stands in each place of the hash table; 0 marks a free place.
        edge_bits: A bit for each hash of an edge, eight to a byte: where it is 0 there is no edge (a Bloom filter of
            one hash, so small that it stays in the processor's cache).
        lower_row: Row of candidates of each alias for a text whose first letter is no capital, or -1.
        capital_row: The same for a text whose first letter is a capital.
        exact_offsets: Exact forms of alias a are `[exact_offsets[a], exact_offsets[a + 1])` of the next two.
        exact_key: Case-sensitive key of the form (`cased_key`), rising within an alias.
        exact_row: Row of candidates for a text of this very form; goes before the other two.
    """

    nodes: Shaped[np.ndarray, " node"]
    node_leads: UInt64[np.ndarray, " node"]
    edge_child: Int[np.ndarray, " place"]
    edge_bits: UInt8[np.ndarray, " byte"]
    lower_row: Int[np.ndarray, " alias"]
    capital_row: Int[np.ndarray, " alias"]
    exact_offsets: Int[np.ndarray, " alias_plus_one"]
    exact_key: UInt64[np.ndarray, " exact"]
    exact_row: Int[np.ndarray, " exact"]

    @cached_property
    def plain(self) -> "AtomTrie":
        """The same arrays, not as `numpy.memmap`, whose every slice costs a microsecond."""
        return AtomTrie(*(getattr(self, field.name).view(np.ndarray) for field in fields(self)))

    def children(
        self, node: Int[np.ndarray, " query"], atom: UInt64[np.ndarray, " query"]
    ) -> Int[np.ndarray, " query"]:
        """The child each atom leads to, or 0 where there is none."""
        size, atoms, parents = len(self.edge_child), self.nodes["atom"], self.nodes["parent"]
        place = edge_place(node, atom, size)
        child: np.ndarray = self.edge_child.take(place).astype(np.int64)
        other = (atoms[child] != atom) | (parents[child] != node)
        open_ = np.flatnonzero((child != 0) & other)
        while len(open_):
            place[open_] = (place[open_] + 1) & (size - 1)
            there = self.edge_child[place[open_]].astype(np.int64)
            child[open_] = there
            other = (atoms[there] != atom[open_]) | (parents[there] != node[open_])
            open_ = open_[(there != 0) & other]
        return child

    def may_lead_on(
        self, node: Int[np.ndarray, " query"], atom: UInt64[np.ndarray, " query"]
    ) -> Bool[np.ndarray, " query"]:
        """False where `children` would give 0, but for one query in eight or fewer."""
        place = edge_place(node, atom, 8 * len(self.edge_bits))
        bit: np.ndarray = self.edge_bits.take(place >> 3) >> (place & 7).astype(np.uint8)
        return (bit & 1).astype(bool)

    def step(self, state: State, folded: np.ndarray, cased: np.ndarray, letter: np.ndarray) -> State:
        """Follow each text by one atom more, given its two hashes and the case of its first letter."""
        node = self.children(state.node, folded)
        return State(node, np.where(state.letter == NO_LETTER, letter, state.letter), extend_key(state.key, cased))

    def rows(self, state: State) -> Int[np.ndarray, " text"]:
        """Row of candidates of each text followed to a node; -1 where no alias ends or none admits the text's case."""
        rows: np.ndarray = np.full(len(state.node), -1)
        alias = self.nodes["alias"][state.node]
        ends = np.flatnonzero((alias >= 0) & (state.node != ROOT))
        rows[ends] = self._rows(alias[ends], state.letter[ends], state.key[ends])
        return rows

    def match(
        self, tokens: Int[np.ndarray, " token"], distinct: DistinctTokens, every: list[Hits] | None = None
    ) -> Hits:
        """Find, at every token that starts one, the longest alias whose case rule admits the text.

        A token alone is looked up in `distinct`. Most that begin a longer alias are dropped by one bit, which the next
        token does not have; the others are followed all together, an atom at a time.

        Args:
            tokens: Row in `distinct` of each token, texts one after the other. Behind each text stands a token of one
                `BARRIER`, which no alias holds, so that no match leaves its text.
            distinct: The distinct tokens.
            every: Takes all aliases that the text admits, those of a token alone first, if given.
        """
        flags = distinct.tokens["flags"][tokens]
        begins = np.flatnonzero(flags & Flag.BEGINS_ALIAS)
        after = begins + 1
        own, following = distinct.tokens[tokens[begins]], distinct.tokens[tokens[after]]
        on = self.may_lead_on(own["node"], following["lead"]) | ((flags[after] & Flag.EMPTY) != 0)
        begins, own = begins[on], own[on]

        is_start = (flags & Flag.IS_ALIAS).astype(bool)
        is_start[begins] = True
        start = np.flatnonzero(is_start)
        row, last = distinct.tokens["row"][tokens[start]].astype(np.int64), start.copy()
        if every is not None:
            alone = np.flatnonzero(row >= 0)
            every.append(Hits(start[alone], start[alone], row[alone]))
        alive = np.searchsorted(start, begins)
        state = State(own["node"].astype(np.int64), own["letter"], own["key"])
        token, at, end = begins.copy(), np.zeros_like(begins), np.full_like(begins, -1)  # atom, last atom of its token
        while len(alive):
            over = np.flatnonzero(at > end)
            while len(over):
                token[over] += 1
                own = distinct.tokens[tokens[token[over]]]
                at[over] = own["first"]
                end[over] = at[over] + own["num_atoms"] - 1
                over = over[at[over] > end[over]]
            atoms = distinct.atoms[at]
            state = self.step(state, atoms["folded"], atoms["cased"], atoms["letter"])
            found = np.flatnonzero(state.node)
            alive, token, at, end = alive[found], token[found], at[found], end[found]
            state = State(*(column[found] for column in state))
            whole = np.flatnonzero(at == end)
            rows = self.rows(State(*(column[whole] for column in state)))
            whole, rows = whole[rows >= 0], rows[rows >= 0]
            last[alive[whole]], row[alive[whole]] = token[whole], rows
            if every is not None:
                every.append(Hits(start[alive[whole]], token[whole], rows))
            at += 1
        hit = np.flatnonzero(row >= 0)
        return Hits(start[hit], last[hit], row[hit])

    def match_all(self, tokens: Int[np.ndarray, " token"], distinct: DistinctTokens) -> Hits:
        """The same, but every alias that the text admits: shorter ones too."""
        every: list[Hits] = []
        self.match(tokens, distinct, every)
        hits = Hits(*(np.concatenate(columns) for columns in zip(*every, strict=True)))
        order = np.lexsort((hits.last_token, hits.first_token))
        return Hits(*(column[order] for column in hits))

    def _rows(
        self,
        alias: Int[np.ndarray, " match"],
        letter: Int[np.ndarray, " match"],
        key: UInt64[np.ndarray, " match"],
    ) -> Int[np.ndarray, " match"]:
        """Row of candidates for each matched alias, given the case of the text; -1 where no rule admits it."""
        rows: np.ndarray = np.where(letter == UPPER, self.capital_row[alias], self.lower_row[alias])
        rows = rows.astype(np.int64)
        form, end = self.exact_offsets[alias], self.exact_offsets[alias + 1]
        left = np.flatnonzero(form < end)
        form = form[left]
        while len(left):
            same = self.exact_key[form] == key[left]
            rows[left[same]] = self.exact_row[form[same]]
            form = form + 1
            more = ~same & (form < end[left])
            left, form = left[more], form[more]
        return rows


def extend_key(key: UInt64[np.ndarray, " item"], atom: UInt64[np.ndarray, " item"]) -> UInt64[np.ndarray, " item"]:
    """Append one atom to a 64-bit key of a sequence; the empty sequence has key 0."""
    longer: np.ndarray = (key ^ atom) * MULTIPLIER
    longer ^= longer >> np.uint64(29)
    return longer


def edge_place(
    node: Int[np.ndarray, " edge"], atom: UInt64[np.ndarray, " edge"], size: int
) -> Int[np.ndarray, " edge"]:
    """Where in a hash table of `size` places, a power of two, to look first for an edge."""
    scrambled: np.ndarray = (node.astype(np.uint64) * MULTIPLIER) ^ atom
    scrambled = (scrambled ^ (scrambled >> np.uint64(32))) * MULTIPLIER
    place: np.ndarray = (scrambled >> np.uint64(65 - size.bit_length())).astype(np.int64)
    return place
