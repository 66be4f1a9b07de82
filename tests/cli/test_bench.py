"""`kgattn bench`: a table on the terminal, a report on disk, one line for wrong sizes."""

import json
from pathlib import Path

import pytest
import torch

from kgattn.cli import main
from kgattn.speed.report import SpeedReport
from kgattn.speed.suite import Suite

NOTHING = SpeedReport("bert-tiny", "wall clock", False, 1, (), (), (), {})


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


@pytest.mark.parametrize(("language", "label_of_three"), [([], "city 3"), (["--language", "de"], "Stadt 3")])
def test_a_graph_is_read_in_the_language_asked_for(bert_tiny_path, tmp_path, monkeypatch, language, label_of_three):
    label = "<http://www.w3.org/2000/01/rdf-schema#label>"
    lines = (f'<http://x/{n}> {label} "city {n}"@en, "Stadt {n}"@de .' for n in range(8))
    (tmp_path / "graph.ttl").write_text("\n".join(lines))
    seen = []
    monkeypatch.setattr(Suite, "run", lambda suite, *_: seen.append(suite.graph.label("http://x/3")) or NOTHING)
    command = ["bench", "--model", str(bert_tiny_path), "--graph", str(tmp_path / "graph.ttl"), *language]
    assert main([*command, "--sizes", "2x16x2", "--repeats", "1", "--no-sweep"]) == 0
    assert seen == [label_of_three]


def test_an_unknown_language_is_one_line(tmp_path, capsys):
    assert main(["bench", "--graph", str(tmp_path), "--language", "klingon"]) == 2
    assert "nlp must be a language code such as 'en'" in capsys.readouterr().err


def test_a_wrong_size_is_one_line(capsys: pytest.CaptureFixture[str]):
    assert main(["bench", "--sizes", "big"]) == 2
    assert capsys.readouterr().err.startswith("error: a size must be batch x tokens x mentions")
