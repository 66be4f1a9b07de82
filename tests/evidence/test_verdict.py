"""The verdict says "helps" only with both intervals above zero."""

import dataclasses

import pytest

from kgattn.evidence.statistics import Difference
from kgattn.evidence.verdict import best_control, decide


def difference(baseline: str, mean: float, low: float, high: float) -> Difference:
    return Difference("biased", baseline, mean, low, high, (mean,))


BETTER = difference("plain", 0.07, 0.05, 0.09)
UNCLEAR = difference("plain", 0.01, -0.01, 0.03)
WORSE = difference("plain", -0.04, -0.06, -0.02)
CONTROL_BEATEN = {"shuffled-entities": difference("shuffled-entities", 0.03, 0.01, 0.05)}
CONTROL_AS_GOOD = {"shuffled-entities": difference("shuffled-entities", 0.0, -0.01, 0.02)}


@pytest.mark.parametrize(
    ("plain", "controls", "outcome", "words"),
    [
        (BETTER, CONTROL_BEATEN, "helps", "The graph helps: biased minus plain is +7.0 [+5.0, +9.0] F1"),
        (BETTER, CONTROL_AS_GOOD, "no evidence", "need no more than what shuffled-entities has"),
        (BETTER, {}, "better than plain", "Better than plain, but no control was run"),
        (UNCLEAR, CONTROL_BEATEN, "no evidence", "the interval is not above zero"),
        (UNCLEAR, {}, "no evidence", "No evidence that the graph helps"),
        (WORSE, CONTROL_BEATEN, "hurts", "It hurts: biased minus plain is -4.0 [-6.0, -2.0] F1"),
        (None, CONTROL_BEATEN, "undecided", "it takes the arms plain and biased"),
    ],
)
def test_outcome(plain: Difference | None, controls: dict[str, Difference], outcome: str, words: str) -> None:
    verdict = decide(plain, controls, num_seeds=5)

    assert verdict.outcome == outcome
    assert words in verdict.words


def test_the_best_control_decides() -> None:
    controls = CONTROL_BEATEN | {"links-only": difference("links-only", 0.005, -0.01, 0.02)}

    verdict = decide(BETTER, controls, num_seeds=5)

    assert verdict.outcome == "no evidence"
    assert "links-only" in verdict.words


def test_touching_zero_is_not_above_it() -> None:
    assert decide(difference("plain", 0.02, 0.0, 0.04), {}, num_seeds=5).outcome == "no evidence"


def test_one_seed_is_said() -> None:
    assert "One seed" in decide(BETTER, CONTROL_BEATEN, num_seeds=1).words
    assert "One seed" not in decide(BETTER, CONTROL_BEATEN, num_seeds=2).words


def test_a_rival_that_is_not_beaten_is_named_beside_the_claim() -> None:
    rivals = {
        "linker-tagger": difference("linker-tagger", -0.01, -0.02, 0.01),
        "text-triples": difference("text-triples", 0.05, 0.03, 0.07),
    }

    verdict = decide(BETTER, CONTROL_BEATEN, rivals, num_seeds=5)

    assert verdict.outcome == "helps"
    assert "The simpler rival linker-tagger is not beaten: biased minus linker-tagger is -1.0" in verdict.words
    assert "text-triples" not in verdict.words


def test_no_evidence_says_what_could_have_been_found() -> None:
    unclear = dataclasses.replace(UNCLEAR, detectable=0.034)

    assert "a true difference to plain of 3.4 points in four of five cases" in decide(unclear, {}, num_seeds=5).words
    assert "four of five" not in decide(BETTER, CONTROL_BEATEN, num_seeds=5).words


def test_the_best_control_is_the_one_beaten_by_the_least() -> None:
    assert best_control(CONTROL_BEATEN | CONTROL_AS_GOOD) == CONTROL_AS_GOOD["shuffled-entities"]
    assert best_control({}) is None
