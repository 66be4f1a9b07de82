"""shuffled-entities: wrong entities that are linked about as often.

The control for "it only helps to know what is linked". Spans, priors and the number of candidates stay.
"""

from collections.abc import Sequence

import numpy as np

from kgattn.evidence.arms.arm import Arm
from kgattn.graph import KnowledgeGraph
from kgattn.shapes import Int


def shuffle_entities(
    entity_ids: Sequence[str], link_counts: Int[np.ndarray, " entity"], seed: int
) -> Int[np.ndarray, " entity"]:
    """Exchange the linked entities for one another, within groups of like link frequency.

    A permutation: an entity always becomes the same other one, so an alias stays as ambiguous as it was and
    the candidates of a mention stay distinct. No linked entity keeps its place, unless it is the only one.
    Neither gold labels nor the numbering of the entities have a say.

    Args:
        entity_ids: Names of the entities, which alone decide their order.
        link_counts: How often the linker names each entity in the corpus, 0 for never.
        seed: Another seed is another exchange.

    Returns:
        The new row of each row; rows that are never linked stay.
    """
    entity_map = np.arange(len(link_counts), dtype=np.int64)
    linked = np.flatnonzero(link_counts)
    linked = linked[np.argsort(np.array([entity_ids[int(row)] for row in linked], dtype=np.str_), kind="stable")]
    random = np.random.default_rng(seed)
    for group in _frequency_groups(linked, np.log2(link_counts[linked]).astype(np.int64)):
        cycle = random.permutation(group)  # one cycle through the whole group has no fixed point
        entity_map[cycle] = np.roll(cycle, 1)
    return entity_map


def _frequency_groups(
    linked: Int[np.ndarray, " link"], bucket: Int[np.ndarray, " link"]
) -> list[Int[np.ndarray, " member"]]:
    """The linked rows by bucket, rarest first; a bucket of one joins the next rarer one, or the next."""
    groups: list[Int[np.ndarray, " member"]] = []
    for number in np.unique(bucket):
        members = linked[bucket == number]
        if groups and (len(members) == 1 or len(groups[-1]) == 1):
            groups[-1] = np.concatenate((groups[-1], members))
        else:
            groups.append(members)
    return groups


def exchange(graph: KnowledgeGraph, link_counts: Int[np.ndarray, " entity"], seed: int) -> Int[np.ndarray, " entity"]:
    """`shuffle_entities` for an arm."""
    return shuffle_entities(graph.entity_ids, link_counts, seed)


SHUFFLED_ENTITIES = Arm(
    "shuffled-entities",
    "as biased, but every entity exchanged for one that is linked about as often",
    "control",
    entities=exchange,
)
