"""How alike two entities are by their types."""

import numpy as np

from kgattn.graph.knowledge_graph import KnowledgeGraph
from kgattn.graph.subgraph import ranges
from kgattn.shapes import Float, Int


def shared_types(
    graph: KnowledgeGraph, first: Int[np.ndarray, " pair"], second: Int[np.ndarray, " pair"]
) -> Float[np.ndarray, " pair"]:
    """The share of types that two entities have in common, |A and B| / |A or B|, in [0, 1]; 0 where neither has any.

    Where types are ancestors in a hierarchy this is the measure simUI (Gentleman 2005, "Visualizing and distances using
    GO"): a common root alone says little.

    Args:
        graph: Whose types.
        first: Entity rows.
        second: Entity rows.
    """
    offsets, types = graph.type_offsets, np.int64(graph.num_types)
    entities, place = np.unique(np.concatenate([first, second]), return_inverse=True)
    count = offsets[entities + 1] - offsets[entities]
    owner = np.repeat(np.arange(len(entities)), count)
    held = np.sort(owner * types + graph.type_indices[ranges(offsets[entities], count)])

    one, other = place.reshape(-1)[: len(first)], place.reshape(-1)[len(first) :]
    one, other = np.where(count[one] <= count[other], one, other), np.where(count[one] <= count[other], other, one)
    begin = np.cumsum(count) - count
    pair = np.repeat(np.arange(len(one)), count[one])
    wanted = other[pair] * types + held[ranges(begin[one], count[one])] % max(types, 1)
    at = np.searchsorted(held, wanted)
    common = np.bincount(pair[held[np.minimum(at, len(held) - 1)] == wanted], minlength=len(one))
    share: np.ndarray = common / np.maximum(count[one] + count[other] - common, 1)
    return share.astype(np.float32)
