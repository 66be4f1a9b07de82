"""What a graph holds, and looking things up in it."""

from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from pathlib import Path

import numpy as np

from kgattn.errors import GraphError
from kgattn.graph.adjacency import Adjacency, PairIndex, build_adjacency, build_pair_index
from kgattn.graph.fingerprint import graph_fingerprint
from kgattn.graph.provenance import SourceRecord
from kgattn.graph.strings import StringTable
from kgattn.shapes import Float, Int


@dataclass(frozen=True, eq=False, repr=False)
class GraphContent:
    """Entities, relations, types and triples in row-aligned, read-only arrays.

    Rows follow the order of the source; nothing learned or sampled depends on them, so two graphs with the same
    `fingerprint` are interchangeable.

    Attributes:
        entity_ids: Name of each entity in its source, such as `"Q42"`; unique.
        labels: The form each entity is best known by; never empty.
        alias_offsets: Aliases of entity e are `alias_texts[alias_offsets[e] : alias_offsets[e + 1]]`.
        alias_texts: Other forms, without the label, no form twice for one entity.
        type_offsets: Types of entity e are `type_indices[type_offsets[e] : type_offsets[e + 1]]`.
        type_indices: Rows of `type_ids`, in [0, num_types).
        relation_ids: Name of each relation; unique, each used by a triple.
        relation_labels: How each relation reads, such as `"capital of"`.
        type_ids: Name of each type; unique, each used by an entity.
        type_labels: How each type reads.
        triples: Rows of head, relation and tail; unique, sorted.
        features: Given entity vectors, or None.
        name_priors: P(entity given name) of each label and then of each of `alias_texts`, in [0, 1], as the source gave
            it; NaN for names it gave none for; None where it gave none at all.
        licence: Terms the content comes under, as given by the source.
        sources: Where the content came from.
        provenance: A record of each reading of a file or an endpoint; graphs of Python values have none.
        path: Graph folder it was loaded from or, if it was built in memory or that folder is gone, saved to since. Only
            a hint: what is read from there is compared with the graph first.
    """

    entity_ids: StringTable
    labels: StringTable
    alias_offsets: Int[np.ndarray, " entity_plus_one"]
    alias_texts: StringTable
    type_offsets: Int[np.ndarray, " entity_plus_one"]
    type_indices: Int[np.ndarray, " entity_type"]
    relation_ids: StringTable
    relation_labels: StringTable
    type_ids: StringTable
    type_labels: StringTable
    triples: Int[np.ndarray, "triple 3"]
    features: Float[np.ndarray, "entity dim"] | None = None
    name_priors: Float[np.ndarray, " name"] | None = None
    licence: str = ""
    sources: tuple[str, ...] = ()
    provenance: tuple[SourceRecord, ...] = ()
    path: Path | None = None

    @property
    def num_entities(self) -> int:
        """Entities, with and without triples."""
        return len(self.entity_ids)

    @property
    def num_relations(self) -> int:
        """Distinct relations; a sampled subgraph has twice as many edge types."""
        return len(self.relation_ids)

    @property
    def num_triples(self) -> int:
        """Distinct triples."""
        return len(self.triples)

    @property
    def num_types(self) -> int:
        """Distinct entity types."""
        return len(self.type_ids)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the content, in hex; the same however rows, triples and aliases are ordered."""
        return graph_fingerprint(self)

    @cached_property
    def entity_digest(self) -> str:
        """Hash of the entity ids in the order of their rows, in hex; quicker than the fingerprint."""
        digest = blake2b(self.entity_ids.offsets.astype("<i8").tobytes(), digest_size=16)
        digest.update(np.ascontiguousarray(self.entity_ids.data).data)
        return digest.hexdigest()

    @cached_property
    def adjacency(self) -> Adjacency:
        """Incoming edges of every entity, in the order `sample_subgraph` takes them."""
        return build_adjacency(self.triples, self.entity_ids, self.relation_ids)

    @cached_property
    def pair_index(self) -> PairIndex:
        """Triples by their pair of entities, for `pair_relations`."""
        return build_pair_index(self.triples, self.num_entities)

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {entity_id: row for row, entity_id in enumerate(self.entity_ids)}

    def __contains__(self, entity_id: object) -> bool:
        return entity_id in self._rows

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({self.num_entities} entities, {self.num_relations} relations, "
            f"{self.num_triples} triples, {self.num_types} types)"
        )

    def same_entities(self, other: "GraphContent") -> bool:
        """Whether both graphs have the same entities in the same rows, whatever else they say.

        Only then may rows of entities, such as `kg_entities`, pass from one to the other.
        """
        return self is other or self.entity_digest == other.entity_digest

    def same_rows(self, other: "GraphContent") -> bool:
        """Whether both graphs hold the same knowledge, as their fingerprints say, and number their entities alike."""
        return self.same_entities(other) and self.fingerprint == other.fingerprint

    def entity_index(self, entity_id: str) -> int:
        """The row of an entity, in [0, num_entities).

        Raises:
            GraphError: The graph has no such entity.
        """
        row = self._rows.get(entity_id)
        if row is None:
            raise GraphError(f"expected the id of an entity, got {entity_id!r}; graph.entity_ids lists them")
        return row

    def label(self, entity_id: str) -> str:
        """The form an entity is best known by."""
        return self.labels[self.entity_index(entity_id)]

    def aliases(self, entity_id: str) -> list[str]:
        """The other forms of an entity, in the order given."""
        row = self.entity_index(entity_id)
        return self.alias_texts[int(self.alias_offsets[row]) : int(self.alias_offsets[row + 1])]

    def types(self, entity_id: str) -> list[str]:
        """The type ids of an entity, in the order given."""
        row = self.entity_index(entity_id)
        indices = self.type_indices[self.type_offsets[row] : self.type_offsets[row + 1]]
        return [self.type_ids[int(index)] for index in indices]
