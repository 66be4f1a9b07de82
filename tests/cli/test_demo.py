"""`kgattn demo` from end to end with small weights, and the tables it is made from."""

import importlib.util
from pathlib import Path

import pytest

from kgattn.cli import demo, main
from kgattn.errors import ConfigError
from kgattn.evidence.comparison import load_comparison


@pytest.mark.slow
def test_demo_shows_links_both_tables_and_the_report(
    bert_tiny_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "demo"
    command = ["demo", "--model", "bert-tiny", "--epochs", "1", "--seeds", "1", "--workers", "1", "-o", str(output)]

    assert main(command) == 0

    shown = capsys.readouterr()
    assert "The bundled graph:" in shown.out
    assert " -> " in shown.out
    for control in ("positive", "negative"):
        comparison = load_comparison(output / control / "compare.json")
        assert [arm.name for arm in comparison.arms] == ["plain", "biased", "shuffled-entities"]
        assert comparison.verdict.words in shown.out
        assert comparison.name in (output / "report.html").read_text(encoding="utf-8")
    assert shown.out.rstrip().endswith(f"report: {output / 'report.html'}")
    assert "[3/3] shuffled-entities with seed 0" in shown.err

    assert main(command) == 0
    assert capsys.readouterr().err.count("3 of 3 runs were finished before and are kept") == 2


@pytest.mark.slow
def test_the_graph_wins_where_it_is_needed(minilm_path: Path, tmp_path: Path) -> None:
    from kgattn.evidence.arms import parse_arms
    from kgattn.evidence.compare import compare
    from kgattn.ner.corpus import load_corpus
    from kgattn.training.config import TrainConfig

    data = demo.bundled_data()
    graph, _ = demo.build_graph(data / "bundled", tmp_path / "graph")
    config = TrainConfig(epochs=10, evaluations=2)

    comparison = compare(
        load_corpus(data / "demo" / "positive"), graph, parse_arms(demo.ARMS), 1, config, tmp_path / "runs"
    )

    assert comparison.verdict.outcome == "helps"


def test_bundled_data_are_found_without_importing_their_package() -> None:
    assert (demo.bundled_data() / "bundled" / "triples.tsv").is_file()


def test_missing_data_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo, "find_spec", lambda name: importlib.util.find_spec("kgattn"))

    with pytest.raises(ConfigError, match="package kg_data"):
        demo.bundled_data()
    assert main(["demo", "-o", str(tmp_path / "demo")]) == 2
    assert not (tmp_path / "demo").exists()


def test_an_absent_model_is_said_before_anything_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--model", "./absent", "-o", str(tmp_path / "demo")]) == 2
    assert "got './absent', no such folder" in capsys.readouterr().err
    assert not (tmp_path / "demo").exists()
