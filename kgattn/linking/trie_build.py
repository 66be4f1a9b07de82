"""Building the arrays of a trie over atoms."""

from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8, UInt64

from kgattn.linking.trie import ROOT, edge_place, extend_key
from kgattn.shapes import Int

_LOAD = 0.6  # at most this share of the hash table is taken


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
    """What `build_edges` returns; the first four are those of `AtomTrie`."""

    parent: Int[np.ndarray, " node"]
    atom: UInt64[np.ndarray, " node"]
    child: Int[np.ndarray, " place"]
    bits: UInt8[np.ndarray, " byte"]
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
    parent = np.concatenate([np.zeros(1, dtype=np.int64), *parents])  # the root's come first
    atom = np.concatenate([np.zeros(1, dtype=np.uint64), *labels])
    child, bits = _hash_table(parent[1:], atom[1:]), _bits(parent[1:], atom[1:])
    return Edges(parent.astype(np.int32), atom, child, bits, num_nodes, node)


def _hash_table(parent: Int[np.ndarray, " edge"], atom: UInt64[np.ndarray, " edge"]) -> Int[np.ndarray, " place"]:
    """Place edges by linear probing; edge e leads to node e + 1."""
    size = 4
    while size * _LOAD < len(parent) + 1:
        size *= 2
    owner = np.zeros(size, dtype=np.int32)
    place, left = edge_place(parent, atom, size), np.arange(len(parent))
    while len(left):
        free = left[owner[place[left]] == 0]
        taken, which = np.unique(place[free], return_index=True)
        owner[taken] = free[which] + 1
        left = left[owner[place[left]] != left + 1]
        place[left] = (place[left] + 1) & (size - 1)
    return owner


def _bits(parent: Int[np.ndarray, " edge"], atom: UInt64[np.ndarray, " edge"]) -> UInt8[np.ndarray, " byte"]:
    """The bits of `AtomTrie.edge_bits`, at least eight an edge."""
    num_bits = 8 << len(parent).bit_length()
    is_set = np.zeros(num_bits, dtype=bool)
    is_set[edge_place(parent, atom, num_bits)] = True
    return np.packbits(is_set, bitorder="little")
