"""A run's folder: `config.json` first, `log.jsonl` as it goes, `model/`, and `result.json` when all is done."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kgattn.errors import RunError
from kgattn.files import check_version, replacing, seen_from, write_json, write_text
from kgattn.shapes import Int
from kgattn.training.result import RunResult

CONFIG, RESULT, LOG, MODEL, ENTITY_MAP = "config.json", "result.json", "log.jsonl", "model", "entity_map.npy"
FORMAT_VERSION = 1


class RunFolder:
    """Where one run keeps its files; every write is a temporary file and a rename.

    Args:
        path: The folder; made by `claim`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def is_finished(self, identity: dict[str, Any]) -> bool:
        """Whether this very run is here and done; nothing is written.

        Args:
            identity: Everything the outcome depends on, as JSON values.

        Raises:
            RunError: The folder holds another run, or files that are no run.
        """
        identity = {"format_version": FORMAT_VERSION, **identity}
        if (self.path / CONFIG).exists():
            stored = self.identity()
            different = sorted(
                key for key in {*stored, *identity} if stored.get(key) != json.loads(json.dumps(identity.get(key)))
            )
            if different:
                raise RunError(
                    f"{self.path} holds a run with another {_difference(stored, identity, different[0])}; "
                    "give a new folder or the same settings"
                )
            return (self.path / RESULT).exists()
        if self.path.exists() and not self.path.is_dir():
            raise RunError(f"{self.path} is a file; give a folder for the run")
        if self.path.is_dir() and any(self.path.iterdir()):
            raise RunError(f"{self.path} is not empty and holds no run; give a new folder")
        return False

    def claim(self, identity: dict[str, Any], entity_map: Int[np.ndarray, " entity"] | None) -> None:
        """Take the folder for a run, or go on with the same run.

        Args:
            identity: As for `is_finished`.
            entity_map: The exchange of entities a control arm is trained with, kept for evaluation.

        Raises:
            RunError: The folder holds another run, or files that are no run.
            StorageError: The folder cannot be written.
        """
        self.is_finished(identity)
        write_json(self.path / CONFIG, {"format_version": FORMAT_VERSION, **identity})
        if entity_map is not None:
            with replacing(self.path) as scratch, (scratch / ENTITY_MAP).open("wb") as file:
                np.save(file, entity_map, allow_pickle=False)

    def identity(self) -> dict[str, Any]:
        """What `config.json` says.

        Raises:
            RunError: It is absent, no JSON object, or of another format version.
        """
        values = _read_object(self.path / CONFIG)
        check_version(values, (FORMAT_VERSION,), str(self.path / CONFIG), "train again", RunError)
        return values

    def result(self) -> RunResult:
        """What `result.json` says.

        Raises:
            RunError: It is absent (the run is unfinished), no JSON object, or of another format version.
        """
        path = self.path / RESULT
        if not path.exists():
            raise RunError(f"{self.path} holds no finished run{self._in_its_place()}")
        return RunResult.from_json(_read_object(path), source=str(path))

    def _in_its_place(self) -> str:
        """What there is where a finished run was to be, and what to do about it."""
        if (self.path / CONFIG).exists():
            return "; run kgattn train with the same settings to go on"
        if not self.path.exists():
            return f": there is nothing{seen_from(self.path)}; check the path, or make one by kgattn train"
        kind = "a folder without a run" if self.path.is_dir() else "a file"
        return f": it is {kind}; give the folder that kgattn train wrote"

    def write_result(self, result: RunResult) -> None:
        """Write `result.json`, which makes the run a finished one.

        Raises:
            StorageError: Writing failed.
        """
        write_json(self.path / RESULT, result.to_json())

    def write_log(self, history: Sequence[dict[str, Any]]) -> None:
        """Write `log.jsonl` anew, so that a resumed run has no line twice.

        Raises:
            StorageError: Writing failed.
        """
        write_text(self.path / LOG, "".join(json.dumps(entry, sort_keys=True) + "\n" for entry in history))

    def entity_map(self) -> Int[np.ndarray, " entity"] | None:
        """The exchange of entities, None if there was none."""
        path = self.path / ENTITY_MAP
        return np.load(path, allow_pickle=False) if path.exists() else None


def _read_object(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RunError(f"{path.parent} holds no run: {path.name} cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise RunError(f"{path} is no JSON ({error}); train again in a new folder") from error
    if not isinstance(values, dict):
        raise RunError(f"{path}: expected a JSON object, got {type(values).__name__}; train again in a new folder")
    return values


def _difference(stored: dict[str, Any], wanted: dict[str, Any], key: str) -> str:
    """Name the first setting two identities differ in, with both values where they are short."""
    before, now = stored.get(key), wanted.get(key)
    if isinstance(before, dict) and isinstance(now, dict):
        inner = sorted(name for name in {*before, *now} if before.get(name) != json.loads(json.dumps(now.get(name))))
        return f"{key} {_difference(before, now, inner[0])}" if inner else key
    return f"{key} ({str(before)[:40]}, not {str(now)[:40]})"
