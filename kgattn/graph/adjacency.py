"""Indexes over the triples, built once per graph: incoming edges by entity, relations by pair of entities."""

from dataclasses import dataclass

import numpy as np

from kgattn.graph.hashing import mix, text_hashes
from kgattn.graph.strings import StringTable
from kgattn.shapes import Int


@dataclass(frozen=True, eq=False)
class Adjacency:
    """Incoming edges of every entity.

    A triple (h, r, t) is two edges: h -> t of type r and t -> h of type r + num_relations. Inside a row the edges are
    sorted by a hash of their texts (relation id, direction, neighbour id), so "the first k" is a fixed random choice
    that does not depend on row numbers or on the order of triples.

    Attributes:
        offsets: Edges into entity e are `[offsets[e], offsets[e + 1])`.
        neighbours: Where each edge comes from, an entity row.
        edge_types: In [0, 2 * num_relations).
    """

    offsets: Int[np.ndarray, " entity_plus_one"]
    neighbours: Int[np.ndarray, " edge"]
    edge_types: Int[np.ndarray, " edge"]


@dataclass(frozen=True, eq=False)
class PairIndex:
    """Relations sorted by `head * num_entities + tail`."""

    keys: Int[np.ndarray, " triple"]
    relations: Int[np.ndarray, " triple"]


def build_adjacency(
    triples: Int[np.ndarray, "triple 3"], entity_ids: StringTable, relation_ids: StringTable
) -> Adjacency:
    """Index the incoming edges of every entity."""
    num_entities, num_relations = len(entity_ids), len(relation_ids)
    head, relation, tail = triples.T.astype(np.int64)
    target = np.concatenate([tail, head])
    neighbour = np.concatenate([head, tail])
    edge_type = np.concatenate([relation, relation + num_relations])

    relation_hashes = text_hashes(relation_ids)
    type_hashes = np.concatenate([mix(relation_hashes), mix(~relation_hashes)])
    order_hashes = mix(type_hashes[edge_type] + text_hashes(entity_ids)[neighbour])

    order = np.lexsort((order_hashes, target))
    offsets = np.zeros(num_entities + 1, dtype=np.int64)
    np.cumsum(np.bincount(target, minlength=num_entities), out=offsets[1:])
    return Adjacency(offsets, neighbour[order].astype(np.int32), _smallest(edge_type[order], 2 * num_relations))


def build_pair_index(triples: Int[np.ndarray, "triple 3"], num_entities: int) -> PairIndex:
    """Index the relations by the pair of entities they hold between."""
    head, relation, tail = triples.T.astype(np.int64)
    keys = head * num_entities + tail
    order = np.argsort(keys, kind="stable")
    return PairIndex(keys[order], _smallest(relation[order], int(relation.max(initial=0)) + 1))


def _smallest(numbers: Int[np.ndarray, " item"], limit: int) -> Int[np.ndarray, " item"]:
    """Numbers below `limit` in as few bytes as hold them: most of a mapped index ends up in memory."""
    kinds = (np.int8, np.int16, np.int32)
    return numbers.astype(next((kind for kind in kinds if limit <= np.iinfo(kind).max), np.int64))
