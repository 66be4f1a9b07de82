"""From records, in whatever order a source tells them, to the arrays of a graph."""

import math
from array import array
from collections.abc import Iterable, Mapping
from types import MappingProxyType
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
        self._priors: dict[tuple[int, str], float] = {}

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

    def add_label(self, entity_id: str, label: str, prior: float = math.nan) -> None:
        """Name an entity; a second, different label becomes an alias. Blank text is left out.

        Args:
            entity_id: The entity.
            label: The name.
            prior: P(entity given label) where the source says it; the first one given stays.
        """
        row = self.add_entity(entity_id)
        label = clean_text(label)
        if not label:
            return
        self._add_prior(row, label, prior)
        if self._labels.setdefault(row, label) != label:
            self._aliases.setdefault(row, {})[label] = None

    def add_alias(self, entity_id: str, alias: str, prior: float = math.nan) -> None:
        """Give an entity another form; blank text is left out. `prior` is as for `add_label`."""
        row = self.add_entity(entity_id)
        alias = clean_text(alias)
        if alias:
            self._add_prior(row, alias, prior)
            self._aliases.setdefault(row, {})[alias] = None

    def _add_prior(self, row: int, name: str, prior: float) -> None:
        if not math.isnan(prior):
            self._priors.setdefault((row, name), prior)

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
        rows = range(len(self._entities))
        type_offsets, types = _flatten(list(self._entity_types.get(row, ())) for row in rows)
        return assemble(
            entity_ids=list(self._entities),
            labels=[self._labels.get(row, "") for row in rows],
            aliases=(self._aliases.get(row, ()) for row in rows),
            type_offsets=type_offsets,
            types=np.array(types, dtype=np.int32),
            relations={name: self._relation_labels.get(name, "") for name in self._relations},
            kinds={name: self._type_labels.get(name, "") for name in self._types},
            triples=np.array(self._triples, dtype=np.int32).reshape(-1, 3),
            label_sources=label_sources,
            origin=origin,
            features=features,
            priors=self._priors,
            licence=licence,
            sources=sources,
        )


def assemble(
    *,
    entity_ids: list[str],
    labels: list[str],
    aliases: Iterable[Iterable[str]],
    type_offsets: Int[np.ndarray, " entity_plus_one"],
    types: Int[np.ndarray, " entity_type"],
    relations: dict[str, str],
    kinds: dict[str, str],
    triples: Int[np.ndarray, "row 3"],
    label_sources: str,
    origin: str = "",
    features: Float[np.ndarray, "entity dim"] | None = None,
    priors: Mapping[tuple[int, str], float] = MappingProxyType({}),
    licence: str = "",
    sources: tuple[str, ...] = (),
) -> KnowledgeGraph:
    """Make a graph of its parts; `GraphBuilder.build` says the rest.

    Args:
        entity_ids: Names of the entities, in row order.
        labels: How each reads, empty where nobody said.
        aliases: Other forms of each, also several times and with the label among them.
        type_offsets: Types of entity e are `types[type_offsets[e] : type_offsets[e + 1]]`.
        types: Rows of `kinds`.
        relations: Name of each relation, and how it reads or nothing.
        kinds: The same of the types.
        triples: Rows of head, relation and tail, in any order, also several times.
        label_sources: What was looked at for labels.
        origin: The file it comes from.
        features: Entity vectors in row order.
        priors: P(entity given name) by row of the entity and name, where given.
        licence: Terms the content comes under.
        sources: Where the content came from.
    """
    where = f"{origin}: " if origin else ""
    if not entity_ids:
        raise GraphError(f"{where}expected at least one entity, got an empty graph; check the source")
    if not any(labels) and (iri := next(filter(is_iri, entity_ids), None)):
        raise GraphError(
            f"{where}a graph without labels cannot be linked to text: got IRIs such as {iri} and no label; "
            f"give labels by {label_sources}"
        )
    labels = [label or local_name(name) for label, name in zip(labels, entity_ids, strict=True)]
    alias_offsets, alias_texts = _flatten(_others(own, label) for own, label in zip(aliases, labels, strict=True))
    return KnowledgeGraph(
        entity_ids=StringTable.from_strings(entity_ids),
        labels=StringTable.from_strings(labels),
        alias_offsets=_frozen(alias_offsets),
        alias_texts=StringTable.from_strings(alias_texts),
        type_offsets=_frozen(type_offsets.astype(np.int64)),
        type_indices=_frozen(types.astype(np.int32)),
        relation_ids=StringTable.from_strings(relations),
        relation_labels=StringTable.from_strings(label or readable_name(name) for name, label in relations.items()),
        type_ids=StringTable.from_strings(kinds),
        type_labels=StringTable.from_strings(label or readable_name(name) for name, label in kinds.items()),
        triples=_frozen(unique_rows(triples).astype(np.int32)),
        features=_checked_features(features, len(entity_ids), where),
        name_priors=_name_priors(priors, labels, alias_offsets, alias_texts),
        licence=licence,
        sources=sources,
    )


def _name_priors(
    priors: Mapping[tuple[int, str], float],
    labels: list[str],
    alias_offsets: Int[np.ndarray, " entity_plus_one"],
    alias_texts: list[str],
) -> Float[np.ndarray, " name"] | None:
    if not priors:
        return None
    owners = np.repeat(np.arange(len(labels)), np.diff(alias_offsets)).tolist()
    names = (*enumerate(labels), *zip(owners, alias_texts, strict=True))
    return _frozen(np.array([priors.get(name, math.nan) for name in names], dtype=np.float32))


def _flatten(lists: Iterable[Iterable[Item]]) -> tuple[Int[np.ndarray, " row"], list[Item]]:
    """All items one after the other, and where each list starts and ends."""
    offsets = array("q", [0])
    items: list[Item] = []
    for entries in lists:
        items.extend(entries)
        offsets.append(len(items))
    return np.array(offsets, dtype=np.int64), items


def _others(aliases: Iterable[str], label: str) -> Iterable[str]:
    """Aliases once each, in their order, without the label."""
    distinct = dict.fromkeys(aliases)
    distinct.pop(label, None)
    return distinct


def unique_rows(rows: Int[np.ndarray, "row column"], *, keep_order: bool = False) -> Int[np.ndarray, "unique column"]:
    """Rows once each: sorted or, if wanted, in the order they first come. Numbers must not be negative."""
    if not len(rows):
        return rows
    sizes = [int(size) + 1 for size in rows.max(axis=0)]
    if math.prod(sizes) < 2**63:
        keys = np.ravel_multi_index(tuple(rows.T), sizes)
        _, first = np.unique(keys, return_index=True)
    else:
        _, first = np.unique(rows, axis=0, return_index=True)
    unique: np.ndarray = rows[np.sort(first) if keep_order else first]
    return unique


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
