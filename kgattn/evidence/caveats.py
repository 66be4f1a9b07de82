"""What a reader of a comparison must know before trusting it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kgattn.training.result import RunResult

FLOOR = 0.05
"""Dev F1 below which a tagger has not begun to learn."""
STILL_RISING = 0.02
"""Gain in dev F1 of the last evaluation over the best before it, above which training stopped too early."""
DISAGREEMENT = 0.001
"""Differences on dev and test smaller than this have no sign to disagree about."""


def missing_runs(missing: Mapping[str, Sequence[int]], seeds: Sequence[int]) -> list[str]:
    """A warning for runs that are not there.

    Args:
        missing: Seeds without a result, by arm; arms with all of theirs may be left out.
        seeds: Seeds that every arm shown has.
    """
    gaps = [f"{arm} with seed {', '.join(map(str, lost))}" for arm, lost in missing.items() if lost]
    if not gaps:
        return []
    kept = ", ".join(map(str, seeds))
    return [f"Runs are missing: {'; '.join(gaps)}. All arms are compared on the seeds they share: {kept}."]


def mixed_origins(environments: Sequence[Mapping[str, Any]]) -> list[str]:
    """A warning when runs kept from before were made by another version or on another device than the others."""
    found = [
        name
        for name in ("commit", "versions", "device", "device_name")
        if any(environment.get(name) != environments[0].get(name) for environment in environments)
    ]
    if not found:
        return []
    return [f"Runs differ in {', '.join(found)}: some were kept from before. Delete the folder runs to repeat them."]


def convergence(by_arm: Mapping[str, Sequence[RunResult]]) -> list[str]:
    """Warnings about runs that did not learn, or were stopped while they still did: one a kind, naming the arms."""
    found = []
    for happened, words in (
        (_at_floor, f"never passed {100 * FLOOR:.0f} F1 on dev"),
        (_loss_stuck, "ended with a training loss no lower than it began with"),
        (
            _still_rising,
            f"still gained more than {100 * STILL_RISING:.0f} points on dev at the last look; more epochs may help",
        ),
    ):
        times = {arm: sum(map(happened, runs)) for arm, runs in by_arm.items()}
        arms = [f"{arm} in {number} of {len(by_arm[arm])} runs" for arm, number in times.items() if number]
        if arms:
            found.append(f"Not converged: {', '.join(arms)}. These {words}.")
    return found


def disagreement(arm: str, baseline: str, runs: Sequence[tuple[RunResult, RunResult]]) -> list[str]:
    """A warning when dev and test see the difference of two arms with opposite signs.

    Args:
        arm: Name of the arm.
        baseline: Name of the other one.
        runs: For each seed the result of `baseline` and of `arm`.
    """
    dev, test = (
        float(np.mean([getattr(after, split)["f1"] - getattr(before, split)["f1"] for before, after in runs]))
        for split in ("dev", "test")
    )
    if dev * test >= 0 or min(abs(dev), abs(test)) < DISAGREEMENT:
        return []
    return [
        f"Dev and test disagree about {arm} minus {baseline}: "
        f"{100 * dev:+.1f} points on dev, {100 * test:+.1f} on test."
    ]


def _at_floor(run: RunResult) -> bool:
    return max((f1 for _, f1 in run.dev_curve), default=1.0) < FLOOR


def _loss_stuck(run: RunResult) -> bool:
    return len(run.loss_curve) > 1 and not run.loss_curve[-1][1] < run.loss_curve[0][1]  # NaN too


def _still_rising(run: RunResult) -> bool:
    scores = [f1 for _, f1 in run.dev_curve]
    return len(scores) > 1 and scores[-1] - max(scores[:-1]) > STILL_RISING
