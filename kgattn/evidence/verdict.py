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
        words: The same in a few sentences with the numbers.
    """

    outcome: Outcome
    words: str


def decide(
    plain: Difference | None,
    controls: Mapping[str, Difference],
    rivals: Mapping[str, Difference] | None = None,
    *,
    num_seeds: int,
) -> Verdict:
    """Judge the biased arm.

    Args:
        plain: biased minus plain, or None when one of the two was not run.
        controls: biased minus each control that was run, by the control's name.
        rivals: biased minus each simpler use of the same graph. They are no part of the claim, but a rival that
            biased does not beat is named beside it.
        num_seeds: Seeds each arm was run with.
    """
    if plain is None:
        return Verdict("undecided", "No verdict: it takes the arms plain and biased to tell whether the graph helps.")
    outcome, words = _judge(plain, controls)
    for name, rival in (rivals or {}).items():
        if rival.low <= 0:
            words += f" The simpler rival {name} is not beaten: biased minus {name} is {rival.in_points()} F1."
    if outcome == "no evidence" and plain.low <= 0 and plain.detectable:
        words += (
            f" Such runs find a true difference to plain of {100 * plain.detectable:.1f} points in four of five cases; "
            "a smaller one may be there."
        )
    if num_seeds == 1:
        words += " One seed: the interval covers test sentences alone, not chance in training."
    return Verdict(outcome, words)


def best_control(controls: Mapping[str, Difference]) -> Difference | None:
    """Biased minus the best control: the one whose interval reaches lowest, so that all are beaten if it is."""
    return min(controls.values(), key=lambda difference: difference.low, default=None)


def _judge(plain: Difference, controls: Mapping[str, Difference]) -> tuple[Outcome, str]:
    against_plain = f"biased minus plain is {plain.in_points()} F1"
    if plain.high < 0:
        return "hurts", f"It hurts: {against_plain}."
    if plain.low <= 0:
        return (
            "no evidence",
            f"No evidence that the graph helps: {against_plain}, and the interval is not above zero.",
        )
    control = best_control(controls)
    if control is None:
        return "better than plain", (
            f"Better than plain, but no control was run: {against_plain}; whether that is "
            "the graph's content or merely knowing what is linked stays open."
        )
    against_control = f"biased minus {control.baseline} is {control.in_points()} F1"
    if control.low > 0:
        return "helps", f"The graph helps: {against_plain}, and {against_control}."
    return "no evidence", (
        f"No evidence that the graph helps: {against_plain}, but {against_control}; the gain may "
        f"need no more than what {control.baseline} has."
    )
