"""The state of a pre-training on disk, so that one that was killed goes on to the same result."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from kgattn.errors import RunError
from kgattn.files import replacing

_MODEL, _OPTIMIZER = "model.", "optimizer."


def save_checkpoint(
    path: Path, model: nn.Module, optimizer: torch.optim.Optimizer, identity: dict[str, Any], losses: list[float]
) -> None:
    """Write one file, whole or not at all.

    Args:
        path: Where to.
        model: Its parameters are kept.
        optimizer: Its state is kept.
        identity: What the run depends on, as JSON values.
        losses: Mean loss of each epoch done.

    Raises:
        StorageError: Writing failed; what was there before is untouched.
    """
    tensors = {_MODEL + name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    for number, state in optimizer.state_dict()["state"].items():
        tensors |= {f"{_OPTIMIZER}{number}.{name}": tensor.contiguous() for name, tensor in state.items()}
    metadata = {"identity": json.dumps(identity, sort_keys=True), "losses": json.dumps(losses)}
    with replacing(path.parent) as scratch:
        save_file(tensors, str(scratch / path.name), metadata=metadata)


def load_checkpoint(
    path: Path, model: nn.Module, optimizer: torch.optim.Optimizer, identity: dict[str, Any]
) -> list[float]:
    """Read what `save_checkpoint` wrote into model and optimizer.

    Returns:
        Mean loss of each epoch done; none where there is no file.

    Raises:
        RunError: The file is damaged or of a run with other settings or another graph; nothing was changed.
    """
    if not path.exists():
        return []
    try:
        with safe_open(str(path), framework="pt") as file:
            metadata = file.metadata() or {}
            tensors: dict[str, Tensor] = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        found, losses = json.loads(metadata["identity"]), json.loads(metadata["losses"])
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise RunError(f"{path} is damaged ({error}); remove it to begin anew") from error
    for name, expected in identity.items():
        if found.get(name) != expected:
            raise RunError(
                f"{path} was begun with {name} {found.get(name)!r}, got {expected!r}; remove it to begin anew, "
                "or write to another place"
            )
    model.load_state_dict(_below(tensors, _MODEL))
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in _below(tensors, _OPTIMIZER).items():
        number, _, part = name.partition(".")
        state.setdefault(int(number), {})[part] = tensor
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
    return [float(loss) for loss in losses]


def _below(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
