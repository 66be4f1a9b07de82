"""All committed comparisons in one table, a line each."""

import json
from pathlib import Path

from benchmarks.run import CONFIGS
from kgattn.evidence.comparison import ArmResult, Comparison, load_comparison
from kgattn.report.rows import NONE, percent, spell_difference
from kgattn.report.table import markdown_lines

NAME = "overview"
HEADER = (
    "corpus x graph",
    "labelled",
    "seeds",
    "plain",
    "biased",
    "biased - plain",
    "hoped for before",
    "biased - best control",
    "biased - linker-tagger",
    "verdict",
)
HOPES = {
    "bc5cdr": 76.0,
    "bc5cdr500": "+4",
    "bc5cdr_all": "+1",
    "politics": "+4",
    "literature": "+3",
    "science": "+3",
    "ai": "-0.3",
    "wnut17": "-0.3",
    "chinese": "+1",
}
"""Set before anything was run: the F1 of biased, or, as a text with a sign, its least gain over plain in points."""


def markdown(results: Path) -> str:
    """A line for each configuration of `benchmarks.run` whose result is there, by corpus and labelled sentences."""
    lines = []
    for path in sorted(CONFIGS.glob("*.json")):
        result = results / path.name
        if result.is_file():
            config = json.loads(path.read_text(encoding="utf-8"))
            comparison = load_comparison(result)
            lines.append(
                (comparison.data["name"], _labelled(comparison), _line(path.stem, comparison, config["graph"]))
            )
    return "\n".join(markdown_lines(HEADER, [line for *_, line in sorted(lines)]))


def _labelled(comparison: Comparison) -> int:
    return int(comparison.data["sentences"]["train"])


def _line(name: str, comparison: Comparison, graph: str) -> tuple[str, ...]:
    arms = {arm.name: arm for arm in comparison.arms}
    control = comparison.best_control()
    return (
        f"{comparison.data['name']} x {graph}",
        f"{_labelled(comparison):,}",
        str(len(comparison.seeds)),
        _mean(arms.get("plain")),
        _mean(arms.get("biased")),
        spell_difference(comparison.difference("biased", "plain")),
        _hope(HOPES.get(name), comparison),
        f"{spell_difference(control)} {control.baseline}" if control is not None else NONE,
        spell_difference(comparison.difference("biased", "linker-tagger")),
        comparison.verdict.outcome,
    )


def _mean(arm: ArmResult | None) -> str:
    return NONE if arm is None else percent(arm.f1.mean)


def _hope(hope: float | str | None, comparison: Comparison) -> str:
    """What was hoped for, and whether the means reach it."""
    gain = comparison.difference("biased", "plain")
    biased = next((arm for arm in comparison.arms if arm.name == "biased"), None)
    if hope is None or gain is None or biased is None:
        return NONE
    reached = gain.mean >= float(hope) / 100 if isinstance(hope, str) else biased.f1.mean >= hope / 100
    wanted = f"{hope} points" if isinstance(hope, str) else f"F1 {hope:.0f}"
    return f"{wanted}: {'reached' if reached else 'not reached'}"
