"""`kgattn bench`: a table on the terminal, a report on disk, one line for wrong sizes."""

import json
from pathlib import Path

import pytest
import torch

from kgattn.cli import main


@pytest.fixture(autouse=True)
def threads():
    """The command chooses the number of threads; other tests keep theirs."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_prints_ratios_and_writes_a_report(bert_tiny_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    output = tmp_path / "speed.json"
    command = ["bench", "--model", str(bert_tiny_path), "--sizes", "2x16x2", "--repeats", "1", "--no-sweep"]
    assert main([*command, "-o", str(output)]) == 0
    printed = capsys.readouterr().out
    assert "train, 2 x 16, 2 mentions" in printed
    assert str(output) in printed.replace("\n", "")
    report = json.loads(output.read_text(encoding="utf-8"))
    assert (report["kind"], len(report["steps"]), report["kernels"]) == ("speed", 4, [])


def test_a_wrong_size_is_one_line(capsys: pytest.CaptureFixture[str]):
    assert main(["bench", "--sizes", "big"]) == 2
    assert capsys.readouterr().err.startswith("error: a size must be batch x tokens x mentions")
