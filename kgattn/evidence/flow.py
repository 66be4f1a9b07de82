"""Which gold entities change sides from one arm to another: won, lost, and which invented ones come and go."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import mean
from typing import Any

from kgattn.ner.corpus import Sentence
from kgattn.ner.outcomes import Outcome, Span
from kgattn.training.result import RunResult


@dataclass(frozen=True)
class Flow:
    """Changes from `baseline` to `arm` on the same test sentences; counts are means over seeds.

    The net gain of single entities is what McNemar's test looks at (McNemar 1947, Psychometrika 12(2)). No p value is
    made from it: entities of one sentence depend on each other, and seeds share the sentences. The interval of the
    difference in F1 is the test.

    Attributes:
        arm: The arm in question.
        baseline: What it is compared with.
        won: Gold entities that `baseline` missed and `arm` found.
        lost: Gold entities that `baseline` found and `arm` missed.
        both_right: Found by both.
        both_wrong: Missed by both.
        spurious_gone: Invented entities of `baseline` that `arm` does not invent.
        spurious_new: Those that only `arm` invents.
        net_by_seed: Won minus lost of each seed.
        by_type: Won and lost of each entity type.
    """

    arm: str
    baseline: str
    won: float
    lost: float
    both_right: float
    both_wrong: float
    spurious_gone: float
    spurious_new: float
    net_by_seed: tuple[int, ...]
    by_type: Mapping[str, tuple[float, float]]

    @property
    def net(self) -> float:
        """Won minus lost, mean over seeds."""
        return self.won - self.lost

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Flow":
        """Read what `dataclasses.asdict` made, after a way through JSON."""
        pairs = {name: (float(won), float(lost)) for name, (won, lost) in stored["by_type"].items()}
        return cls(**{**stored, "net_by_seed": tuple(stored["net_by_seed"]), "by_type": pairs})


@dataclass(frozen=True)
class Example:
    """A gold entity that changed sides, with its sentence: text of the corpus, not to be published with results.

    Attributes:
        words: The sentence.
        start: First word of the entity.
        end: One past its last word.
        entity_type: Its gold type.
        won: Whether `arm` found what `baseline` missed, or the other way round.
        seeds: In how many runs.
        before: What most runs of `baseline` predicted where the entity is, such as `Drug: aspirin`; empty for nothing.
        after: The same of `arm`.
    """

    words: tuple[str, ...]
    start: int
    end: int
    entity_type: str
    won: bool
    seeds: int
    before: str
    after: str

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Example":
        """Read what `dataclasses.asdict` made, after a way through JSON."""
        return cls(**{**stored, "words": tuple(stored["words"])})


@dataclass(frozen=True)
class _Pair:
    """Both arms' outcomes of one seed."""

    before: tuple[Outcome, ...] = field(repr=False)
    after: tuple[Outcome, ...] = field(repr=False)

    def changed(self, won: bool) -> list[tuple[int, Span]]:
        """(sentence, gold entity) that only one of the two arms found."""
        sides = zip(self.before, self.after, strict=True)
        return [
            (number, span)
            for number, (before, after) in enumerate(sides)
            for span in (after.right - before.right if won else before.right - after.right)
        ]

    def count(self, which: str) -> int:
        sides = zip(self.before, self.after, strict=True)
        return sum(
            {
                "both_right": len(before.right & after.right),
                "both_wrong": len(before.missed & after.missed),
                "spurious_gone": len(before.spurious - after.spurious),
                "spurious_new": len(after.spurious - before.spurious),
            }[which]
            for before, after in sides
        )


def error_flow(arm: str, baseline: str, runs: Sequence[tuple[RunResult, RunResult]]) -> Flow | None:
    """What changes from a baseline to an arm.

    Args:
        arm: Name of the arm.
        baseline: Name of the baseline.
        runs: For each seed the result of `baseline` and of `arm`.

    Returns:
        The changes, or None when a run was made before outcomes were kept.
    """
    pairs = _pairs(runs)
    if pairs is None:
        return None
    won, lost = ([pair.changed(side) for pair in pairs] for side in (True, False))
    types = sorted({span[2] for pair in pairs for row in pair.before for span in row.gold})
    by_type = {name: (_mean_of_type(won, name), _mean_of_type(lost, name)) for name in types}
    kinds = ("both_right", "both_wrong", "spurious_gone", "spurious_new")
    return Flow(
        arm,
        baseline,
        won=float(mean(map(len, won))),
        lost=float(mean(map(len, lost))),
        **{kind: float(mean(pair.count(kind) for pair in pairs)) for kind in kinds},
        net_by_seed=tuple(len(gain) - len(loss) for gain, loss in zip(won, lost, strict=True)),
        by_type=by_type,
    )


def flow_examples(
    runs: Sequence[tuple[RunResult, RunResult]], sentences: Sequence[Sentence], number: int
) -> tuple[Example, ...]:
    """At most `number` entities won and `number` lost, those of most seeds first, one a sentence and direction.

    Args:
        runs: For each seed the result of the baseline and of the arm.
        sentences: The test sentences, in the corpus's order.
        number: How many of either direction.
    """
    pairs = _pairs(runs)
    if pairs is None:
        return ()
    found: list[Example] = []
    for won in (True, False):
        times = Counter(change for pair in pairs for change in pair.changed(won))
        ranked = sorted(times, key=lambda change: (-times[change], change))
        shown: dict[int, Example] = {}
        for place, span in ranked:
            if len(shown) == number:
                break
            if place not in shown:
                words = sentences[place].words
                before, after = (
                    _usual(words, [getattr(pair, side)[place] for pair in pairs], span) for side in ("before", "after")
                )
                shown[place] = Example(words, *span, won, times[place, span], before, after)
        found.extend(shown.values())
    return tuple(found)


def _pairs(runs: Sequence[tuple[RunResult, RunResult]]) -> list[_Pair] | None:
    if not runs or not all(result.outcomes for pair in runs for result in pair):
        return None
    return [_Pair(_read(before), _read(after)) for before, after in runs]


def _read(result: RunResult) -> tuple[Outcome, ...]:
    types = result.corpus["entity_types"]
    return tuple(Outcome.read(text, types) for text in result.outcomes)


def _mean_of_type(changes: Sequence[Sequence[tuple[int, Span]]], name: str) -> float:
    return float(mean(sum(span[2] == name for _, span in of_seed) for of_seed in changes))


def _usual(words: Sequence[str], outcomes: Sequence[Outcome], gold: Span) -> str:
    """What most runs predicted where a gold entity is, in words; empty for nothing."""
    seen = Counter(
        ", ".join(
            f"{name}: {' '.join(words[start:end])}"
            for start, end, name in sorted(outcome.predicted)
            if start < gold[1] and end > gold[0]
        )
        for outcome in outcomes
    )
    return seen.most_common(1)[0][0]
