"""Building the arrays of a trie over atoms."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Shaped, UInt8, UInt64

from kgattn.linking.trie import LEAD_SHIFT, NODE, ROOT, edge_place, extend_key
from kgattn.shapes import Int

_BLOCK = 2**18  # edges looked at in one go
_LOAD = 0.6  # at most this share of the hash table is taken


def cased_keys(
    atoms: UInt64[np.ndarray, " atom"], lengths: Int[np.ndarray, " sequence"]
) -> UInt64[np.ndarray, " sequence"]:
    """The key of each sequence of atoms."""
    start = np.cumsum(lengths, dtype=np.int64) - lengths
    key = np.zeros(len(lengths), dtype=np.uint64)
    for depth in range(int(lengths.max(initial=0))):
        longer = np.flatnonzero(lengths > depth)
        key[longer] = extend_key(key[longer], atoms[start[longer] + depth])
    return key


class Edges(NamedTuple):
    """What `build_edges` returns; the first four are those of `AtomTrie`."""

    nodes: Shaped[np.ndarray, " node"]
    leads: UInt64[np.ndarray, " node"]
    child: Int[np.ndarray, " place"]
    bits: UInt8[np.ndarray, " byte"]
    end_node: Int[np.ndarray, " sequence"]


def build_edges(atoms: UInt64[np.ndarray, " atom"], lengths: Int[np.ndarray, " sequence"]) -> Edges:
    """Build the nodes of a trie, with an alias for each distinct sequence, numbered by the nodes they end at.

    Args:
        atoms: Folded atoms of all sequences, one after the other.
        lengths: Atoms of each sequence, at least 1.

    Returns:
        The nodes, the hash table of edges and its bits, and the node each sequence ends at.
    """
    parent, atom, end_node = _nodes(atoms, lengths)
    nodes = np.empty(len(parent), dtype=NODE)
    nodes["parent"], nodes["atom"] = parent, atom
    ends = np.zeros(len(parent), dtype=bool)
    ends[end_node] = True
    nodes["alias"] = np.where(ends, np.cumsum(ends, dtype=np.int32) - 1, np.int32(-1))
    leads, child = _leads(parent, atom), _hash_table(parent[1:], atom[1:])
    return Edges(nodes, leads, child, _bits(parent[1:], atom[1:]), end_node)


def _nodes(
    atoms: UInt64[np.ndarray, " atom"], lengths: Int[np.ndarray, " sequence"]
) -> tuple[Int[np.ndarray, " node"], UInt64[np.ndarray, " node"], Int[np.ndarray, " sequence"]]:
    """Parent and atom of each node, level by level, the root's first; and the node each sequence ends at."""
    start = np.cumsum(lengths, dtype=np.int64) - lengths
    node = np.full(len(lengths), ROOT, dtype=np.int32)
    parents, labels, num_nodes = [np.zeros(1, dtype=np.int32)], [np.zeros(1, dtype=np.uint64)], 1
    for depth in range(int(lengths.max(initial=0))):
        alive = np.flatnonzero(lengths > depth)
        parent, atom = node[alive], atoms[start[alive] + depth]
        order = np.lexsort((atom, parent))
        parent, atom, alive = parent[order], atom[order], alive[order]
        new = np.ones(len(order), dtype=bool)
        new[1:] = (parent[1:] != parent[:-1]) | (atom[1:] != atom[:-1])
        node[alive] = num_nodes - 1 + np.cumsum(new, dtype=np.int32)
        parents.append(parent[new])
        labels.append(atom[new])
        num_nodes += int(np.count_nonzero(new))
    return np.concatenate(parents), np.concatenate(labels), node


def _leads(parent: Int[np.ndarray, " node"], atom: UInt64[np.ndarray, " node"]) -> UInt64[np.ndarray, " node"]:
    """`AtomTrie.node_leads`. Nodes of one parent lie together."""
    leads = np.zeros(len(parent), dtype=np.uint64)
    first = np.flatnonzero(np.diff(parent[1:], prepend=-1))
    if len(first):
        leads[parent[1:][first]] = np.bitwise_or.reduceat(np.uint64(1) << (atom[1:] >> LEAD_SHIFT), first)
    return leads


def _hash_table(parent: Int[np.ndarray, " edge"], atom: UInt64[np.ndarray, " edge"]) -> Int[np.ndarray, " place"]:
    """Place edges by linear probing; edge e leads to node e + 1.

    In rounds: of all edges that look at a free place the first takes it, and the others go on to the next one.
    """
    size = 4
    while size * _LOAD < len(parent) + 1:
        size *= 2
    owner = np.zeros(size, dtype=np.int32)
    left = [_take(owner, edge, place) for edge, place in _looked_at(parent, atom, size)]
    edge, place = map(np.concatenate, zip(*left, strict=True)) if left else (parent, parent)
    while len(edge):
        edge, place = _take(owner, edge, place)
    return owner


def _take(
    owner: Int[np.ndarray, " place"], edge: Int[np.ndarray, " edge"], place: Int[np.ndarray, " edge"]
) -> tuple[Int[np.ndarray, " left"], Int[np.ndarray, " left"]]:
    """Give free places to the edges that look at them, of several to the first.

    Returns:
        The other edges, and where they look next.
    """
    free = owner[place] == 0
    owner[place[free][::-1]] = edge[free][::-1] + 1  # the last value written stays
    left = owner[place] != edge + 1
    return edge[left], (place[left] + 1) & (len(owner) - 1)


def _bits(parent: Int[np.ndarray, " edge"], atom: UInt64[np.ndarray, " edge"]) -> UInt8[np.ndarray, " byte"]:
    """The bits of `AtomTrie.edge_bits`, at least eight an edge."""
    num_bits = 8 << len(parent).bit_length()
    is_set = np.zeros(num_bits, dtype=bool)
    for _, place in _looked_at(parent, atom, num_bits):
        is_set[place] = True
    return np.packbits(is_set, bitorder="little")


def _looked_at(
    parent: Int[np.ndarray, " edge"], atom: UInt64[np.ndarray, " edge"], size: int
) -> Iterator[tuple[Int[np.ndarray, " some_edge"], Int[np.ndarray, " some_edge"]]]:
    """Edges and the places they look at first, in blocks."""
    for first in range(0, len(parent), _BLOCK):
        part = slice(first, first + _BLOCK)
        place = edge_place(parent[part], atom[part], size)
        yield np.arange(first, first + len(place), dtype=np.int32), place
