"""From runs to a comparison: what is kept, what is left out, what is warned of."""

import dataclasses

import pytest

from kgattn.errors import ConfigError
from kgattn.evidence.arms import Arm
from kgattn.evidence.summary import summarize_runs
from kgattn.training.config import TrainConfig
from tests.synthetic_runs import make_comparison, make_result, make_sentences

SENTENCES = make_sentences(60)
ARMS = (Arm("plain", "alone", "plain"), Arm("biased", "all", "biased"), Arm("shuffled-entities", "wrong", "control"))


def results(*without: tuple[str, int]) -> dict:
    rates = {"plain": 0.5, "biased": 0.8, "shuffled-entities": 0.55}
    return {
        (name, seed): make_result(name, seed, SENTENCES, rate, gates=name == "biased")
        for name, rate in rates.items()
        for seed in range(3)
        if (name, seed) not in without
    }


def test_slices_gates_costs_and_flow_are_kept() -> None:
    made = summarize_runs("towns", ARMS, range(3), results(), TrainConfig(), "")

    plain, biased, _ = made.arms
    assert set(biased.slices) == {"linked", "unlinked", "seen", "unseen"}
    assert biased.slices["seen"].gold == 60
    assert biased.slices["seen"].sd > 0
    assert biased.gold_by_type == {"Person": 60, "Place": 60}
    assert biased.peak_memory_mib == 902.0
    assert plain.gates is None
    assert biased.gates is not None
    one = results()["biased", 0].gates
    assert biased.gates["layers"] == [0, 1]
    assert biased.gates["terms"].keys() == {"flows <into>"}
    assert biased.gates["bias"] != one["bias"]
    assert made.flow is not None
    assert made.flow.won > made.flow.lost
    assert made.best_control() == made.difference("biased", "shuffled-entities")


def test_gates_are_means_over_runs() -> None:
    kept = results()
    made = summarize_runs("towns", ARMS, range(3), kept, TrainConfig(), "")

    cells = [kept["biased", seed].gates["bias"][1][2] for seed in range(3)]
    assert made.arms[1].gates is not None
    assert made.arms[1].gates["bias"][1][2] == pytest.approx(sum(cells) / 3, abs=1e-4)


def test_a_missing_run_takes_its_seed_from_all_arms_and_is_said() -> None:
    made = summarize_runs("towns", ARMS, range(3), results(("biased", 1)), TrainConfig(), "")

    assert made.seeds == (0, 2)
    assert {arm.f1.num_seeds for arm in made.arms} == {2}
    assert any("biased with seed 1" in warning for warning in made.warnings)


def test_an_arm_without_a_run_is_left_out_and_said() -> None:
    without = [("shuffled-entities", seed) for seed in range(3)]
    made = summarize_runs("towns", ARMS, range(3), results(*without), TrainConfig(), "")

    assert [arm.name for arm in made.arms] == ["plain", "biased"]
    assert made.seeds == (0, 1, 2)
    assert any("shuffled-entities with seed 0, 1, 2" in warning for warning in made.warnings)
    assert made.verdict.outcome == "better than plain"


def test_without_a_common_seed_there_is_nothing_to_compare() -> None:
    with pytest.raises(ConfigError, match="at least one seed that every arm was run with"):
        summarize_runs("towns", ARMS[:1], range(3), {}, TrainConfig(), "")
    with pytest.raises(ConfigError, match="at least one seed that every arm was run with"):
        summarize_runs("towns", ARMS[:2], range(2), results(("plain", 0), ("biased", 1)), TrainConfig(), "")


def test_dev_that_disagrees_and_runs_that_rise_are_warned_of() -> None:
    kept = {
        key: dataclasses.replace(run, dev={"f1": 0.9 if key[0] == "plain" else 0.3}) for key, run in results().items()
    }
    made = summarize_runs("towns", ARMS, range(3), kept, TrainConfig(), "")

    assert any(warning.startswith("Dev and test disagree about biased minus plain") for warning in made.warnings)
    assert any("biased in 3 of 3 runs" in warning for warning in made.warnings)


def test_runs_of_the_first_version_give_a_comparison_without_the_new_parts() -> None:
    old = {
        key: dataclasses.replace(run, outcomes=(), gates=None, peak_memory_mib=None) for key, run in results().items()
    }
    made = summarize_runs("towns", ARMS, range(3), old, TrainConfig(), "")

    assert made.flow is None
    assert made.arms[1].gates is None
    assert made.arms[1].peak_memory_mib is None
    assert made.difference("biased", "plain") is not None


def test_no_evidence_says_what_could_have_been_found() -> None:
    made, _, _ = make_comparison({"plain": 0.7, "biased": 0.7, "shuffled-entities": 0.7})

    assert made.verdict.outcome == "no evidence"
    assert "points in four of five cases" in made.verdict.words
