"""How large a difference is, how sure, and how small a one the runs could have found."""

from dataclasses import dataclass

import numpy as np

from kgattn.shapes import Float

LEVEL = 0.95
POWER = 0.8


@dataclass(frozen=True)
class Effect:
    """A mean paired difference in units of its spread over seeds: Cohen's d_z (Cohen 1988, section 2.3.5).

    It says how steadily seeds agree, not how much is gained: half a point that every seed shows is a large effect. The
    test sentences are taken as given. From few seeds it comes out too large, and its limits are wide.

    Attributes:
        d: Mean over seeds by standard deviation over seeds.
        low: Lower end of its exact 95% interval, from the noncentral t distribution.
        high: Upper end of it.
    """

    d: float
    low: float
    high: float


@dataclass(frozen=True)
class StandardError:
    """Uncertainty of a mean difference.

    Attributes:
        size: Standard error.
        freedom: Degrees of freedom of the t distribution that goes with it, above 0.
    """

    size: float
    freedom: float

    def interval(self, mean: float, level: float = LEVEL) -> tuple[float, float]:
        """Both ends of the interval around `mean` with this confidence."""
        from scipy import stats

        reach = float(stats.t.ppf((1 + level) / 2, self.freedom)) * self.size if self.size > 0 else 0.0
        return mean - reach, mean + reach

    def p_value(self, mean: float) -> float:
        """Two-sided p value of a true difference of zero."""
        if self.size == 0:
            return 1.0 if mean == 0 else 0.0
        from scipy import stats

        return float(2 * stats.t.sf(abs(mean) / self.size, self.freedom))

    def detectable(self, level: float = LEVEL, power: float = POWER) -> float:
        """The true difference whose interval lies above zero with probability `power`.

        Solved on the noncentral t distribution (Cohen 1988, section 2.5); the chance of an interval below zero, next
        to nothing at this power, is left out.
        """
        if self.size == 0:
            return 0.0
        from scipy import stats

        critical = float(stats.t.ppf((1 + level) / 2, self.freedom))
        return _noncentrality(critical, self.freedom, 1 - power) * self.size


def effect_size(by_seed: Float[np.ndarray, " seed"]) -> Effect | None:
    """Cohen's d_z of paired differences; None for fewer than two, or where all are the same."""
    sd = float(np.std(by_seed, ddof=1)) if len(by_seed) > 1 else 0.0
    if sd <= 1e-12:
        return None
    d, root = float(np.mean(by_seed)) / sd, float(np.sqrt(len(by_seed)))
    low, high = (_noncentrality(d * root, len(by_seed) - 1.0, share) for share in ((1 + LEVEL) / 2, (1 - LEVEL) / 2))
    return Effect(d, low / root, high / root)


def _noncentrality(t: float, freedom: float, share: float) -> float:
    """The shift of a noncentral t distribution of which `share` lies below `t`.

    The distribution function is the mean over the chi-square part, at the midpoints of 4,000 equal shares of it:
    `scipy.stats.nct` gives no number for the one or two degrees of freedom that few seeds leave.
    """
    from scipy import optimize, special

    midpoints = (np.arange(4000) + 0.5) / 4000
    scaled = t * np.sqrt(special.chdtri(freedom, midpoints) / freedom)
    reach = 10 * abs(t) + 40
    return float(optimize.brentq(lambda shift: special.ndtr(scaled - shift).mean() - share, -reach, reach))
