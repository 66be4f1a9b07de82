"""types-only: a gazetteer. Entities are known by their types alone.

In place of an entity stands the set of its types: no label, neighbour, relation or given vector, and two entities of
the same types are the same. Links, candidates and priors stay.
"""

from dataclasses import replace
from itertools import pairwise

import numpy as np

from kgattn.errors import ConfigError
from kgattn.evidence.arms.arm import Arm
from kgattn.evidence.arms.blank_graph import LABEL, blank_entities, offsets_of
from kgattn.graph import KnowledgeGraph
from kgattn.graph.strings import StringTable
from kgattn.shapes import Int


def type_sets(graph: KnowledgeGraph, seed: int) -> KnowledgeGraph:
    """One entity for each set of types that occurs, in the order of their type ids.

    Raises:
        ConfigError: All entities have the same types, or none.
    """
    sets, _ = _sets_of(graph)
    if len(sets) < 2:
        raise ConfigError(
            "the arm types-only needs entities of different types, and in this graph all are of the same or of none; "
            "leave the arm out"
        )
    rows = {type_id: row for row, type_id in enumerate(graph.type_ids)}
    blank = blank_entities(graph)
    return replace(
        blank,
        entity_ids=StringTable.from_strings(f"{number}" for number in range(len(sets))),
        labels=StringTable.from_strings(LABEL for _ in sets),
        alias_offsets=blank.alias_offsets[:1].repeat(len(sets) + 1),
        type_offsets=offsets_of(np.array([len(names) for names in sets], dtype=np.int64)),
        type_indices=np.array([rows[name] for names in sets for name in names], dtype=np.int32),
        type_ids=graph.type_ids,
        type_labels=graph.type_labels,
        features=None if blank.features is None else blank.features[: len(sets)],
    )


def to_type_sets(
    graph: KnowledgeGraph, link_counts: Int[np.ndarray, " entity"], seed: int
) -> Int[np.ndarray, " entity"]:
    """The row of each entity's types in `type_sets`."""
    return _sets_of(graph)[1]


def _sets_of(graph: KnowledgeGraph) -> tuple[list[tuple[str, ...]], Int[np.ndarray, " entity"]]:
    """The sets of types, sorted, and which of them each entity has."""
    names, bounds = list(graph.type_ids), graph.type_offsets.tolist()
    types = np.asarray(graph.type_indices).tolist()
    own = [tuple(sorted(names[row] for row in types[start:stop])) for start, stop in pairwise(bounds)]
    sets = sorted(set(own))
    place = {kinds: number for number, kinds in enumerate(sets)}
    return sets, np.array([place[kinds] for kinds in own], dtype=np.int64)


TYPES_ONLY = Arm(
    "types-only",
    "a gazetteer: as biased, but an entity is its types, without label, neighbours and relations",
    "control",
    graph=type_sets,
    entities=to_type_sets,
)
