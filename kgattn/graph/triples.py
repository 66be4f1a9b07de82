"""Graphs from plain Python values."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from kgattn.errors import GraphError
from kgattn.graph.build import GraphBuilder
from kgattn.graph.knowledge_graph import KnowledgeGraph
from kgattn.graph.naming import clean_text, ordered
from kgattn.shapes import Float

Texts = Mapping[str, str | Collection[str]]


def graph_from_triples(
    triples: Iterable[Sequence[str]],
    *,
    labels: Texts | None,
    aliases: Texts | None,
    types: Texts | None,
    features: np.ndarray | Mapping[str, Sequence[float] | np.ndarray] | None,
    relation_labels: Mapping[str, str] | None,
    type_labels: Mapping[str, str] | None,
    licence: str,
    sources: tuple[str, ...],
) -> KnowledgeGraph:
    """What `KnowledgeGraph.from_triples` says."""
    for name, table in (("labels", labels), ("aliases", aliases), ("types", types)):
        _check_texts(name, table)
    builder = GraphBuilder()
    for entity_id, texts in (labels or {}).items():
        label, *others = _texts(texts) or [""]
        if not clean_text(label):
            raise GraphError(f"labels must not be empty, got none for {entity_id!r}; give one or leave the entity out")
        builder.add_label(entity_id, label)
        for other in others:
            builder.add_alias(entity_id, other)
    for number, triple in enumerate(triples):
        _check_triple(number, triple, builder, closed=labels is not None)
        builder.add_triple(*triple)
    for name, table, add in (("aliases", aliases, builder.add_alias), ("types", types, builder.add_type)):
        for entity_id, texts in (table or {}).items():
            if labels is not None and entity_id not in builder:
                raise GraphError(f"{name} must belong to entities in labels, got {entity_id!r}; add it to labels")
            builder.add_entity(entity_id)
            for text in _texts(texts):
                add(entity_id, text)
    for relation_id, label in (relation_labels or {}).items():
        builder.name_relation(relation_id, label)
    for type_id, label in (type_labels or {}).items():
        builder.name_type(type_id, label)
    return builder.build(
        label_sources="the argument labels",
        features=_feature_rows(features, builder),
        licence=licence,
        sources=sources,
    )


def _check_texts(name: str, table: Any) -> None:
    if table is not None and not isinstance(table, Mapping):
        raise GraphError(f"{name} must be a mapping of entity ids to texts, got {type(table).__name__}; pass a dict")
    for entity_id, texts in (table or {}).items():
        parts = texts if isinstance(texts, Collection) else [texts]
        odd = next((part for part in (entity_id, *parts) if not isinstance(part, str)), None)
        if odd is not None or texts is None:
            raise GraphError(
                f"{name} must be texts, got {odd!r} for {entity_id!r}; turn it into a string or leave it out"
            )


def _check_triple(number: int, triple: Sequence[object], builder: GraphBuilder, *, closed: bool) -> None:
    if (
        isinstance(triple, str)
        or len(triple) != 3
        or not all(isinstance(part, str) and part.strip() for part in triple)
    ):
        raise GraphError(
            f"triple {number} must be three non-empty strings (head, relation, tail), got {triple!r}; "
            "turn ids into strings"
        )
    if closed:
        unknown = next((end for end in (triple[0], triple[2]) if end not in builder), None)
        if unknown is not None:
            raise GraphError(
                f"triple {number} {tuple(triple)} names an unknown entity {unknown!r}; "
                "add it to labels or drop the triple"
            )


def _feature_rows(
    features: np.ndarray | Mapping[str, Sequence[float] | np.ndarray] | None, builder: GraphBuilder
) -> Float[np.ndarray, "entity dim"] | None:
    if features is None:
        return None
    if isinstance(features, Mapping):
        missing = next((name for name in builder.entity_ids() if name not in features), None)
        if missing is not None or len(features) != len(builder):
            raise GraphError(
                f"features must name each of the {len(builder)} entities once, got {len(features)} names"
                + (f" and none for {missing!r}" if missing is not None else "")
                + "; give a vector for every entity and no other"
            )
        widths = {len(vector) for vector in features.values()}
        if len(widths) > 1:
            raise GraphError(f"features must share one width, got {sorted(widths)}; give vectors of one length")
        features = np.array([features[name] for name in builder.entity_ids()], dtype=np.float32)
    features = np.asarray(features)
    if features.ndim != 2:
        raise GraphError(f"features must have shape [entity, dim], got {features.shape}; give one vector an entity")
    return features.astype(np.float32)


def _texts(value: str | Collection[str]) -> list[str]:
    return [value] if isinstance(value, str) else ordered(value)
