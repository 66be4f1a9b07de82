"""Whether the graph helps, computed from the intervals and said in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from kgattn.evidence.statistics import Difference

Outcome = Literal["helps", "better than plain", "no evidence", "hurts", "undecided"]


@dataclass(frozen=True)
class Verdict:
    """What a comparison shows.

    Attributes:
        outcome: `helps` only if biased beats plain and the best control, both intervals above zero.
        words: The same in one or two sentences with the numbers.
    """

    outcome: Outcome
    words: str


def decide(
    plain: Difference | None,
    controls: Mapping[str, Difference],
    *,
    num_seeds: int,
) -> Verdict:
    """Judge the biased arm.

    Args:
        plain: biased minus plain, or None when one of the two was not run.
        controls: biased minus each control that was run, by the control's name. The best control is the one
            that biased beats by the least.
        num_seeds: Seeds each arm was run with.
    """
    if plain is None:
        return Verdict("undecided", "No verdict: it takes the arms plain and biased to tell whether the graph helps.")
    outcome, words = _judge(plain, controls)
    if num_seeds == 1:
        words += " One seed: the interval covers test sentences alone, not chance in training."
    return Verdict(outcome, words)


def _judge(plain: Difference, controls: Mapping[str, Difference]) -> tuple[Outcome, str]:
    against_plain = f"biased minus plain is {plain.in_points()} F1"
    if plain.high < 0:
        return "hurts", f"It hurts: {against_plain}."
    if plain.low <= 0:
        return (
            "no evidence",
            f"No evidence that the graph helps: {against_plain}, and the interval is not above zero.",
        )
    if not controls:
        return "better than plain", (
            f"Better than plain, but no control was run: {against_plain}; whether that is "
            "the graph's content or merely knowing what is linked stays open."
        )
    name, control = min(controls.items(), key=lambda item: item[1].mean)
    against_control = f"biased minus {name} is {control.in_points()} F1"
    if control.low > 0:
        return "helps", f"The graph helps: {against_plain}, and {against_control}."
    return "no evidence", (
        f"No evidence that the graph helps: {against_plain}, but {against_control}; the gain may come "
        "from knowing what is linked, not from what the graph says about it."
    )
