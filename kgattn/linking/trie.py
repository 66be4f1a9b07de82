"""A trie over atoms in flat arrays, matched level by level for a whole batch of texts at once.

Edges live in an open-addressing hash table keyed by (parent node, atom). Both are stored and compared, so two paths
never share a node by accident. Nodes are numbered level by level in the order of (parent, atom): the arrays depend on
the set of sequences, not on the order they came in.
"""

from dataclasses import dataclass, fields
from functools import cached_property
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8, UInt64

from kgattn.linking.atoms import NO_LETTER, UPPER
from kgattn.shapes import Bool, Int

MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
ROOT = 0


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
        flags: `Flag`s of each token.
        row: Row of candidates of the token by itself, or -1.
        node: Node its atoms lead to, or 0; with the next two the `State` after it.
        letter: Case of its first letter, as in `kgattn.linking.atoms`.
        key: Case-sensitive key of its atoms.
        lead: Folded hash of its first atom; `BARRIER` where it has none.
        first: Its first atom in the arrays that follow.
        num_atoms: Its number of atoms.
        folded: Hash of each atom, case-folded.
        cased: Hash of each atom as written.
        atom_letter: Case of each atom's first letter.
    """

    flags: UInt8[np.ndarray, " distinct"]
    row: Int[np.ndarray, " distinct"]
    node: Int[np.ndarray, " distinct"]
    letter: Int[np.ndarray, " distinct"]
    key: UInt64[np.ndarray, " distinct"]
    lead: UInt64[np.ndarray, " distinct"]
    first: Int[np.ndarray, " distinct"]
    num_atoms: Int[np.ndarray, " distinct"]
    folded: UInt64[np.ndarray, " atom"]
    cased: UInt64[np.ndarray, " atom"]
    atom_letter: Int[np.ndarray, " atom"]


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
        edge_parent: Parent of each node; the root has none and says 0.
        edge_atom: Atom of the edge that leads to each node.
        edge_child: Node, at least 1, whose edge stands in each place of the hash table; 0 marks a free place.
        edge_bits: A bit for each hash of an edge, eight to a byte: where it is 0 there is no edge (a Bloom filter of
            one hash, so small that it stays in the processor's cache).
        node_alias: Alias that ends at each node, or -1. Node 0 is the root.
        lower_row: Row of candidates of each alias for a text whose first letter is no capital, or -1.
        capital_row: The same for a text whose first letter is a capital.
        exact_offsets: Exact forms of alias a are `[exact_offsets[a], exact_offsets[a + 1])` of the next two.
        exact_key: Case-sensitive key of the form (`cased_key`), rising within an alias.
        exact_row: Row of candidates for a text of this very form; goes before the other two.
    """

    edge_parent: Int[np.ndarray, " node"]
    edge_atom: UInt64[np.ndarray, " node"]
    edge_child: Int[np.ndarray, " place"]
    edge_bits: UInt8[np.ndarray, " byte"]
    node_alias: Int[np.ndarray, " node"]
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
        size = len(self.edge_child)
        place = edge_place(node, atom, size)
        child: np.ndarray = self.edge_child.take(place).astype(np.int64)
        other = (self.edge_atom.take(child) != atom) | (self.edge_parent.take(child) != node)
        open_ = np.flatnonzero((child != 0) & other)
        while len(open_):
            place[open_] = (place[open_] + 1) & (size - 1)
            there = self.edge_child[place[open_]].astype(np.int64)
            child[open_] = there
            other = (self.edge_atom[there] != atom[open_]) | (self.edge_parent[there] != node[open_])
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
        alias = self.node_alias.take(state.node)
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
        flags = distinct.flags.take(tokens)
        begins = np.flatnonzero(flags & Flag.BEGINS_ALIAS)
        after = begins + 1
        on = self.may_lead_on(distinct.node.take(tokens.take(begins)), distinct.lead.take(tokens.take(after)))
        on |= (flags.take(after) & Flag.EMPTY).astype(bool)
        begins = begins[on]

        is_start = (flags & Flag.IS_ALIAS).astype(bool)
        is_start[begins] = True
        start = np.flatnonzero(is_start)
        row, last = distinct.row.take(tokens.take(start)), start.copy()
        if every is not None:
            alone = np.flatnonzero(row >= 0)
            every.append(Hits(start[alone], start[alone], row[alone]))
        alive = np.searchsorted(start, begins)
        own = tokens.take(begins)
        state = State(distinct.node.take(own), distinct.letter.take(own), distinct.key.take(own))
        token, at, end = begins.copy(), np.zeros_like(begins), np.full_like(begins, -1)  # atom, last atom of its token
        while len(alive):
            over = np.flatnonzero(at > end)
            while len(over):
                token[over] += 1
                own = tokens.take(token[over])
                at[over] = distinct.first.take(own)
                end[over] = at[over] + distinct.num_atoms.take(own) - 1
                over = over[at[over] > end[over]]
            state = self.step(state, distinct.folded.take(at), distinct.cased.take(at), distinct.atom_letter.take(at))
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
