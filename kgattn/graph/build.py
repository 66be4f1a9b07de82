"""From records, in whatever order a source tells them, to the arrays of a graph."""

from array import array
from collections.abc import Iterable
from typing import TypeVar

import numpy as np

from kgattn.errors import GraphError
from kgattn.graph.knowledge_graph import KnowledgeGraph
from kgattn.graph.naming import clean_text, is_iri, local_name, readable_name
from kgattn.graph.strings import StringTable
from kgattn.shapes import Float, Int

Item = TypeVar("Item", str, int)


class GraphBuilder:
    """Collects entities, their texts and triples, then builds the graph once.

    Every entity, relation and type gets its row when it is first named.
    """

    def __init__(self) -> None:
        self._entities: dict[str, int] = {}
        self._relations: dict[str, int] = {}
        self._types: dict[str, int] = {}
        self._labels: dict[int, str] = {}
        self._aliases: dict[int, dict[str, None]] = {}
        self._entity_types: dict[int, dict[int, None]] = {}
        self._relation_labels: dict[str, str] = {}
        self._type_labels: dict[str, str] = {}
        self._triples = array("i")

    def __contains__(self, entity_id: object) -> bool:
        return entity_id in self._entities

    def __len__(self) -> int:
        return len(self._entities)

    def entity_ids(self) -> Iterable[str]:
        """Entity ids in row order."""
        return self._entities.keys()

    def add_entity(self, entity_id: str) -> int:
        """The row of an entity, which is new if it was not known."""
        return self._entities.setdefault(entity_id, len(self._entities))

    def add_label(self, entity_id: str, label: str) -> None:
        """Name an entity; a second, different label becomes an alias. Blank text is left out."""
        row = self.add_entity(entity_id)
        label = clean_text(label)
        if not label:
            return
        if self._labels.setdefault(row, label) != label:
            self._aliases.setdefault(row, {})[label] = None

    def add_alias(self, entity_id: str, alias: str) -> None:
        """Give an entity another form; blank text is left out."""
        row = self.add_entity(entity_id)
        alias = clean_text(alias)
        if alias:
            self._aliases.setdefault(row, {})[alias] = None

    def add_type(self, entity_id: str, type_id: str) -> None:
        """Give an entity a type."""
        row = self.add_entity(entity_id)
        type_row = self._types.setdefault(type_id, len(self._types))
        self._entity_types.setdefault(row, {})[type_row] = None

    def add_triple(self, head_id: str, relation_id: str, tail_id: str) -> None:
        """State that a relation holds from head to tail."""
        relation = self._relations.setdefault(relation_id, len(self._relations))
        self._triples.extend((self.add_entity(head_id), relation, self.add_entity(tail_id)))

    def name_relation(self, relation_id: str, label: str) -> None:
        """Say how a relation reads; the first label stays."""
        if clean_text(label):
            self._relation_labels.setdefault(relation_id, clean_text(label))

    def name_type(self, type_id: str, label: str) -> None:
        """Say how a type reads; the first label stays."""
        if clean_text(label):
            self._type_labels.setdefault(type_id, clean_text(label))

    def build(
        self,
        *,
        label_sources: str,
        origin: str = "",
        features: Float[np.ndarray, "entity dim"] | None = None,
        licence: str = "",
        sources: tuple[str, ...] = (),
    ) -> KnowledgeGraph:
        """Make the graph.

        An entity without a label reads as its id, an IRI as its last part, unless no entity at all has a label.

        Args:
            label_sources: What was looked at for labels, for the error message.
            origin: The file the records came from, for the error message.
            features: Entity vectors in row order.
            licence: Terms the content comes under.
            sources: Where the content came from.

        Raises:
            GraphError: There is no entity, or there are IRIs and no label, or the features do not fit.
        """
        where = f"{origin}: " if origin else ""
        if not self._entities:
            raise GraphError(f"{where}expected at least one entity, got an empty graph; check the source")
        if not self._labels and (iri := next(filter(is_iri, self._entities), None)):
            raise GraphError(
                f"{where}a graph without labels cannot be linked to text: got IRIs such as {iri} and no label; "
                f"give labels by {label_sources}"
            )
        labels = [self._labels.get(row) or local_name(name) for name, row in self._entities.items()]
        alias_offsets, aliases = _flatten(
            [alias for alias in self._aliases.get(row, ()) if alias != label] for row, label in enumerate(labels)
        )
        type_offsets, types = _flatten(list(self._entity_types.get(row, ())) for row in range(len(labels)))
        return KnowledgeGraph(
            entity_ids=StringTable.from_strings(self._entities),
            labels=StringTable.from_strings(labels),
            alias_offsets=alias_offsets,
            alias_texts=StringTable.from_strings(aliases),
            type_offsets=type_offsets,
            type_indices=_frozen(np.array(types, dtype=np.int32)),
            relation_ids=StringTable.from_strings(self._relations),
            relation_labels=StringTable.from_strings(
                self._relation_labels.get(name) or readable_name(name) for name in self._relations
            ),
            type_ids=StringTable.from_strings(self._types),
            type_labels=StringTable.from_strings(
                self._type_labels.get(name) or readable_name(name) for name in self._types
            ),
            triples=_unique_triples(self._triples),
            features=_checked_features(features, len(labels), where),
            licence=licence,
            sources=sources,
        )


def _flatten(lists: Iterable[list[Item]]) -> tuple[Int[np.ndarray, " row"], list[Item]]:
    offsets = [0]
    items: list[Item] = []
    for entries in lists:
        items.extend(entries)
        offsets.append(len(items))
    return _frozen(np.array(offsets, dtype=np.int64)), items


def _unique_triples(flat: "array[int]") -> Int[np.ndarray, "triple 3"]:
    triples = np.array(flat, dtype=np.int32).reshape(-1, 3)
    if len(triples):
        triples = triples[np.lexsort(triples.T[::-1])]
        keep = np.ones(len(triples), dtype=bool)
        keep[1:] = (triples[1:] != triples[:-1]).any(axis=1)
        triples = triples[keep]
    return _frozen(triples)


def _checked_features(
    features: Float[np.ndarray, "entity dim"] | None, num_entities: int, where: str
) -> Float[np.ndarray, "entity dim"] | None:
    if features is None:
        return None
    if features.shape[0] != num_entities:
        raise GraphError(
            f"{where}features must have one row for each of {num_entities} entities, got {features.shape[0]}"
            "; give them in the order of the entities"
        )
    features = np.array(features, dtype=np.float32, order="C")
    if not np.isfinite(features).all():
        raise GraphError(f"{where}features must be finite, got NaN or infinity; repair the vectors")
    return _frozen(features)


def _frozen(values: np.ndarray) -> np.ndarray:
    values.flags.writeable = False
    return values
