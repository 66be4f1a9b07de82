"""`python -m kg_data`: one line for a wrong input, exit code 2, nothing written."""

import sys
from pathlib import Path

import pytest

from kg_data import __main__ as command
from kg_data import bundled_graph, demo_corpus
from kg_data.registry import BUILDERS
from kgattn.graph import KnowledgeGraph


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["kg_data", *arguments])
    with pytest.raises(SystemExit) as stopped:
        command.main()
    return int(stopped.value.code or 0)


def test_list(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "list") == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert listed == list(BUILDERS)


def test_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "build", "toy", "-o", str(tmp_path / "toy")) == 0
    assert KnowledgeGraph.load(tmp_path / "toy").num_entities == 16
    assert "16 entities" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["build", "atlantis", "-o", "out"], "expected one of bundled"),
        (["build", "drugs"], "expected a folder for the graph drugs, got none"),
        (["build", "drugs", "--source", "nowhere", "-o", "out"], "expected the file"),
    ],
)
def test_wrong_input(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(monkeypatch, *arguments) == 2
    printed = capsys.readouterr().err
    assert printed.startswith("error: ")
    assert message in printed
    assert printed.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_bundled_without_output_and_corpus_write_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    written: list[str] = []
    monkeypatch.setattr(bundled_graph, "refresh", lambda: written.append("bundled"))
    monkeypatch.setattr(demo_corpus, "write_corpora", lambda: written.append("corpus"))
    assert run(monkeypatch, "build", "bundled") == 0
    assert run(monkeypatch, "corpus") == 0
    assert written == ["bundled", "corpus"]
    assert "written anew" in capsys.readouterr().out
