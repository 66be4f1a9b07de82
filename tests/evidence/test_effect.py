"""Effect sizes and the least effect that can be found, against scipy and worked examples."""

import numpy as np
import pytest
from scipy import stats

from kgattn.evidence.effect import StandardError, effect_size


def test_effect_is_mean_by_spread_with_limits_that_fit_scipys_noncentral_t() -> None:
    differences = np.array([0.02, 0.05, 0.03, 0.06, 0.01])

    effect = effect_size(differences)

    assert effect is not None
    assert effect.d == pytest.approx(differences.mean() / differences.std(ddof=1))
    t, root = effect.d * np.sqrt(5), np.sqrt(5)
    assert stats.nct.cdf(t, 4, effect.low * root) == pytest.approx(0.975, abs=1e-3)
    assert stats.nct.cdf(t, 4, effect.high * root) == pytest.approx(0.025, abs=1e-3)


def test_two_seeds_that_nearly_agree_say_next_to_nothing() -> None:
    effect = effect_size(np.array([0.010, 0.011]))

    assert effect is not None
    assert effect.high > 50 * effect.low > 0


@pytest.mark.parametrize("differences", [[0.1], [0.1, 0.1, 0.1]])
def test_no_spread_no_effect(differences: list[float]) -> None:
    assert effect_size(np.array(differences)) is None


def test_the_turned_difference_has_the_turned_effect() -> None:
    differences = np.array([0.02, -0.01, 0.04])
    effect, turned = effect_size(differences), effect_size(-differences)

    assert effect is not None
    assert turned is not None
    assert (turned.d, turned.low, turned.high) == pytest.approx((-effect.d, -effect.high, -effect.low))


def test_detectable_is_the_textbooks_2_8_standard_errors_for_many_degrees_of_freedom() -> None:
    assert StandardError(0.01, 1e6).detectable() == pytest.approx(0.028, abs=1e-4)


def test_detectable_has_that_power() -> None:
    error = StandardError(0.02, 3.0)
    critical = stats.t.ppf(0.975, 3)

    assert stats.nct.sf(critical, 3, error.detectable() / 0.02) == pytest.approx(0.8, abs=1e-3)
    assert error.detectable() > StandardError(0.02, 10.0).detectable()


@pytest.mark.parametrize(("mean", "p"), [(0.0, 1.0), (0.1, 0.0)])
def test_where_nothing_varies_a_difference_is_certain(mean: float, p: float) -> None:
    error = StandardError(0.0, 1.0)

    assert error.interval(mean) == (mean, mean)
    assert error.p_value(mean) == p
    assert error.detectable() == 0.0
