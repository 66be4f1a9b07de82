"""The open questions of a batch: mentions that may name several entities."""

from typing import NamedTuple

import numpy as np

from kgattn.graph.subgraph import ranges
from kgattn.linking.candidates import CandidateRows
from kgattn.linking.found import Found
from kgattn.shapes import Bool, Float, Int

NEAR = 8
"""Evidence this many tokens away counts half."""
NEAR_STEPS = 2.0**10
"""Nearness is rounded up to multiples of 1 / this."""


class Options(NamedTuple):
    """Candidates of mentions, those of a mention together and in the order of the index.

    Attributes:
        mention: Mention of each option; rising.
        entity: Row of the entity.
        prior: P(entity given surface form), above 0.
    """

    mention: Int[np.ndarray, " option"]
    entity: Int[np.ndarray, " option"]
    prior: Float[np.ndarray, " option"]


def options_of(found: Found, chosen: Bool[np.ndarray, " mention"], rows: CandidateRows) -> Options:
    """All candidates of the chosen mentions."""
    mention = np.flatnonzero(chosen)
    row = found.row[mention]
    begin = rows.offsets[row]
    count = rows.offsets[row + 1] - begin
    place = ranges(begin, count)
    return Options(
        np.repeat(mention, count), rows.entities[place].astype(np.int64), rows.priors[place].astype(np.float64)
    )


def nearness(tokens_between: Int[np.ndarray, " item"]) -> Float[np.ndarray, " item"]:
    """How much evidence at a distance counts: 1 beside the mention, a half 8 tokens away, in steps of 1/1024."""
    near: np.ndarray = np.ceil(NEAR_STEPS / (1.0 + tokens_between / NEAR)) / NEAR_STEPS
    return near
