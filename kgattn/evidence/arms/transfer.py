"""tested-without and swapped-graph: the biased model, tested under other conditions than it was trained.

Each scores the very model that the biased arm of the same seed trains, so they cost a test and no training. How far
tested-without falls says how much the model leans on links; how far swapped-graph falls, how much on what the graph
says about the entities.
"""

from kgattn.evidence.arms.arm import Arm, ArmInput
from kgattn.evidence.arms.shuffled_entities import exchange
from kgattn.ner.features import EncodedSplit
from kgattn.training.encode import without_links


def drop_links(split: EncodedSplit, given: ArmInput) -> EncodedSplit:
    """The same windows without mentions."""
    return without_links(split)


TESTED_WITHOUT = Arm(
    "tested-without",
    "the trained biased model, tested with links off",
    "transfer",
    windows=drop_links,
    trained_as="biased",
)
SWAPPED_GRAPH = Arm(
    "swapped-graph",
    "the trained biased model, tested on a graph in which every linked name belongs to another entity",
    "transfer",
    entities=exchange,
    trained_as="biased",
)
