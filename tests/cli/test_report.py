"""`kgattn report` shows finished comparisons again in every form, several of them judged together."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from kgattn.cli import main
from kgattn.evidence.comparison import Comparison
from kgattn.evidence.curve import Curve
from kgattn.evidence.flow import flow_examples
from kgattn.files import write_json
from tests.synthetic_runs import make_comparison


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made, results, sentences = make_comparison({"plain": 0.5, "biased": 0.9, "shuffled-entities": 0.5})
    examples = flow_examples([(results["plain", 0], results["biased", 0])], sentences, 2)
    write_json(tmp_path / "one" / "compare.json", made.to_json())
    write_json(tmp_path / "one" / "examples.json", [asdict(example) for example in examples])
    return tmp_path / "one"


@pytest.mark.parametrize(
    ("made", "begins"),
    [
        ("html", "<!doctype html>"),
        ("markdown", "# Does the graph help? towns"),
        ("latex", "% Does the graph help? towns"),
        ("json", "{\n"),
    ],
)
def test_every_format_is_printed(folder: Path, capsys: pytest.CaptureFixture[str], made: str, begins: str) -> None:
    assert main(["report", str(folder), "--format", made]) == 0

    shown = capsys.readouterr().out
    assert shown.startswith(begins)
    assert shown.endswith("\n")
    assert ("again</p>" in shown) == (made == "html"), "sentences are for the page alone"
    if made == "json":
        assert Comparison.from_json(json.loads(shown), source="output").name == "towns"


def test_written_instead_of_printed(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "new" / "report.html"

    assert main(["report", str(folder), "--format", "html", "-o", str(target)]) == 0

    assert capsys.readouterr().out == f"report: {target}\n"
    assert "The graph helps" in target.read_text(encoding="utf-8")


def test_several_are_corrected_for_their_number(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(folder), str(folder / "compare.json"), "--format", "json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 2

    assert main(["report", str(folder), str(folder)]) == 0
    assert "p (Holm)" in capsys.readouterr().out


def test_a_curve_is_shown_as_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    points = tuple(make_comparison({"plain": 0.5, "biased": 0.7}, seeds=2, train=size)[0] for size in (50, 100))
    write_json(folder / "curve.json", Curve(points).to_json())

    assert main(["report", str(folder)]) == 0
    assert "### Learning curve" in capsys.readouterr().out
    assert main(["report", str(folder), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["kind"] == "learning curve"


@pytest.mark.parametrize(
    ("more", "message"),
    [(["--format", "pdf"], "--format must be among html, markdown, json, latex, got 'pdf'"), (["absent"], "absent")],
)
def test_wrong_input_is_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], more: list[str], message: str
) -> None:
    assert main(["report", str(folder), *more]) == 2

    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
