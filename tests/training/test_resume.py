"""A killed run goes on from its last whole checkpoint and ends as if nothing had happened."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from safetensors import SafetensorError
from safetensors.torch import load_file

from kgattn.errors import RunError, StorageError
from kgattn.training import resume
from kgattn.training.resume import FOLDER, MANIFEST, latest_checkpoint, read_checkpoint
from kgattn.training.run import train_run


class Killed(Exception):
    """Stands for the end of the process."""


def stop_at(step: int):
    def progress(done: int, total: int) -> None:
        if done == step:
            raise Killed

    return progress


def test_an_interrupted_run_ends_with_the_same_weights_and_result(corpus, graph, config, tmp_path, injection, untimed):
    config = replace(config, arm="biased")
    options = {"injection": injection}
    straight = train_run(config, corpus, graph, tmp_path / "straight", **options)
    broken = tmp_path / "broken"
    with pytest.raises(Killed):
        train_run(config, corpus, graph, broken, progress=stop_at(5), **options)  # 2 steps an epoch: in the third
    assert latest_checkpoint(broken).name == "step-00000004"
    assert not any(path.suffix in (".pt", ".pth", ".bin") for path in broken.rglob("*"))
    steps = []
    resumed = train_run(config, corpus, graph, broken, progress=lambda done, _: steps.append(done), **options)
    assert steps == [5, 6]
    assert untimed(resumed) == untimed(straight)
    for name in ("model/model.safetensors", "log.jsonl"):
        first, second = (tmp_path / run / name for run in ("straight", "broken"))
        if name.endswith("jsonl"):
            assert first.read_text() == second.read_text()
        else:
            assert {key: t.tolist() for key, t in load_file(first).items()} == {
                key: t.tolist() for key, t in load_file(second).items()
            }
    assert not (broken / FOLDER).exists()


SCRIPT = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from tests.training.conftest import make_sentences
from kgattn.ner.corpus import Corpus
from kgattn.training.config import TrainConfig
from kgattn.training.run import train_run
corpus = Corpus("cities", make_sentences(40, 0), make_sentences(12, 1), make_sentences(12, 2), ("LOC", "PER"))
config = TrainConfig(model=sys.argv[2], arm="plain", epochs=30, limit_train=24, evaluations=30, bf16="off")
train_run(config, corpus, None, Path(sys.argv[3]), progress=lambda done, _: print(done, flush=True))
"""


@pytest.mark.slow
def test_a_process_killed_in_mid_training_resumes_to_the_same_result(config, corpus, bert_tiny_path, tmp_path, untimed):
    root = Path(__file__).resolve().parent.parent.parent
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    config = replace(config, epochs=30, evaluations=30)
    straight = train_run(config, corpus, None, tmp_path / "straight")
    broken = tmp_path / "broken"
    command = [sys.executable, "-c", SCRIPT, str(root), str(bert_tiny_path), str(broken)]
    for wanted in ("7", "24", "45"):  # kill it three times, each time further on
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=root) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if line.strip() == wanted:
                    process.send_signal(signal.SIGKILL)
                    break
        assert process.returncode == -signal.SIGKILL
    assert latest_checkpoint(broken) is not None
    assert untimed(train_run(config, corpus, None, broken)) == untimed(straight)


@pytest.fixture
def checkpoint(corpus, config, tmp_path):
    with pytest.raises(Killed):
        train_run(config, corpus, None, tmp_path, progress=stop_at(5))
    read_checkpoint.cache_clear()
    return latest_checkpoint(tmp_path)


def test_incomplete_checkpoints_are_passed_over(checkpoint, tmp_path):
    later = checkpoint.with_name("step-00000099")
    later.mkdir()
    for file in checkpoint.iterdir():
        (later / file.name).write_bytes(file.read_bytes())
    assert latest_checkpoint(tmp_path) == later
    with (later / "optimizer.safetensors").open("r+b") as file:
        file.truncate(100)
    assert latest_checkpoint(tmp_path) == checkpoint
    (checkpoint / MANIFEST).unlink()
    assert latest_checkpoint(tmp_path) is None
    with pytest.raises(RunError, match="is no whole checkpoint: a file is missing or cut short"):
        read_checkpoint(checkpoint)


def test_a_checkpoint_damaged_in_place_is_refused(checkpoint):
    size = (checkpoint / "state.json").stat().st_size
    (checkpoint / "state.json").write_text("x" * size)
    with pytest.raises(RunError, match="is a damaged checkpoint"):
        read_checkpoint(checkpoint)


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), SafetensorError("No space left on device")])
def test_a_full_disk_leaves_the_last_checkpoint(corpus, config, tmp_path, monkeypatch, error):
    write, written = resume.save_file, []

    def fill_up(tensors, path):
        written.append(path)
        if len(written) > 3:
            raise error
        write(tensors, path)

    monkeypatch.setattr(resume, "save_file", fill_up)
    with pytest.raises(StorageError, match=r"cannot write .*checkpoints/step-.*No space left on device"):
        train_run(config, corpus, None, tmp_path)
    whole = latest_checkpoint(tmp_path)
    assert whole is not None
    assert [path.name for path in whole.parent.iterdir()] == [whole.name]
    assert not (tmp_path / "result.json").exists()
    monkeypatch.undo()
    steps = []
    train_run(config, corpus, None, tmp_path, progress=lambda done, _: steps.append(done))
    assert steps[0] == int(whole.name.removeprefix("step-")) + 1
