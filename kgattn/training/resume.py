"""Checkpoints that are whole or absent: tensors as safetensors, the rest as JSON, a manifest of sizes written last.

A run killed at any moment goes on from the newest whole checkpoint and ends with the same weights. (Transformers' own
checkpoints are pickles written in place: a kill in between leaves a folder that refuses to load.)
"""

import json
import random
import shutil
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from kgattn.errors import RunError
from kgattn.files import replacing, write_json

FOLDER = "checkpoints"
MANIFEST = "manifest.json"
_TRAINER_STATE = "trainer_state.json"
_MODEL, _BEST, _OPTIMIZER, _STATE = "model.safetensors", "best.safetensors", "optimizer.safetensors", "state.json"


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint holds.

    Attributes:
        weights: State of the model.
        best_weights: State of the model at the best dev score so far.
        best_f1: That score.
        best_epoch: And its epoch, counted from 1.
        optimizer_tensors: State of the optimizer, named `parameter.key`.
        state: Groups of the optimizer, the schedule and the random states, as JSON values.
    """

    weights: dict[str, Tensor]
    best_weights: dict[str, Tensor]
    best_f1: float
    best_epoch: int
    optimizer_tensors: dict[str, Tensor]
    state: dict[str, Any]

    def restore_optimizer(self, optimizer: Any, scheduler: Any) -> None:
        """Put optimizer and schedule back where they were."""
        tensors: dict[int, dict[str, Tensor]] = {}
        for name, tensor in self.optimizer_tensors.items():
            index, _, key = name.partition(".")
            tensors.setdefault(int(index), {})[key] = tensor.clone()
        groups = [{**group, "betas": tuple(group["betas"])} for group in self.state["groups"]]
        optimizer.load_state_dict({"state": tensors, "param_groups": groups})
        scheduler.load_state_dict(self.state["scheduler"])

    def restore_random(self) -> None:
        """Put the random states of Python, numpy and PyTorch back where they were."""
        version, words, gauss = self.state["python"]
        random.setstate((version, tuple(words), gauss))
        name, keys, *rest = self.state["numpy"]
        np.random.set_state((name, np.array(keys, dtype=np.uint32), *rest))  # noqa: NPY002 - Trainer's own source
        torch.set_rng_state(torch.tensor(self.state["torch"], dtype=torch.uint8))
        if self.state["cuda"] and torch.cuda.is_available():
            torch.cuda.set_rng_state_all([torch.tensor(state, dtype=torch.uint8) for state in self.state["cuda"]])


def write_checkpoint(folder: Path, trainer: Any, best_weights: dict[str, Tensor] | None) -> Path:
    """Write a checkpoint of a Trainer, then drop the older ones.

    Args:
        folder: The run's folder.
        trainer: A `TaggerTrainer` between two epochs.
        best_weights: Weights of the best epoch; None when that is the present one.

    Raises:
        StorageError: Writing failed; older checkpoints are untouched.
    """
    target = folder / FOLDER / f"step-{trainer.state.global_step:08d}"
    optimizer = trainer.optimizer.state_dict()
    tensors = {f"{index}.{key}": tensor for index, entry in optimizer["state"].items() for key, tensor in entry.items()}
    state = {
        "best_f1": trainer.best_f1,
        "best_epoch": trainer.best_epoch,
        "seconds": trainer.seconds(),
        "groups": optimizer["param_groups"],
        "scheduler": trainer.lr_scheduler.state_dict(),
        "python": random.getstate(),
        "numpy": _numpy_state(),
        "torch": torch.get_rng_state().tolist(),
        "cuda": [state.tolist() for state in torch.cuda.get_rng_state_all()] if torch.cuda.is_available() else [],
    }
    with replacing(target, last=MANIFEST) as scratch:
        _save(scratch / _MODEL, trainer.model.state_dict())
        if best_weights is not None:
            _save(scratch / _BEST, best_weights)
        _save(scratch / _OPTIMIZER, tensors)
        write_json(scratch / _STATE, state)
        trainer.state.save_to_json(str(scratch / _TRAINER_STATE))
        write_json(scratch / MANIFEST, {file.name: file.stat().st_size for file in sorted(scratch.iterdir())})
    read_checkpoint.cache_clear()
    for other in target.parent.iterdir():
        if other != target:
            shutil.rmtree(other, ignore_errors=True)
    return target


def _numpy_state() -> list[Any]:
    name, keys, position, has_gauss, gauss = np.random.get_state(legacy=True)  # noqa: NPY002 - Trainer's own source
    return [name, np.asarray(keys).tolist(), position, has_gauss, gauss]


def latest_checkpoint(folder: Path) -> Path | None:
    """The newest whole checkpoint of a run, or None."""
    if not (folder / FOLDER).is_dir():
        return None
    whole = [path for path in (folder / FOLDER).glob("step-*") if _is_whole(path)]
    return max(whole, key=lambda path: path.name, default=None)


def remove_checkpoints(folder: Path) -> None:
    """Drop all checkpoints of a run."""
    read_checkpoint.cache_clear()
    shutil.rmtree(folder / FOLDER, ignore_errors=True)


@lru_cache(maxsize=1)  # a resume asks three times: for weights, optimizer and random states
def read_checkpoint(path: Path) -> Checkpoint:
    """Read a whole checkpoint.

    Raises:
        RunError: It is incomplete or damaged.
    """
    if not _is_whole(path):
        raise RunError(f"{path} is no whole checkpoint: a file is missing or cut short; delete it and resume again")
    try:
        weights = load_file(str(path / _MODEL))
        best = load_file(str(path / _BEST)) if (path / _BEST).is_file() else weights
        optimizer = load_file(str(path / _OPTIMIZER))
        state = json.loads((path / _STATE).read_text(encoding="utf-8"))
    except (SafetensorError, OSError, ValueError) as error:
        raise RunError(f"{path} is a damaged checkpoint ({error}); delete it and resume again") from error
    return Checkpoint(weights, best, state["best_f1"], state["best_epoch"], optimizer, state)


def _is_whole(path: Path) -> bool:
    try:
        sizes = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        return all((path / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError, AttributeError):
        return False


def _save(path: Path, tensors: dict[str, Tensor]) -> None:
    kept = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    save_file(kept, str(path))
