"""compare.json is read back whole, and anything else is refused by name."""

import json
from pathlib import Path

import pytest

from kgattn.errors import RunError
from kgattn.evidence.comparison import ArmResult, Comparison, load_comparison
from kgattn.evidence.statistics import Difference, Summary
from kgattn.evidence.verdict import Verdict
from kgattn.files import write_json

COMPARISON = Comparison(
    name="towns",
    arms=(
        ArmResult(
            "biased",
            "all",
            "biased",
            Summary(0.7, 0.01, 0.6, 0.8, 2),
            (0.69, 0.71),
            0.7,
            0.7,
            {"A": 0.7},
            9,
            2,
            3.5,
        ),
    ),
    seeds=(0, 1),
    differences=(Difference("biased", "plain", 0.1, 0.05, 0.15, (0.1, 0.1)),),
    verdict=Verdict("better than plain", "Better than plain."),
    data={"name": "towns"},
    graph={"entities": 3},
    config={"model": "minilm"},
    environment={"device": "cpu"},
    command="kgattn compare",
)


def test_survives_writing_and_reading(tmp_path: Path) -> None:
    path = tmp_path / "compare.json"
    write_json(path, COMPARISON.to_json())

    assert load_comparison(path) == COMPARISON


def test_finds_a_difference_by_its_arms() -> None:
    assert COMPARISON.difference("biased", "plain") is COMPARISON.differences[0]
    assert COMPARISON.difference("plain", "biased") is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "must hold JSON"),
        ("[1]", "must hold a comparison"),
        ('{"format_version": 2}', "must have format version 1, got 2"),
        ('{"format_version": 1}', "not a whole comparison"),
        (json.dumps(COMPARISON.to_json() | {"surprise": 1}), "not a whole comparison .*surprise"),
    ],
)
def test_anything_else_is_refused_by_name(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "compare.json"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(RunError, match=f"compare.json .*{message}"):
        load_comparison(path)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="cannot be read; make it with kgattn compare"):
        load_comparison(tmp_path / "compare.json")
