"""`kgattn graph build` keeps the codes of labels where that is worth it: beside the graph, whole or not at all."""

from pathlib import Path

import numpy as np
import pytest

from kgattn import InjectionConfig, KnowledgeGraph
from kgattn.cli import main
from kgattn.encoders import label_codes, text_codes
from kgattn.errors import StorageError


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "rivers.tsv"
    path.write_text(
        "head\trelation\ttail\nElbe\tflows through\tDresden\nRhine\tflows through\tBasel\n", encoding="utf-8"
    )
    return path


def build(source: Path, *options: str) -> Path:
    output = source.parent / "graph"
    assert main(["graph", "build", str(source), "-o", str(output), *options]) == 0
    return output


def kept(output: Path) -> list[str]:
    return sorted(path.name for path in output.glob("codes/*"))


def test_codes_that_were_asked_for_are_read_and_not_computed(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = build(source, "--codes")
    assert len(kept(output)) == 1
    graph, dim = KnowledgeGraph.load(output), InjectionConfig().code_dim
    expected = text_codes(list(graph.labels), dim).astype(np.float16).astype(np.float32)

    def computed(*_: object) -> None:
        raise AssertionError("the codes are on the disk")

    monkeypatch.setattr(label_codes, "text_codes", computed)
    np.testing.assert_array_equal(label_codes.LabelCodes(graph, dim).of(np.arange(4)), expected)


def test_large_graphs_get_them_and_small_ones_do_not(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not kept(build(source))
    monkeypatch.setattr("kgattn.cli.graph.LARGE", 3)
    assert len(kept(build(source))) == 1
    assert not kept(build(source, "--no-codes"))
    monkeypatch.setattr("kgattn.cli.graph.LARGE", 4)  # entities
    assert not kept(build(source))


def test_another_graph_in_the_same_folder_has_its_own(source: Path) -> None:
    (before,) = kept(build(source, "--codes"))
    source.write_text(source.read_text(encoding="utf-8") + "Spree\tflows through\tBerlin\n", encoding="utf-8")
    (after,) = kept(build(source, "--codes"))
    assert before != after


def test_after_an_error_the_old_folder_is_there(
    source: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    output = build(source, "--codes")
    fingerprint, names = KnowledgeGraph.load(output).fingerprint, kept(output)
    source.write_text("head\trelation\ttail\nSpree\tflows through\tBerlin\n", encoding="utf-8")

    def full(*_: object) -> None:
        raise StorageError("no room for codes; make some")

    monkeypatch.setattr(label_codes, "write_label_codes", full)
    assert main(["graph", "build", str(source), "-o", str(output), "--codes"]) == 2
    assert "no room for codes" in capsys.readouterr().err
    assert (KnowledgeGraph.load(output).fingerprint, kept(output)) == (fingerprint, names)
    assert sorted(path.name for path in output.parent.iterdir()) == ["graph", "rivers.tsv"]
