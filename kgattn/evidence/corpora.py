"""Several comparisons taken together: one claim a corpus, corrected for asking more than once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kgattn.evidence.comparison import Comparison
from kgattn.evidence.statistics import LEVEL, Difference
from kgattn.shapes import Float


@dataclass(frozen=True)
class Claim:
    """The claim "the graph helps" on one corpus, beside the same claim on others.

    Attributes:
        name: What was compared.
        plain: biased minus plain.
        control: biased minus the best control.
        p: P value of the claim, the larger one of its two differences; 1 where one points the wrong way. None where
            arms are missing, or where the comparison was made before p values were kept.
        adjusted: The same after Holm's correction over all claims that have one.
        holds: Whether the claim stands after the correction.
    """

    name: str
    plain: Difference | None
    control: Difference | None
    p: float | None
    adjusted: float | None
    holds: bool


def holm(p_values: Float[np.ndarray, " test"]) -> Float[np.ndarray, " test"]:
    """Adjusted p values (Holm 1979, A simple sequentially rejective multiple test procedure).

    The smallest is multiplied by the number of tests, the next by one less, and so on; none is smaller than one before
    it, or above 1. Rejecting those up to 0.05 keeps the chance of any false claim at 0.05, however the tests depend
    on each other.
    """
    order = np.argsort(p_values, kind="stable")
    factors = len(p_values) - np.arange(len(p_values))
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(np.maximum.accumulate(p_values[order] * factors), 1.0)
    return adjusted


def claims(comparisons: Sequence[Comparison]) -> tuple[Claim, ...]:
    """What is left of each comparison's "the graph helps" when all of them are looked at together.

    The claim is that biased beats plain and every control. It fails if any part fails, so its p value is the largest
    one of them and no correction is due within a corpus (the intersection-union test, Berger 1982,
    Technometrics 24(4)).
    """
    values = [_p_value(comparison) for comparison in comparisons]
    known = np.array([value for value in values if value is not None], dtype=np.float64)
    adjusted = iter(holm(known).tolist())
    found = []
    for comparison, value in zip(comparisons, values, strict=True):
        after = None if value is None else next(adjusted)
        found.append(
            Claim(
                name=comparison.name,
                plain=comparison.difference("biased", "plain"),
                control=comparison.best_control(),
                p=value,
                adjusted=after,
                holds=comparison.verdict.outcome == "helps" and after is not None and after <= 1 - LEVEL,
            )
        )
    return tuple(found)


def _p_value(comparison: Comparison) -> float | None:
    plain, controls = comparison.difference("biased", "plain"), comparison.against_controls().values()
    if plain is None or not controls:
        return None
    values = []
    for part in (plain, *controls):
        if part.p is None:
            return None
        values.append(part.p if part.mean > 0 else 1.0)
    return max(values)
