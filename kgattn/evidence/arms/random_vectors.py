"""random-vectors: the right entities, each known by a random vector alone.

A frozen vector of its own stands for everything the graph says: label, types, neighbours and relations. Links,
candidates and priors stay, and an entity that is linked twice is the same one twice: what a model can learn by heart
about the entities it meets in training is left, knowledge is not.
"""

from dataclasses import replace

import numpy as np

from kgattn.evidence.arms.arm import Arm
from kgattn.evidence.arms.blank_graph import blank_entities
from kgattn.graph import KnowledgeGraph
from kgattn.graph.hashing import text_hashes
from kgattn.shapes import Float

DIM = 64


def random_vectors(graph: KnowledgeGraph, seed: int) -> KnowledgeGraph:
    """Blank entities with vectors of independent signs, drawn by entity id and seed: unit length, nearly orthogonal."""
    return replace(blank_entities(graph), features=_signs(graph, seed))


def _signs(graph: KnowledgeGraph, seed: int) -> Float[np.ndarray, "entity dim"]:
    hashes = text_hashes(graph.entity_ids)
    order = np.argsort(hashes, kind="stable")  # an order that numbering does not change
    vectors = np.empty((graph.num_entities, DIM), dtype=np.float32)
    vectors[order] = np.random.default_rng(seed).choice(
        np.array([-1.0, 1.0], dtype=np.float32), size=(graph.num_entities, DIM)
    )
    unit: np.ndarray = vectors * np.float32(DIM**-0.5)
    return unit


RANDOM_VECTORS = Arm(
    "random-vectors",
    "as biased, but each entity known by a frozen random vector alone",
    "control",
    graph=random_vectors,
)
