"""One score for all evidence, and the shares of confidence it leads to."""

from typing import NamedTuple

import numpy as np

from kgattn.linking.disambiguation.options import Options
from kgattn.shapes import Float, Int

_STEPS = 2.0**20


class Decisions(NamedTuple):
    """Judged candidates, those of a mention together, likeliest first.

    Attributes:
        mention: Mention of each; rising.
        entity: Row of the entity.
        share: Confidence in it, in [0, 1]; the rest up to 1 is that of "none of these".
    """

    mention: Int[np.ndarray, " option"]
    entity: Int[np.ndarray, " option"]
    share: Float[np.ndarray, " option"]


def decide(options: Options, evidence: Float[np.ndarray, " option"]) -> Decisions:
    """Turn priors and evidence into shares of confidence.

    The score of a candidate is log(prior) + evidence, where evidence is `context_weight` times context plus
    `coherence_weight` times coherence, in nats; that of "none of these" is log(1 - sum of priors). The shares are the
    softmax of the scores, rounded down to multiples of 2**-20, so without evidence they are the priors. It is a
    log-linear model (a multinomial logistic regression with the log prior as offset); its two weights
    were fitted by likelihood, which makes the shares calibrated where texts are like those it was fitted on.

    Args:
        options: Candidates; those of a mention stand together.
        evidence: At least 0.

    Returns:
        Equal shares stand in the order of `options`.
    """
    first = np.flatnonzero(np.diff(options.mention, prepend=-1))
    count = np.diff(first, append=len(options.mention))
    rest = np.maximum(1.0 - np.add.reduceat(options.prior, first), 0.0)
    top = np.maximum.reduceat(evidence, first)
    raised = options.prior * np.exp(evidence - np.repeat(top, count))
    total = np.add.reduceat(raised, first) + rest * np.exp(-top)
    share = np.floor(raised / np.repeat(total, count) * _STEPS) / _STEPS
    order = np.lexsort((np.arange(len(share)), -share, options.mention))
    return Decisions(options.mention[order], options.entity[order], share[order])
