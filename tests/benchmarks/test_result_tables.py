"""The README's tables follow the committed results."""

import dataclasses
import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from benchmarks import overview
from kgattn.evidence.comparison import ArmResult, Comparison
from kgattn.evidence.statistics import Difference, Summary
from kgattn.evidence.verdict import Verdict
from kgattn.files import write_json

ROOT = Path(__file__).resolve().parents[2]
ARM = ArmResult("plain", "alone", "plain", Summary(0.6, 0.01, 0.5, 0.7, 2), (0.59, 0.61), 0.6, 0.6, {}, 9, 0, 3.5)
COMPARISON = Comparison("towns", (ARM,), (0, 1), (), Verdict("undecided", "No verdict."), {}, {}, {}, {}, "")
README = "before\n<!-- results:towns -->\nold\n<!-- /results:towns -->\nafter\n"


@pytest.fixture(scope="module")
def tables() -> ModuleType:
    spec = importlib.util.spec_from_file_location("benchmark_tables", ROOT / "benchmarks" / "tables.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "README.md").write_text(README, encoding="utf-8")
    write_json(tmp_path / "results" / "towns.json", COMPARISON.to_json())
    return tmp_path


def options(folder: Path, *more: str) -> list[str]:
    return ["--documents", str(folder / "README.md"), "--results", str(folder / "results"), *more]


def test_fills_a_block_and_is_then_up_to_date(tables: ModuleType, folder: Path) -> None:
    assert tables.main(options(folder)) == 0
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert text.startswith("before\n<!-- results:towns -->\n| arm |")
    assert "| plain | 60.0 | 1.0 | 2 |" in text
    assert text.endswith("No verdict.\n<!-- /results:towns -->\nafter\n")

    assert tables.main(options(folder, "--check")) == 0


def test_check_names_the_stale_table_and_changes_nothing(
    tables: ModuleType, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tables.main(options(folder, "--check")) == 1
    assert "stale tables towns" in capsys.readouterr().err
    assert (folder / "README.md").read_text(encoding="utf-8") == README


def test_a_new_result_makes_the_table_stale(tables: ModuleType, folder: Path) -> None:
    tables.main(options(folder))
    better = dataclasses.replace(ARM, f1=dataclasses.replace(ARM.f1, mean=0.7))
    write_json(folder / "results" / "towns.json", dataclasses.replace(COMPARISON, arms=(better,)).to_json())

    assert tables.main(options(folder, "--check")) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nothing", "found none"),
        ("<!-- results:towns -->\n", "must end with <!-- /results:towns -->"),
        ("<!-- results:rivers -->\n<!-- /results:rivers -->\n", "rivers.json cannot be read"),
    ],
)
def test_a_broken_document_is_refused(
    tables: ModuleType, folder: Path, capsys: pytest.CaptureFixture[str], text: str, message: str
) -> None:
    (folder / "README.md").write_text(text, encoding="utf-8")

    assert tables.main(options(folder)) == 1
    assert message in capsys.readouterr().err
    assert (folder / "README.md").read_text(encoding="utf-8") == text


def test_every_document_is_filled(tables: ModuleType, folder: Path) -> None:
    other = folder / "more.md"
    other.write_text(README, encoding="utf-8")
    documents = ["--documents", str(folder / "README.md"), str(other), "--results", str(folder / "results")]
    assert tables.main([*documents, "--check"]) == 1
    assert tables.main(documents) == 0
    assert other.read_text(encoding="utf-8") == (folder / "README.md").read_text(encoding="utf-8") != README


def test_the_overview_has_a_line_for_each_comparison_that_was_run(tmp_path: Path) -> None:
    for name, labelled in (("bc5cdr_all", 4560), ("bc5cdr", 100)):
        data = {"name": "bc5cdr", "sentences": {"train": labelled}}
        arms = (ARM, dataclasses.replace(ARM, name="biased", role="biased"))
        write_json(tmp_path / f"{name}.json", dataclasses.replace(COMPARISON, arms=arms, data=data).to_json())
    lines = overview.markdown(tmp_path).splitlines()
    assert [line[: line.index("| 2")] for line in lines[2:]] == [
        "| bc5cdr x mesh_drugs | 100 ",
        "| bc5cdr x mesh_drugs | 4,560 ",
    ]
    assert lines[2].endswith("| 60.0 | 60.0 | – | – | – | – | undecided |")


@pytest.mark.parametrize(
    ("name", "f1", "gain", "said"),
    [
        ("bc5cdr", 0.7599, 0.2, "F1 76: not reached"),
        ("bc5cdr", 0.76, 0.2, "F1 76: reached"),
        ("politics", 0.9, 0.0399, "+4 points: not reached"),
        ("politics", 0.1, 0.04, "+4 points: reached"),
        ("ai", 0.5, -0.002, "-0.3 points: reached"),
        ("ai", 0.5, -0.004, "-0.3 points: not reached"),
    ],
)
def test_the_overview_says_whether_what_was_hoped_for_is_reached(
    tmp_path: Path, name: str, f1: float, gain: float, said: str
) -> None:
    data = {"name": name, "sentences": {"train": 100}}
    biased = dataclasses.replace(ARM, name="biased", role="biased", f1=dataclasses.replace(ARM.f1, mean=f1))
    difference = Difference("biased", "plain", gain, gain - 0.01, gain + 0.01, (gain, gain))
    made = dataclasses.replace(COMPARISON, arms=(ARM, biased), data=data, differences=(difference,))
    write_json(tmp_path / f"{name}.json", made.to_json())
    assert f"| {said} |" in overview.markdown(tmp_path)


def test_runs_as_a_module(folder: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.tables", *options(folder)]

    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert (result.returncode, result.stdout) == (0, "README.md: filled towns\n")
