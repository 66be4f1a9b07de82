"""What the windows of a sentence say about its mentions."""

from typing import NamedTuple

import numpy as np

from kgattn.ner.features import EncodedSplit
from kgattn.ner.likeliest import likeliest


class LinkedWords(NamedTuple):
    """Words `[start, end)` of a sentence, and the row of the entity they most likely name."""

    start: int
    end: int
    entity: int


def linked_words(split: EncodedSplit) -> list[list[LinkedWords]]:
    """The mentions of each sentence, in order of text.

    A word counts in the window that reads it, so a mention that a cut runs through is two.
    """
    found: list[list[LinkedWords]] = [[] for _ in split.sentences]
    for feature in split.features:
        words = np.asarray(feature["word_ids"], dtype=np.int64)
        slots = np.asarray(feature["kg_token_slot"], dtype=np.int64)
        for slot, entity in enumerate(likeliest(feature["kg_entities"], feature["kg_priors"]), start=1):
            inside = words[(slots == slot) & (words >= 0)]
            if entity >= 0 and len(inside):
                found[feature["sentence"]].append(LinkedWords(int(inside[0]), int(inside[-1]) + 1, entity))
    return [sorted(row) for row in found]
