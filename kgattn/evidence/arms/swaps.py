"""Random swaps within a triple table that keep both of its margins."""

from collections.abc import Iterable

import numpy as np

from kgattn.graph import KnowledgeGraph
from kgattn.shapes import Bool, Int

HEAD, RELATION, TAIL = 0, 1, 2
ROUNDS = 20
"""Every second one does a swap, on the average: ten for a triple, which Milo et al. 2003, arXiv:cond-mat/0312028, find
to be enough."""


def swap_column(graph: KnowledgeGraph, column: int, within: int | None, seed: int) -> Int[np.ndarray, "triple 3"]:
    """Let pairs of triples exchange the value of one column, again and again.

    A swap that would make a triple that is there already, or join an entity to itself, is not done (Maslov and Sneppen
    2002, "Specificity and Stability in Topology of Protein Networks"). Each value of the column occurs as often as
    before, with each value of `within` too, and the other columns stay. Nothing depends on how entities and relations
    are numbered, or triples ordered: only on their ids and the seed.

    Args:
        graph: The graph; it stays as it is.
        column: What is exchanged.
        within: Exchange only between triples with the same value here; None is between all.
        seed: Another seed is another outcome.

    Returns:
        The triples, sorted as a graph has them.
    """
    triples = np.asarray(graph.triples, dtype=np.int64)
    entity, relation = _ranks(graph.entity_ids), _ranks(graph.relation_ids)
    order = np.lexsort((entity[triples[:, TAIL]], relation[triples[:, RELATION]], entity[triples[:, HEAD]]))
    triples = triples[order]
    random = np.random.default_rng(seed)
    for _ in range(ROUNDS):
        _round(triples, column, within, relation, graph.num_entities, random)
    return triples[np.lexsort(triples.T[::-1])].astype(graph.triples.dtype)


def _round(
    triples: Int[np.ndarray, "triple 3"],
    column: int,
    within: int | None,
    relation_rank: Int[np.ndarray, " relation"],
    num_entities: int,
    random: np.random.Generator,
) -> None:
    """Propose one swap to all triples, in pairs, and do those that a coin and the rules allow, in place.

    Without the coin three triples would always end in one of half of their arrangements.
    """
    order = random.permutation(len(triples))
    if within is not None:  # by the rank of the relation, so that pairs do not depend on numbers
        group = relation_rank[triples[order, RELATION]]
        order = order[np.argsort(group, kind="stable")]
        first, second = _neighbours(order, np.sort(group, kind="stable"))
    else:
        half = len(order) // 2
        first, second = order[:half], order[half : 2 * half]
    new = triples[np.concatenate([first, second])]
    new[:, column] = triples[np.concatenate([second, first]), column]
    keys, size = _keys(new, num_entities), len(first)
    fine = (~np.isin(keys, _keys(triples, num_entities))) & _is_alone(keys)
    if column != RELATION:
        fine &= new[:, HEAD] != new[:, TAIL]
    both = fine[:size] & fine[size:] & (random.random(size) < 0.5)
    triples[first[both], column] = new[:size][both, column]
    triples[second[both], column] = new[size:][both, column]


def _neighbours(
    order: Int[np.ndarray, " triple"], group: Int[np.ndarray, " triple"]
) -> tuple[Int[np.ndarray, " pair"], Int[np.ndarray, " pair"]]:
    """The first with the second of each group, the third with the fourth, and so on; `order` is sorted by group."""
    starts = np.flatnonzero(np.concatenate(([True], group[1:] != group[:-1]))) if len(group) else group
    place = np.arange(len(group)) - np.repeat(starts, np.diff(np.append(starts, len(group))))
    left = np.flatnonzero((place[:-1] % 2 == 0) & (group[:-1] == group[1:]))
    return order[left], order[left + 1]


def _keys(triples: Int[np.ndarray, "row 3"], num_entities: int) -> Int[np.ndarray, " row"]:
    keys: np.ndarray = (triples[:, RELATION] * num_entities + triples[:, HEAD]) * num_entities + triples[:, TAIL]
    return keys


def _is_alone(keys: Int[np.ndarray, " key"]) -> Bool[np.ndarray, " key"]:
    _, place, counts = np.unique(keys, return_inverse=True, return_counts=True)
    alone: np.ndarray = counts[place.reshape(-1)] == 1
    return alone


def _ranks(ids: Iterable[str]) -> Int[np.ndarray, " item"]:
    """The place of each id among all in alphabetical order."""
    texts = list(ids)
    ranks = np.empty(len(texts), dtype=np.int64)
    ranks[sorted(range(len(texts)), key=texts.__getitem__)] = np.arange(len(texts))
    return ranks


def share_changed(before: Int[np.ndarray, "triple 3"], after: Int[np.ndarray, "triple 3"]) -> float:
    """Share of the triples that are no longer there, in [0, 1]."""
    if not len(before):
        return 0.0
    known = {tuple(row) for row in after.tolist()}
    return sum(tuple(row) not in known for row in before.tolist()) / len(before)
