"""A comparison of three arms and three seeds with all its parts, and names that try to break a page."""

import dataclasses

import pytest

from kgattn.evidence.comparison import Comparison
from kgattn.evidence.curve import Curve
from kgattn.evidence.flow import Example, flow_examples
from kgattn.report.finding import Finding
from tests.synthetic_runs import make_comparison

RATES = {"plain": 0.5, "biased": 0.9, "shuffled-entities": 0.6}
NAME = "towns & rivers, 100 training sentences"
HOSTILE = "<img src=http://example.org/x onerror=alert(1)>"


@pytest.fixture(scope="session")
def comparison() -> Comparison:
    made, _, _ = make_comparison(RATES, seeds=3, name=NAME)
    arms = tuple(
        dataclasses.replace(arm, f1_by_type={**arm.f1_by_type, "<b>Place</b>": 0.25}, seconds=41.4) for arm in made.arms
    )
    config = {"model": "minilm", "injection": {"bound": 4.0}, "layers": [1, 2]}
    return dataclasses.replace(made, arms=arms, config=config)


@pytest.fixture(scope="session")
def finding(comparison: Comparison) -> Finding:
    """With a curve, examples and a warning."""
    _, results, sentences = make_comparison(RATES, seeds=2)
    examples = flow_examples([(results["plain", seed], results["biased", seed]) for seed in range(2)], sentences, 3)
    words = ("Ada", HOSTILE, "w" * 200, "again")
    hostile = Example(words, 1, 2, "<i>Place</i>", True, 1, "", f"Place: {HOSTILE}")
    points = [
        make_comparison({**RATES, "biased": rate}, seeds=2, train=size)[0] for size, rate in ((50, 0.7), (70, 0.8))
    ]
    warned = dataclasses.replace(comparison, warnings=(f"Runs are missing: {HOSTILE}.",))
    return Finding(warned, (*examples, hostile), Curve((*points, warned)))
