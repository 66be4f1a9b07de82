"""compare.json is read back whole, and anything else is refused by name."""

import json
from pathlib import Path

import pytest

from kgattn.errors import RunError
from kgattn.evidence.comparison import ArmResult, Comparison, load_comparison
from kgattn.evidence.statistics import Difference, Summary
from kgattn.evidence.verdict import Verdict
from kgattn.files import write_json
from tests.synthetic_runs import make_comparison

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
FULL = make_comparison({"plain": 0.5, "biased": 0.8, "shuffled-entities": 0.5}, seeds=2, sentences=20)[0]


@pytest.mark.parametrize("comparison", [COMPARISON, FULL])
def test_survives_writing_and_reading(tmp_path: Path, comparison: Comparison) -> None:
    path = tmp_path / "compare.json"
    write_json(path, comparison.to_json())

    assert load_comparison(path) == comparison


def test_the_first_version_is_read(tmp_path: Path) -> None:
    values = json.loads(json.dumps(COMPARISON.to_json()))
    for name in ("warnings", "flow"):
        del values[name]
    for name in ("peak_memory_mib", "dev_f1", "gold_by_type", "slices", "gates"):
        del values["arms"][0][name]
    for name in ("p", "effect", "detectable"):
        del values["differences"][0][name]
    write_json(tmp_path / "compare.json", values | {"format_version": 1})

    assert load_comparison(tmp_path / "compare.json") == COMPARISON


def test_finds_a_difference_by_its_arms() -> None:
    assert COMPARISON.difference("biased", "plain") is COMPARISON.differences[0]
    assert COMPARISON.difference("plain", "biased") is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "must hold JSON"),
        ("[1]", "must hold a comparison"),
        ('{"format_version": 3}', "must be of format version 1 or 2, got 3"),
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
