"""`kgattn graph pretrain`: a graph with vectors, a report, and going on where it was killed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from kgattn import KnowledgeGraph
from kgattn.cli import main

SMALL = ["--dim", "4", "--epochs", "3", "--batch", "16", "--lr", "0.05"]


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    triples = [(f"e{row}", f"r{step}", f"e{(row + step) % 20}") for row in range(20) for step in (1, 2, 3)]
    folder = tmp_path / "graph"
    KnowledgeGraph.from_triples(triples).save(folder)
    return folder


@pytest.mark.parametrize(("model", "width"), [("transe", 4), ("distmult", 4), ("complex", 8), ("rotate", 8)])
def test_it_writes_vectors_and_a_report(
    graph: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], model: str, width: int
) -> None:
    output = tmp_path / "new" / "vectors"
    assert main(["graph", "pretrain", str(graph), "--model", model, "-o", str(output), *SMALL]) == 0
    built = KnowledgeGraph.load(output)
    assert built.features is not None
    assert built.features.shape == (20, width)
    assert (output / "linker").is_dir()
    report = json.loads((tmp_path / "new" / "vectors.json").read_text(encoding="utf-8"))
    assert report["settings"]["model"] == model
    assert report["triples"] == {"train": 57, "valid": 0, "test": 3}
    assert set(report["ranks"]["test"]) == {"filtered", "filtered_tails", "filtered_heads", "raw_tails"}
    assert report["environment"]["versions"]["torch-geometric"]
    shown = capsys.readouterr().out
    assert "3 test triples" in shown
    assert f"{report['ranks']['test']['filtered']['mrr']:.3f}" in shown
    assert sorted(path.name for path in output.parent.iterdir()) == ["vectors", "vectors.json"]


def test_it_ranks_the_triples_of_a_file(graph: Path, tmp_path: Path) -> None:
    test = tmp_path / "test.tsv"
    test.write_text("e0\tr1\te1\ne4\tr2\te6\n", encoding="utf-8")
    output = tmp_path / "vectors"
    assert main(["graph", "pretrain", str(graph), "--test", str(test), "-o", str(output), *SMALL]) == 0
    report = json.loads((tmp_path / "vectors.json").read_text(encoding="utf-8"))
    assert report["triples"] == {"train": 58, "valid": 0, "test": 2}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--model", "word2vec"], "model must be one of transe, distmult, complex, rotate"),
        (["--valid", "valid.tsv"], "expected --test beside --valid"),
        (["--test", "absent.tsv"], "absent.tsv"),
        (["--held-out", "1.5"], "held_out must lie in"),
    ],
)
def test_bad_input_writes_nothing(
    graph: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    assert main(["graph", "pretrain", str(graph), "-o", str(tmp_path / "vectors"), *options]) == 2
    assert message in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["graph"]


def test_a_folder_of_something_else_is_refused_before_training(
    graph: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_bytes(b"cat")
    assert main(["graph", "pretrain", str(graph), "-o", str(tmp_path / "photos"), *SMALL]) == 2
    assert "must be new, empty or a graph folder" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["graph", "photos"]


@pytest.mark.slow
def test_killed_it_goes_on_to_the_same_vectors(graph: Path, tmp_path: Path) -> None:
    options = ["--dim", "4", "--batch", "2", "--lr", "0.05", "--epochs", "1500"]
    command = [sys.executable, "-m", "kgattn", "graph", "pretrain", str(graph), *options]
    state = tmp_path / "killed.unfinished.safetensors"
    process = subprocess.Popen([*command, "-o", str(tmp_path / "killed")], env=dict(os.environ))
    deadline = time.monotonic() + 120
    while not state.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert state.is_file()
    for name in ("killed", "whole"):
        subprocess.run([*command, "-o", str(tmp_path / name)], check=True, timeout=300)
    killed, whole = (KnowledgeGraph.load(tmp_path / name) for name in ("killed", "whole"))
    assert np.array_equal(killed.features, whole.features)
    assert not state.exists()
