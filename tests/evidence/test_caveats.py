"""Warnings come when there is something to warn of, and only then."""

from kgattn.evidence.caveats import convergence, disagreement, missing_runs, mixed_origins
from tests.synthetic_runs import make_result, make_sentences

SENTENCES = make_sentences(20)


def result(**changes: object) -> object:
    return make_result("biased", 0, SENTENCES, 0.7, **changes)  # type: ignore[arg-type]


def test_a_run_that_levelled_off_is_no_cause_for_a_warning() -> None:
    fine = result(dev_curve=((1, 0.3), (2, 0.5), (3, 0.51)), loss_curve=((1, 1.0), (2, 0.4), (3, 0.2)))

    assert convergence({"biased": [fine]}) == []  # type: ignore[list-item]


def test_runs_that_did_not_converge_are_counted_by_what_is_wrong() -> None:
    floor = result(dev_curve=((1, 0.0), (2, 0.01)), loss_curve=((1, 1.0), (2, 0.9)))
    rising = result(dev_curve=((1, 0.3), (2, 0.4)))
    stuck = result(dev_curve=((1, 0.3), (2, 0.3)), loss_curve=((1, 0.7), (2, 0.7)))

    found = convergence({"plain": [rising], "biased": [floor, rising, stuck]})  # type: ignore[list-item]

    assert found == [
        "Not converged: biased in 1 of 3 runs. These never passed 5 F1 on dev.",
        "Not converged: biased in 1 of 3 runs. These ended with a training loss no lower than it began with.",
        "Not converged: plain in 1 of 1 runs, biased in 1 of 3 runs. These still gained more than 2 points on dev at "
        "the last look; more epochs may help.",
    ]


def test_runs_without_curves_are_not_judged() -> None:
    assert convergence({"linker-tagger": [result(dev_curve=(), loss_curve=())]}) == []  # type: ignore[list-item]


def test_dev_and_test_that_disagree_in_sign() -> None:
    better = make_result("biased", 0, SENTENCES, 0.9, dev_f1=0.5)
    worse = make_result("plain", 0, SENTENCES, 0.3, dev_f1=0.52)

    (warning,) = disagreement("biased", "plain", [(worse, better)])

    assert warning.startswith("Dev and test disagree about biased minus plain: -2.0 points on dev, +")
    agreeing = make_result("plain", 0, SENTENCES, 0.3, dev_f1=0.4)
    assert disagreement("biased", "plain", [(agreeing, better)]) == []
    hardly = make_result("plain", 0, SENTENCES, 0.3, dev_f1=0.5005)
    assert disagreement("biased", "plain", [(hardly, better)]) == []


def test_missing_runs_are_named_with_the_seeds_that_remain() -> None:
    (warning,) = missing_runs({"plain": [], "biased": [2], "links-only": [1, 2]}, [0])

    assert "biased with seed 2; links-only with seed 1, 2" in warning
    assert "on the seeds they share: 0." in warning
    assert missing_runs({"plain": []}, [0, 1]) == []


def test_runs_of_another_version_are_told_of() -> None:
    new, old = {"commit": "b", "device": "cpu"}, {"commit": "a", "device": "cpu"}

    assert mixed_origins([new, new]) == []
    assert "differ in commit:" in mixed_origins([new, old])[0]


def test_a_loss_that_is_no_number_did_not_fall() -> None:
    lost = result(dev_curve=((1, 0.3), (2, 0.5), (3, 0.5)), loss_curve=((1, 1.0), (2, float("nan"))))

    assert "training loss" in convergence({"biased": [lost]})[0]  # type: ignore[list-item]
