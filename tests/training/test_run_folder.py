import json
from pathlib import Path

import numpy as np
import pytest

from kgattn.errors import RunError, StorageError
from kgattn.training.result import RunResult
from kgattn.training.run_folder import RunFolder

IDENTITY = {"config": {"seed": 0, "epochs": 3}, "graph": None}
RESULT = RunResult(
    arm="plain",
    seed=0,
    config={},
    injection=None,
    corpus={},
    graph=None,
    dev={},
    test={"f1": 0.5},
    test_counts=((1, 0, 1),),
    dev_curve=((1, 0.5),),
    best_epoch=1,
    epochs=1,
    steps=2,
    unread_words={},
    seconds={},
    parameters={},
    environment={},
)


def test_a_folder_is_claimed_once_and_taken_up_again(tmp_path):
    folder = RunFolder(tmp_path / "run")
    assert not folder.is_finished(IDENTITY)
    assert not (tmp_path / "run").exists()
    folder.claim(IDENTITY, np.array([1, 0]))
    folder.claim(IDENTITY, np.array([1, 0]))
    assert not folder.is_finished(IDENTITY)
    assert folder.entity_map().tolist() == [1, 0]
    folder.write_result(RESULT)
    assert folder.is_finished(IDENTITY)
    assert folder.result() == RESULT
    assert folder.result().test_f1 == 0.5


def test_the_log_is_written_anew(tmp_path):
    folder = RunFolder(tmp_path)
    folder.write_log([{"step": 1}])
    folder.write_log([{"step": 1}, {"step": 2}])
    lines = (tmp_path / "log.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [1, 2]
    assert folder.entity_map() is None
    with pytest.raises(StorageError, match=r"cannot write .*log\.jsonl: .*; nothing there was changed"):
        RunFolder(tmp_path / "log.jsonl").write_log([])


def test_another_run_is_refused(tmp_path):
    folder = RunFolder(tmp_path)
    folder.claim(IDENTITY, None)
    other = {"config": {"seed": 1, "epochs": 3}, "graph": None}
    with pytest.raises(RunError, match=r"holds a run with another config seed \(0, not 1\); give a new folder"):
        folder.claim(other, None)
    with pytest.raises(RunError, match="another graph"):
        folder.is_finished({**IDENTITY, "graph": "abc"})


def test_what_is_no_run_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(RunError, match="is not empty and holds no run"):
        RunFolder(tmp_path).is_finished(IDENTITY)
    with pytest.raises(RunError, match=r"notes\.txt is a file; give a folder"):
        RunFolder(tmp_path / "notes.txt").is_finished(IDENTITY)
    with pytest.raises(
        RunError, match="holds no finished run: it is a folder without a run; give the folder that kgattn train wrote"
    ):
        RunFolder(tmp_path).result()
    with pytest.raises(RunError, match="holds no finished run: there is nothing; check the path"):
        RunFolder(tmp_path / "absent").result()
    with pytest.raises(RunError, match="holds no finished run: it is a file; give the folder"):
        RunFolder(tmp_path / "notes.txt").result()
    with pytest.raises(RunError, match=r"absent holds no finished run: there is nothing, seen from /"):
        RunFolder(Path("absent")).result()
    with pytest.raises(RunError, match=r"holds no run: config\.json cannot be read"):
        RunFolder(tmp_path).identity()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is no JSON"),
        ("[]", "expected a JSON object, got list"),
        ('{"format_version": 9}', "must be of format version 1, got 9"),
    ],
)
def test_a_broken_config_is_refused(tmp_path, content, message):
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(RunError, match=message):
        RunFolder(tmp_path).identity()


def test_results_of_another_shape_are_refused():
    values = RESULT.to_json()
    assert RunResult.from_json(json.loads(json.dumps(values))) == RESULT
    with pytest.raises(RunError, match="must be of format version 1 or 2, got 3"):
        RunResult.from_json({**values, "format_version": 3})
    later = ("outcomes", "loss_curve", "gates", "peak_memory_mib")
    first = {key: value for key, value in values.items() if key not in later} | {"format_version": 1}
    assert RunResult.from_json(json.loads(json.dumps(first))) == RESULT
    with pytest.raises(RunError, match="keys are missing or unknown: gates"):
        RunResult.from_json({key: value for key, value in values.items() if key != "gates"})
    with pytest.raises(RunError, match="keys are missing or unknown: extra, steps"):
        RunResult.from_json({key: values[key] for key in values if key != "steps"} | {"extra": 1})
