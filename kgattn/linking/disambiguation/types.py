"""Entities the type filter lets pass."""

import numpy as np

from kgattn.errors import LinkingError
from kgattn.graph import KnowledgeGraph
from kgattn.linking.atoms import fold
from kgattn.linking.config import LinkerConfig
from kgattn.shapes import Bool, Int


def allowed_entities(graph: KnowledgeGraph, config: LinkerConfig) -> Bool[np.ndarray, " filtered"]:
    """Whether each entity has one of `config.types`, where there are any, and none of `config.exclude_types`.

    Empty when neither is set. Types are named by id or label; `graph.with_ancestors` counts those above as well.

    Raises:
        LinkingError: The graph has no type of a name.
    """
    if not (config.types or config.exclude_types):
        return np.zeros(0, dtype=bool)
    allowed = np.ones(graph.num_entities, dtype=bool)
    if config.types:
        allowed &= having(graph, type_rows(graph, config.types))
    if config.exclude_types:
        allowed &= ~having(graph, type_rows(graph, config.exclude_types))
    return allowed


def having(graph: KnowledgeGraph, types: Int[np.ndarray, " type"]) -> Bool[np.ndarray, " entity"]:
    """Whether each entity has one of these types."""
    uses = np.isin(graph.type_indices, types)
    entity = np.repeat(np.arange(graph.num_entities), np.diff(graph.type_offsets))
    found = np.zeros(graph.num_entities, dtype=bool)
    found[entity[uses]] = True
    return found


def type_rows(graph: KnowledgeGraph, names: tuple[str, ...], *, strict: bool = True) -> Int[np.ndarray, " type"]:
    """Rows of the types with these ids, or labels in any case.

    Raises:
        LinkingError: `strict`, and the graph has no type of a name.
    """
    ids, labels = list(graph.type_ids), [fold(label) for label in graph.type_labels]
    rows: list[int] = []
    for name in names:
        found = [row for row, type_id in enumerate(ids) if type_id == name]
        found = found or [row for row, label in enumerate(labels) if label == fold(name)]
        if strict and not found:
            known = ", ".join(list(graph.type_labels)[:8]) or "none"
            raise LinkingError(f"types to filter by must be the graph's, got {name!r}; it has {known}")
        rows += found
    return np.array(rows, dtype=np.int64)
