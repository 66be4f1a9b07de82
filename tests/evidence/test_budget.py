"""A budget lets a run begin when the longest of its kind would still end in time."""

import pytest

from kgattn.evidence.arms import ARMS
from kgattn.evidence.budget import Budget
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
    assert budget.begins(job("plain"))


def test_the_longest_run_of_the_arm_must_fit_else_that_of_any() -> None:
    clock = Clock()
    budget = Budget(2.0, clock)
    assert budget.begins(job("plain")), "about the first nothing is known"
    budget.learn("plain", 30.0)
    budget.learn("plain", 40.0)
    clock.now += 80.0
    assert budget.begins(job("plain"))
    assert budget.begins(job("biased"))
    budget.learn("biased", 41.0)
    assert not budget.begins(job("biased"))
    assert not budget.begins(job("links-only"))
    assert budget.begins(job("plain"))
    clock.now += 1.0
    assert not budget.begins(job("plain"))


@pytest.mark.parametrize("passed", [60.0, 61.0])
def test_nothing_begins_when_the_time_is_over(passed: float) -> None:
    clock = Clock()
    budget = Budget(1.0, clock)
    clock.now += passed
    assert not budget.begins(job("plain"))


def test_a_job_is_as_long_as_it_took_whatever_its_results_say() -> None:
    """A model that is trained only to be tested as another arm leaves no result with the time of its training."""
    clock = Clock()
    budget = Budget(2.0, clock)
    tested = Job(ARMS["biased"], (Run(ARMS["tested-without"], 0),))
    assert budget.begins(tested)
    clock.now += 61.0
    budget.ended(tested)
    assert not budget.begins(tested)
    assert not budget.begins(job("biased"))
