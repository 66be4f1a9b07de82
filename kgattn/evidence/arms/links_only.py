"""links-only: where the linker found something, and nothing of what.

Mentions keep their tokens. Each names the same entity, about which nothing is known, with certainty: its vector is the
same whatever the linker meant, how many candidates there were and how sure it was of them.
"""

from dataclasses import replace

from kgattn.evidence.arms.arm import Arm, ArmInput
from kgattn.evidence.arms.blank_graph import one_blank_entity
from kgattn.ner.features import EncodedSplit


def same_entity(split: EncodedSplit, given: ArmInput) -> EncodedSplit:
    """Every mention with entity 0 for its only candidate, with prior 1."""
    return replace(
        split,
        features=tuple(
            {
                **feature,
                "kg_entities": [[0 if max(row) >= 0 else -1] for row in feature["kg_entities"]],
                "kg_priors": [[1.0 if max(row) >= 0 else 0.0] for row in feature["kg_entities"]],
            }
            for feature in split.features
        ),
    )


LINKS_ONLY = Arm(
    "links-only",
    "an indicator: every link alike, no entity, prior or number of candidates",
    "control",
    graph=one_blank_entity,
    windows=same_entity,
)
