"""A finding is read from whatever kgattn compare left."""

from dataclasses import asdict, replace
from pathlib import Path

import pytest

from kgattn.errors import RunError
from kgattn.files import write_json
from kgattn.report.finding import Finding, load_finding


def test_a_folder_of_a_comparison(finding: Finding, tmp_path: Path) -> None:
    write_json(tmp_path / "compare.json", finding.comparison.to_json())
    write_json(tmp_path / "examples.json", [asdict(example) for example in finding.examples])

    expected = replace(finding, curve=None)
    assert load_finding(tmp_path) == load_finding(tmp_path / "compare.json") == expected


def test_a_folder_of_a_curve(finding: Finding, tmp_path: Path) -> None:
    assert finding.curve is not None
    write_json(tmp_path / "curve.json", finding.curve.to_json())
    write_json(tmp_path / "train-100" / "examples.json", [asdict(example) for example in finding.examples])

    assert load_finding(tmp_path) == load_finding(tmp_path / "curve.json") == finding


def test_a_folder_without_a_result(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"holds no compare\.json and no curve\.json; give the folder"):
        load_finding(tmp_path)
