"""How prominent each entity is in the graph: where the priors of candidates come from."""

import numpy as np

from kgattn.graph import KnowledgeGraph
from kgattn.shapes import Float, Int

DAMPING = 0.85
MAX_ROUNDS = 100
TOLERANCE = 1e-10
_DIGITS = 9


def popularity(graph: KnowledgeGraph, prior: str) -> Float[np.ndarray, " entity"]:
    """The weight an entity brings to each of its aliases, at least 1.

    Args:
        graph: The graph.
        prior: `degree`: 1 + log(1 + triples it is in); `pagerank`: 1 + log(1 + page rank over its mean); `uniform`: 1.
    """
    if prior == "uniform":
        return np.ones(graph.num_entities)
    if prior == "pagerank":
        ranked: np.ndarray = 1.0 + np.log1p(page_rank(graph.triples, graph.num_entities))
        return ranked
    degree = np.bincount(graph.triples[:, [0, 2]].ravel(), minlength=graph.num_entities)
    weight: np.ndarray = 1.0 + np.log1p(degree)
    return weight


def page_rank(triples: Int[np.ndarray, "triple 3"], num_entities: int) -> Float[np.ndarray, " entity"]:
    """Page rank (Page et al. 1999) over triples, from head to tail, times the number of entities: 1 on average.

    By power iteration until no entity moves by more than `TOLERANCE`, at most `MAX_ROUNDS` times. What an entity
    without outgoing triples has is spread over all. Rounded, so that the order in which floats are added, which follows
    row numbers, does not show.
    """
    head, tail = triples[:, 0], triples[:, 2]
    out = np.bincount(head, minlength=num_entities)
    leaves = out == 0
    share = 1.0 / np.maximum(out, 1)
    rank = np.ones(num_entities)
    for _ in range(MAX_ROUNDS):
        arrived = np.bincount(tail, weights=(rank * share)[head], minlength=num_entities).astype(np.float64)
        moved = (1.0 - DAMPING) + DAMPING * (arrived + rank[leaves].sum() / max(num_entities, 1))
        change = float(np.abs(moved - rank).max(initial=0.0))
        rank = moved
        if change < TOLERANCE:
            break
    rounded: np.ndarray = np.round(rank, _DIGITS)
    return rounded
