"""A trie over atoms in flat arrays, matched level by level for a whole batch of texts at once.

Edges live in an open-addressing hash table keyed by (parent node, atom). Both are stored and compared, so two paths
never share a node by accident. Nodes are numbered level by level in the order of (parent, atom): the arrays depend on
the set of sequences, not on the order they came in.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt64

from kgattn.linking.atoms import NO_LETTER, UPPER
from kgattn.shapes import Int

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_LOAD = 0.6  # at most this share of the hash table is taken
ROOT = 0


class AtomStream(NamedTuple):
    """The atoms of several texts, one after the other.

    Attributes:
        folded: Hash of each atom, case-folded.
        cased: Hash of each atom as written.
        letter: Case of each atom's first letter, as in `kgattn.linking.atoms`.
        first_token: Token that starts with this atom, or -1.
        last_token: Token that ends with this atom, or -1.
        text_end: One past the last atom of the text this atom lies in.
    """

    folded: UInt64[np.ndarray, " atom"]
    cased: UInt64[np.ndarray, " atom"]
    letter: Int[np.ndarray, " atom"]
    first_token: Int[np.ndarray, " atom"]
    last_token: Int[np.ndarray, " atom"]
    text_end: Int[np.ndarray, " atom"]


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
        edge_parent: Parent node of the edge in each place of the hash table.
        edge_atom: Its atom.
        edge_child: Its child node, at least 1; 0 marks a free place.
        node_alias: Alias that ends at each node, or -1. Node 0 is the root.
        lower_row: Row of candidates of each alias for a text whose first letter is no capital, or -1.
        capital_row: The same for a text whose first letter is a capital.
        exact_offsets: Exact forms of alias a are `[exact_offsets[a], exact_offsets[a + 1])` of the next two.
        exact_key: Case-sensitive key of the form (`cased_key`), rising within an alias.
        exact_row: Row of candidates for a text of this very form; goes before the other two.
    """

    edge_parent: Int[np.ndarray, " place"]
    edge_atom: UInt64[np.ndarray, " place"]
    edge_child: Int[np.ndarray, " place"]
    node_alias: Int[np.ndarray, " node"]
    lower_row: Int[np.ndarray, " alias"]
    capital_row: Int[np.ndarray, " alias"]
    exact_offsets: Int[np.ndarray, " alias_plus_one"]
    exact_key: UInt64[np.ndarray, " exact"]
    exact_row: Int[np.ndarray, " exact"]

    def children(
        self, node: Int[np.ndarray, " query"], atom: UInt64[np.ndarray, " query"]
    ) -> Int[np.ndarray, " query"]:
        """The child each atom leads to, or 0 where there is none."""
        size = len(self.edge_child)
        place = _place(node, atom, size)
        child: np.ndarray = self.edge_child[place].astype(np.int64)
        open_ = np.flatnonzero((child != 0) & ((self.edge_atom[place] != atom) | (self.edge_parent[place] != node)))
        while len(open_):
            place[open_] = (place[open_] + 1) & (size - 1)
            at = place[open_]
            child[open_] = self.edge_child[at]
            other = (self.edge_atom[at] != atom[open_]) | (self.edge_parent[at] != node[open_])
            open_ = open_[(child[open_] != 0) & other]
        return child

    def match(self, stream: AtomStream) -> Hits:
        """Find, at every token that starts one, the longest alias whose case rule admits the text."""
        start = np.flatnonzero(stream.first_token >= 0)
        last, row = np.full(len(start), -1), np.full(len(start), -1)
        alive = np.arange(len(start))
        node, letter = np.full(len(start), ROOT), np.full(len(start), NO_LETTER)
        key = np.zeros(len(start), dtype=np.uint64)
        depth = 0
        while len(alive):
            at = start[alive] + depth
            node = self.children(node, stream.folded[at])
            found = node != 0
            alive, at, node, letter, key = (array[found] for array in (alive, at, node, letter, key))
            letter = np.where(letter == NO_LETTER, stream.letter[at], letter)
            key = extend_key(key, stream.cased[at])
            alias = self.node_alias[node]
            whole = np.flatnonzero((alias >= 0) & (stream.last_token[at] >= 0))
            rows = self._rows(alias[whole], letter[whole], key[whole])
            whole, rows = whole[rows >= 0], rows[rows >= 0]
            last[alive[whole]], row[alive[whole]] = at[whole], rows
            depth += 1
            more = at + 1 < stream.text_end[at]
            alive, node, letter, key = (array[more] for array in (alive, node, letter, key))
        hit = np.flatnonzero(row >= 0)
        return Hits(stream.first_token[start[hit]], stream.last_token[last[hit]], row[hit])

    def match_all(self, stream: AtomStream) -> Hits:
        """Find every alias whose case rule admits the text, at every place; in order of length."""
        at = np.flatnonzero(stream.first_token >= 0)
        first, node, letter = at, np.full(len(at), ROOT), np.full(len(at), NO_LETTER)
        key = np.zeros(len(at), dtype=np.uint64)
        hits = [Hits(*np.empty((3, 0), dtype=np.int64))]
        while len(at):
            node = self.children(node, stream.folded[at])
            found = node != 0
            first, at, node, letter, key = (array[found] for array in (first, at, node, letter, key))
            letter = np.where(letter == NO_LETTER, stream.letter[at], letter)
            key = extend_key(key, stream.cased[at])
            alias = self.node_alias[node]
            whole = np.flatnonzero((alias >= 0) & (stream.last_token[at] >= 0))
            rows = self._rows(alias[whole], letter[whole], key[whole])
            whole, rows = whole[rows >= 0], rows[rows >= 0]
            hits.append(Hits(stream.first_token[first[whole]], stream.last_token[at[whole]], rows))
            more = at + 1 < stream.text_end[at]
            first, at, node, letter, key = (array[more] for array in (first, at + 1, node, letter, key))
        return Hits(*map(np.concatenate, zip(*hits, strict=True)))

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
    longer: np.ndarray = (key ^ atom) * _MULTIPLIER
    longer ^= longer >> np.uint64(29)
    return longer


