"""rewired: triples that join the wrong entities, while every entity keeps its degrees.

The null model of Maslov and Sneppen 2002, kept to swaps within a relation: each entity is head and tail of as many
triples of each relation as before. Links, labels and types stay.
"""

from dataclasses import replace

from kgattn.errors import ConfigError
from kgattn.evidence.arms.arm import Arm
from kgattn.evidence.arms.swaps import RELATION, TAIL, share_changed, swap_column
from kgattn.graph import KnowledgeGraph


def rewire(graph: KnowledgeGraph, seed: int) -> KnowledgeGraph:
    """Swap the tails of triples of one relation.

    Raises:
        ConfigError: No swap is possible: there are no triples, or all degrees force them.
    """
    triples = swap_column(graph, TAIL, RELATION, seed)
    if not share_changed(graph.triples, triples):
        raise ConfigError(
            f"the arm rewired finds nothing to swap in the {graph.num_triples} triples of this graph: no other ones "
            "give all entities the same degrees; leave the arm out"
        )
    return replace(graph, triples=triples, path=None)


REWIRED = Arm(
    "rewired",
    "as biased, but triples of a relation swapped among its entities, all degrees kept",
    "control",
    graph=rewire,
)
