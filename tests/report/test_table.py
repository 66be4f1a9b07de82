"""One table in the terminal's form and in Markdown."""

import dataclasses
import io

import numpy as np
from rich.console import Console

from kgattn.evidence.comparison import Comparison
from kgattn.evidence.statistics import summarize
from kgattn.report.table import markdown_table, terminal_table


def printed(comparison: Comparison) -> str:
    console = Console(file=io.StringIO(), width=140)
    console.print(terminal_table(comparison))
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_terminal_table_shows_every_arm_with_its_difference(comparison: Comparison) -> None:
    lines = printed(comparison).splitlines()

    (biased,) = (line for line in lines if line.split()[1:2] == ["biased"])
    assert comparison.differences[0].in_points() in biased
    (shuffled,) = (line for line in lines if "shuffled-entities" in line)
    assert comparison.differences[1].in_points() in shuffled
    assert comparison.differences[2].in_points() in shuffled


def test_markdown_table_is_one_line_an_arm_the_verdict_and_the_warnings(comparison: Comparison) -> None:
    lines = markdown_table(comparison).splitlines()

    assert lines[0].startswith("| arm | F1 | sd | seeds | minus plain |")
    assert [line.split(" | ")[0] for line in lines[2:5]] == ["| plain", "| **biased**", "| shuffled-entities"]
    assert len({line.count("|") for line in lines[:5]}) == 1
    below = [line for line in lines[5:] if line]
    assert below == [comparison.verdict.words, *(f"Warning: {warning}" for warning in comparison.warnings)]
    assert comparison.warnings, "else this shows nothing of them"


def test_names_cannot_break_the_markdown_table(comparison: Comparison) -> None:
    odd = dataclasses.replace(comparison.arms[0], name="a|b")

    lines = markdown_table(dataclasses.replace(comparison, arms=(odd,))).splitlines()
    assert lines[2].startswith(r"| a\|b |")


def test_one_seed_has_no_spread(comparison: Comparison) -> None:
    arm = dataclasses.replace(comparison.arms[0], f1=summarize(np.array([0.5])))

    assert "| plain | 50.0 | – | 1 |" in markdown_table(dataclasses.replace(comparison, arms=(arm,)))
