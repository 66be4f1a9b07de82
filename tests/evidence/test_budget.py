"""A budget lets a run begin when the longest of its kind would still end in time."""

import pytest

from kgattn.evidence.arms import ARMS
from kgattn.evidence.budget import Allowance, Budget
from kgattn.evidence.runner import Job, Run


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def job(arm: str) -> Job:
    return Job(ARMS[arm], (Run(ARMS[arm], 0),))


def test_without_minutes_all_may_begin() -> None:
    budget = Budget(None)
    budget.learn("plain", 1e9)
    assert budget.allows(job("plain"))


def test_the_longest_run_of_the_arm_must_fit_else_that_of_any() -> None:
    clock = Clock()
    budget = Budget(2.0, clock)
    assert budget.allows(job("plain")), "about the first nothing is known"
    budget.learn("plain", 30.0)
    budget.learn("plain", 40.0)
    clock.now += 80.0
    assert budget.allows(job("plain"))
    assert budget.allows(job("biased"))
    budget.learn("biased", 41.0)
    assert not budget.allows(job("biased"))
    assert not budget.allows(job("links-only"))
    assert budget.allows(job("plain"))
    clock.now += 1.0
    assert not budget.allows(job("plain"))


@pytest.mark.parametrize("passed", [60.0, 61.0])
def test_nothing_begins_when_the_time_is_over(passed: float) -> None:
    clock = Clock()
    budget = Budget(1.0, clock)
    clock.now += passed
    assert not budget.allows(job("plain"))


def test_an_allowance_shrinks_and_is_never_none_at_all() -> None:
    clock = Clock()
    left = Allowance(2.0, clock)
    assert left.minutes() == 2.0
    clock.now += 90.0
    assert left.minutes() == 0.5
    clock.now += 90.0
    assert 0.0 < (left.minutes() or 0.0) < 1e-300
    assert Allowance(None).minutes() is None
    assert Allowance(0.0).minutes() == 0.0, "refused by the comparison"
