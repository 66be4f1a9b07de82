"""relations-permuted: the right entities are joined, by the wrong relations.

Relations are dealt out anew over the triples: the same entities are joined, each relation as often as before.
"""

from dataclasses import replace

from kgattn.errors import ConfigError
from kgattn.evidence.arms.arm import Arm
from kgattn.evidence.arms.swaps import RELATION, share_changed, swap_column
from kgattn.graph import KnowledgeGraph


def permute_relations(graph: KnowledgeGraph, seed: int) -> KnowledgeGraph:
    """Swap the relations of triples.

    Raises:
        ConfigError: No swap is possible: there is one relation, or none.
    """
    triples = swap_column(graph, RELATION, None, seed)
    if not share_changed(graph.triples, triples):
        raise ConfigError(
            f"the arm relations-permuted needs triples of different relations, this graph has {graph.num_relations} "
            f"relations in {graph.num_triples} triples and nothing to swap; leave the arm out"
        )
    return replace(graph, triples=triples, path=None)


RELATIONS_PERMUTED = Arm(
    "relations-permuted",
    "as biased, but the relations dealt out anew over the triples",
    "control",
    graph=permute_relations,
)
