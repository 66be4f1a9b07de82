"""From the results of single runs to a comparison."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from kgattn.errors import ConfigError
from kgattn.evidence.arms import Arm
from kgattn.evidence.caveats import convergence, disagreement, missing_runs, mixed_origins
from kgattn.evidence.comparison import ArmResult, Comparison, SliceResult
from kgattn.evidence.flow import error_flow
from kgattn.evidence.statistics import LEVEL, RESAMPLES, Difference, compare_arms, summarize
from kgattn.evidence.verdict import decide
from kgattn.training.config import TrainConfig
from kgattn.training.gates import DECIMALS
from kgattn.training.result import RunResult

METHOD = "t interval, standard error from a paired bootstrap over seeds and sentences"
PARTS = ("bias", "values")


def summarize_runs(
    name: str,
    arms: Sequence[Arm],
    seeds: Sequence[int],
    results: Mapping[tuple[str, int], RunResult],
    config: TrainConfig,
    command: str,
) -> Comparison:
    """Compute means, paired differences, the verdict and what to warn of.

    Arms are compared on the seeds that all of them have; an arm without any result is left out. Both are warned of.

    Args:
        name: What was compared.
        arms: The arms, in the order of the table.
        seeds: Seeds that every arm was to be run with.
        results: The result of each (arm name, seed).
        config: Settings that all runs share.
        command: The command that makes the comparison again.

    Raises:
        ConfigError: No seed was run with every arm that has results.
    """
    present = [arm for arm in arms if any((arm.name, seed) in results for seed in seeds)]
    shared = [seed for seed in seeds if all((arm.name, seed) in results for arm in present)]
    if not present or not shared:
        raise ConfigError("a comparison needs at least one seed that every arm was run with, got none; run more")
    by_arm = {arm.name: [results[arm.name, seed] for seed in shared] for arm in present}
    counts = np.array([[result.test_counts for result in runs] for runs in by_arm.values()], dtype=np.int64)
    differences = compare_arms(counts, tuple(by_arm), _pairs(present))
    found = {(difference.arm, difference.baseline): difference for difference in differences}
    first = by_arm[present[0].name][0]
    missing = {arm.name: [seed for seed in seeds if (arm.name, seed) not in results] for arm in arms}
    both = list(zip(by_arm.get("plain", ()), by_arm.get("biased", ()), strict=False))
    return Comparison(
        name=name,
        arms=tuple(_arm_result(arm, by_arm[arm.name]) for arm in present),
        seeds=tuple(shared),
        differences=differences,
        verdict=decide(
            found.get(("biased", "plain")),
            _against("control", present, found),
            _against("rival", present, found),
            num_seeds=len(shared),
        ),
        data=first.corpus,
        graph=next((result.graph for runs in by_arm.values() for result in runs if result.graph), {}),
        config={key: value for key, value in config.to_json().items() if key not in ("arm", "seed")}
        | {"statistics": {"resamples": RESAMPLES, "level": LEVEL, "method": METHOD}},
        environment=_environment([result.environment for runs in by_arm.values() for result in runs]),
        command=command,
        warnings=(*missing_runs(missing, shared), *_warnings(present, by_arm)),
        flow=error_flow("biased", "plain", both),
    )


def _warnings(arms: Sequence[Arm], by_arm: Mapping[str, Sequence[RunResult]]) -> Iterator[str]:
    yield from mixed_origins([run.environment for runs in by_arm.values() for run in runs])
    yield from convergence(by_arm)
    for arm in arms:
        if arm.role in ("plain", "control") and "biased" in by_arm:
            both = list(zip(by_arm[arm.name], by_arm["biased"], strict=True))
            yield from disagreement("biased", arm.name, both)


def _pairs(arms: Sequence[Arm]) -> tuple[tuple[str, str], ...]:
    """Every other arm against plain, and biased against every other arm."""
    names = [arm.name for arm in arms]
    against_plain = [(name, "plain") for name in names if name != "plain" and "plain" in names]
    biased = [("biased", name) for name in names if name not in ("plain", "biased") and "biased" in names]
    return (*against_plain, *biased)


def _against(role: str, arms: Sequence[Arm], found: Mapping[tuple[str, str], Difference]) -> dict[str, Difference]:
    """Biased minus each arm of a role, by the arm's name."""
    return {arm.name: found["biased", arm.name] for arm in arms if arm.role == role and ("biased", arm.name) in found}


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
        f1_by_type={name: _mean(run.test["by_type"].get(name, {"f1": 0.0})["f1"] for run in runs) for name in types},
        parameters=runs[0].parameters["total"],
        plugin_parameters=runs[0].parameters["plugin"],
        seconds=_mean(sum(run.seconds.values()) for run in runs),
        peak_memory_mib=max((run.peak_memory_mib for run in runs if run.peak_memory_mib is not None), default=None),
        dev_f1=_mean(run.dev["f1"] for run in runs) if all("f1" in run.dev for run in runs) else None,
        gold_by_type={name: _gold(runs[0].test["by_type"][name]) for name in types if name in runs[0].test["by_type"]},
        slices=_slices(runs),
        gates=_mean_gates([run.gates for run in runs if run.gates is not None]),
    )


def _gold(scores: Mapping[str, Any]) -> int:
    return int(scores["true_positives"] + scores["false_negatives"])


def _slices(runs: Sequence[RunResult]) -> dict[str, SliceResult]:
    """The slices that every run has, in their order."""
    kept = [run.test.get("slices", {}) for run in runs]
    found = {}
    for name in kept[0]:
        if all(name in slices for slices in kept):
            recall = summarize(np.array([slices[name]["recall"] for slices in kept], dtype=np.float64))
            found[name] = SliceResult(recall.mean, recall.sd, _mean(slices[name]["gold"] for slices in kept))
    return found


def _mean_gates(gates: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Means over runs of tables by layer and head, rounded as those are."""
    if not gates:
        return None
    first = gates[0]
    return {
        "layers": list(first["layers"]),
        **{part: None if first[part] is None else _mean_table([gate[part] for gate in gates]) for part in PARTS},
        "terms": {name: _mean_table([gate["terms"][name] for gate in gates]) for name in first["terms"]},
    }


def _mean_table(tables: Sequence[Sequence[Sequence[float]]]) -> list[list[float]]:
    mean: list[list[float]] = np.mean(np.array(tables, dtype=np.float64), axis=0).round(DECIMALS).tolist()
    return mean


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
