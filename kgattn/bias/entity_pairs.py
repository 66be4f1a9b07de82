"""The pairs of entities that two mentions of one example may name."""

from dataclasses import dataclass

import numpy as np

from kgattn.mentions import MentionBatch
from kgattn.shapes import Float, Int


@dataclass(frozen=True)
class EntityPairs:
    """Every ordered pair of candidates of two different mentions of one example.

    Attributes:
        batch, query, key: Which example, which mention asks, which is asked; mentions counted from 0.
        head, tail: Entity row of the candidate of the mention that asks, and of the one that is asked.
        weight: P(both mentions name these entities), the product of the priors, in [0, 1].
    """

    batch: Int[np.ndarray, " pair"]
    query: Int[np.ndarray, " pair"]
    key: Int[np.ndarray, " pair"]
    head: Int[np.ndarray, " pair"]
    tail: Int[np.ndarray, " pair"]
    weight: Float[np.ndarray, " pair"]

    @classmethod
    def of(cls, mentions: MentionBatch) -> "EntityPairs":
        """The pairs of a batch, which is on the CPU."""
        entities, priors = mentions.entities.numpy(), mentions.priors.numpy()
        batch, mention, candidate = np.nonzero(entities >= 0)
        entity, prior = entities[batch, mention, candidate].astype(np.int64), priors[batch, mention, candidate]

        # all ordered pairs of entries of one example: entries are sorted by example, so each example is one range
        counts = np.bincount(batch, minlength=len(entities))
        partners = counts[batch]
        first = np.repeat(np.arange(len(batch)), partners)
        begin = (np.cumsum(counts) - counts)[batch]
        second = np.arange(int(partners.sum())) - np.repeat(np.cumsum(partners) - partners - begin, partners)
        other = mention[first] != mention[second]
        first, second = first[other], second[other]
        return cls(
            batch[first], mention[first], mention[second], entity[first], entity[second], prior[first] * prior[second]
        )
