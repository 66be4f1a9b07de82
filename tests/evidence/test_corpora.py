"""Several corpora: Holm's correction against a worked example, and one claim a corpus."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgattn.evidence.corpora import claims, holm
from tests.synthetic_runs import make_comparison

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=8)


def test_holm_by_hand() -> None:
    """0.01 * 4; 0.02 * 3; max(0.06, 0.03 * 2); max(0.06, 0.4 * 1), in the order given."""
    assert holm(np.array([0.4, 0.01, 0.03, 0.02])) == pytest.approx([0.4, 0.04, 0.06, 0.06])


@given(P_VALUES)
def test_holm_lies_between_no_correction_and_bonferroni(values: list[float]) -> None:
    p_values = np.array(values)
    adjusted = holm(p_values)

    assert (adjusted >= p_values).all()
    assert (adjusted <= np.minimum(p_values * len(values), 1.0) + 1e-12).all()
    order = np.argsort(p_values, kind="stable")
    assert (np.diff(adjusted[order]) >= 0).all()


def test_of_nothing_there_is_nothing_to_correct() -> None:
    assert holm(np.array([])).shape == (0,)


def test_a_claim_rests_on_the_weaker_one_of_its_two_differences() -> None:
    strong, _, _ = make_comparison({"plain": 0.5, "biased": 0.9, "shuffled-entities": 0.6})
    null, _, _ = make_comparison({"plain": 0.7, "biased": 0.7, "shuffled-entities": 0.7})

    first, second = claims([strong, null])

    control = strong.difference("biased", "shuffled-entities")
    plain = strong.difference("biased", "plain")
    assert plain is not None
    assert control is not None
    assert first.control == control
    assert first.p == max(plain.p or 0, control.p or 0)
    assert first.adjusted == pytest.approx(2 * (first.p or 0))
    assert first.holds
    assert not second.holds


def test_a_difference_the_wrong_way_is_no_claim() -> None:
    worse, _, _ = make_comparison({"plain": 0.9, "biased": 0.5, "shuffled-entities": 0.4})

    (claim,) = claims([worse])

    assert (claim.p, claim.holds) == (1.0, False)


def test_a_gain_that_only_stands_alone_falls_among_many() -> None:
    made, _, _ = make_comparison({"plain": 0.5, "biased": 0.9, "shuffled-entities": 0.6})
    weak = dataclasses.replace(
        made, differences=tuple(dataclasses.replace(found, p=0.03) for found in made.differences)
    )

    assert claims([weak])[0].holds
    assert not claims([weak, weak])[0].holds


def test_the_weakest_part_decides_whichever_control_is_best() -> None:
    """The control with the lowest interval need not be the one with the largest p."""
    made, _, _ = make_comparison({"plain": 0.5, "biased": 0.9, "shuffled-entities": 0.6, "links-only": 0.7})
    for low, other in (("shuffled-entities", "links-only"), ("links-only", "shuffled-entities")):
        p = {"plain": 0.001, low: 0.002, other: 0.04}
        mixed = dataclasses.replace(
            made,
            differences=tuple(
                dataclasses.replace(found, p=p[found.baseline]) if found.arm == "biased" else found
                for found in made.differences
            ),
        )
        assert claims([mixed])[0].p == 0.04


def test_without_p_values_or_controls_nothing_is_claimed() -> None:
    made, _, _ = make_comparison({"plain": 0.5, "biased": 0.9, "shuffled-entities": 0.6})
    old = dataclasses.replace(made, differences=tuple(dataclasses.replace(found, p=None) for found in made.differences))
    alone, _, _ = make_comparison({"plain": 0.5, "biased": 0.9})

    for claim in claims([old, alone]):
        assert (claim.p, claim.adjusted, claim.holds) == (None, None, False)
    assert claims([old, made])[1].adjusted == claims([made])[0].adjusted
