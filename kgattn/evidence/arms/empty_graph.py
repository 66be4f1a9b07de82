"""empty-graph: all the parameters, no graph and no links.

Every word of a window lies in one mention, whatever the linker found, of an entity about which nothing is known. So the
plugin trains all it has, and a gain over plain is worth of parameters, not of knowledge.
"""

from dataclasses import replace

import numpy as np

from kgattn.evidence.arms.arm import Arm, ArmInput
from kgattn.evidence.arms.blank_graph import one_blank_entity
from kgattn.ner.features import EncodedSplit


def one_mention(split: EncodedSplit, given: ArmInput) -> EncodedSplit:
    """All tokens of a window but the special ones in one mention of entity 0, with prior 1."""
    ids = set(given.tokenizer.all_special_ids) - {given.tokenizer.unk_token_id}  # an unknown word is a word
    special = np.array(sorted(ids), dtype=np.int64)
    return replace(
        split,
        features=tuple(
            {
                **feature,
                "kg_token_slot": (~np.isin(feature["input_ids"], special)).astype(np.int64).tolist(),
                "kg_entities": [[0]],
                "kg_priors": [[1.0]],
            }
            for feature in split.features
        ),
    )


EMPTY_GRAPH = Arm(
    "empty-graph",
    "the plugin's parameters without graph and links: every word alike lies in a mention of nothing",
    "control",
    graph=one_blank_entity,
    windows=one_mention,
)