def cased_keys(
    atoms: UInt64[np.ndarray, " atom"], lengths: Int[np.ndarray, " sequence"]
) -> UInt64[np.ndarray, " sequence"]:
    """The key of each sequence of atoms."""
    start = np.cumsum(lengths) - lengths
    key = np.zeros(len(lengths), dtype=np.uint64)
    for depth in range(int(lengths.max(initial=0))):
        longer = np.flatnonzero(lengths > depth)
        key[longer] = extend_key(key[longer], atoms[start[longer] + depth])
    return key


class Edges(NamedTuple):
    """What `build_edges` returns; the first three are those of `AtomTrie`."""

    parent: Int[np.ndarray, " place"]
    atom: UInt64[np.ndarray, " place"]
    child: Int[np.ndarray, " place"]
    num_nodes: int
    end_node: Int[np.ndarray, " sequence"]


def build_edges(atoms: UInt64[np.ndarray, " atom"], lengths: Int[np.ndarray, " sequence"]) -> Edges:
    """Build the nodes of a trie.

    Args:
        atoms: Folded atoms of all sequences, one after the other.
        lengths: Atoms of each sequence, at least 1.

    Returns:
        The hash table of edges, the number of nodes, and the node each sequence ends at.
    """
    start = np.cumsum(lengths) - lengths
    node = np.full(len(lengths), ROOT)
    parents, labels, num_nodes = [], [], 1
    for depth in range(int(lengths.max(initial=0))):
        alive = np.flatnonzero(lengths > depth)
        parent, atom = node[alive], atoms[start[alive] + depth]
        order = np.lexsort((atom, parent))
        parent, atom = parent[order], atom[order]
        new = np.ones(len(order), dtype=bool)
        new[1:] = (parent[1:] != parent[:-1]) | (atom[1:] != atom[:-1])
        node[alive[order]] = num_nodes + np.cumsum(new) - 1
        parents.append(parent[new])
        labels.append(atom[new])
        num_nodes += int(new.sum())
    parent = np.concatenate([np.empty(0, dtype=np.int64), *parents])
    atom = np.concatenate([np.empty(0, dtype=np.uint64), *labels])
    return Edges(*_hash_table(parent, atom), num_nodes=num_nodes, end_node=node)


def _hash_table(
    parent: Int[np.ndarray, " edge"], atom: UInt64[np.ndarray, " edge"]
) -> tuple[Int[np.ndarray, " place"], UInt64[np.ndarray, " place"], Int[np.ndarray, " place"]]:
    """Place edges by linear probing; edge e leads to node e + 1."""
    size = 4
    while size * _LOAD < len(parent) + 1:
        size *= 2
    owner = np.zeros(size, dtype=np.int32)
    place, left = _place(parent, atom, size), np.arange(len(parent))
    while len(left):
        free = left[owner[place[left]] == 0]
        taken, which = np.unique(place[free], return_index=True)
        owner[taken] = free[which] + 1
        left = left[owner[place[left]] != left + 1]
        place[left] = (place[left] + 1) & (size - 1)
    table_parent, table_atom = np.zeros(size, dtype=np.int32), np.zeros(size, dtype=np.uint64)
    table_parent[place], table_atom[place] = parent, atom
    return table_parent, table_atom, owner


def _place(node: Int[np.ndarray, " edge"], atom: UInt64[np.ndarray, " edge"], size: int) -> Int[np.ndarray, " edge"]:
    """Where in a hash table of `size` places, a power of two, to look first for an edge."""
    scrambled: np.ndarray = (node.astype(np.uint64) * _MULTIPLIER) ^ atom
    scrambled = (scrambled ^ (scrambled >> np.uint64(32))) * _MULTIPLIER
    place: np.ndarray = (scrambled >> np.uint64(65 - size.bit_length())).astype(np.int64)
    return place
