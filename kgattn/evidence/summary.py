"""From the results of single runs to a comparison."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kgattn.evidence.arms import Arm
from kgattn.evidence.comparison import ArmResult, Comparison
from kgattn.evidence.statistics import LEVEL, RESAMPLES, Difference, compare_arms, summarize
from kgattn.evidence.verdict import decide
from kgattn.training.config import TrainConfig
from kgattn.training.result import RunResult


def summarize_runs(
    name: str,
    arms: Sequence[Arm],
    seeds: Sequence[int],
    results: Mapping[tuple[str, int], RunResult],
    config: TrainConfig,
    command: str,
) -> Comparison:
    """Compute means, paired differences and the verdict.

    Args:
        name: What was compared.
        arms: The arms, in the order of the table.
        seeds: Seeds that every arm was run with.
        results: The result of each (arm name, seed).
        config: Settings that all runs share.
        command: The command that makes the comparison again.
    """
    by_arm = {arm.name: [results[arm.name, seed] for seed in seeds] for arm in arms}
    counts = np.array([[result.test_counts for result in runs] for runs in by_arm.values()], dtype=np.int64)
    differences = compare_arms(counts, tuple(by_arm), _pairs(arms))
    found = {(difference.arm, difference.baseline): difference for difference in differences}
    controls = _against_controls(arms, found)
    first = by_arm[arms[0].name][0]
    return Comparison(
        name=name,
        arms=tuple(_arm_result(arm, by_arm[arm.name]) for arm in arms),
        seeds=tuple(seeds),
        differences=differences,
        verdict=decide(found.get(("biased", "plain")), controls, num_seeds=len(seeds)),
        data=first.corpus,
        graph=next((result.graph for runs in by_arm.values() for result in runs if result.graph), {}),
        config={key: value for key, value in config.to_json().items() if key not in ("arm", "seed")}
        | {"statistics": {"resamples": RESAMPLES, "level": LEVEL, "method": "paired percentile bootstrap"}},
        environment=_environment([result.environment for runs in by_arm.values() for result in runs]),
        command=command,
    )


def _pairs(arms: Sequence[Arm]) -> tuple[tuple[str, str], ...]:
    """Every other arm against plain, and biased against every other arm."""
    names = [arm.name for arm in arms]
    against_plain = [(name, "plain") for name in names if name != "plain" and "plain" in names]
    biased = [("biased", name) for name in names if name not in ("plain", "biased") and "biased" in names]
    return (*against_plain, *biased)


def _against_controls(arms: Sequence[Arm], found: Mapping[tuple[str, str], Difference]) -> dict[str, Difference]:
    return {
        arm.name: found["biased", arm.name] for arm in arms if arm.role == "control" and ("biased", arm.name) in found
    }


def _arm_result(arm: Arm, runs: Sequence[RunResult]) -> ArmResult:
    scores = np.array([run.test_f1 for run in runs])
    types = sorted({name for run in runs for name in run.test["by_type"]})
    return ArmResult(
        name=arm.name,
        description=arm.description,
        role=arm.role,
        f1=summarize(scores),
        f1_by_seed=tuple(map(float, scores)),
        precision=_mean(run.test["precision"] for run in runs),
        recall=_mean(run.test["recall"] for run in runs),
        f1_by_type={name: _mean(run.test["by_type"][name]["f1"] for run in runs) for name in types},
        parameters=runs[0].parameters["total"],
        plugin_parameters=runs[0].parameters["plugin"],
        seconds=_mean(sum(run.seconds.values()) for run in runs),
    )


def _mean(values: Any) -> float:
    return float(np.mean(list(values)))


def _environment(environments: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What the runs were made with; where runs differ, every value that occurs."""
    merged: dict[str, Any] = {}
    for name in environments[0]:
        values = [environment.get(name) for environment in environments]
        distinct = [value for number, value in enumerate(values) if value not in values[:number]]
        merged[name] = distinct[0] if len(distinct) == 1 else distinct
    return merged
