"""Where a run took place: versions, device, threads and commit."""

import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

_PACKAGES = ("kgattn", "torch", "transformers", "torch-geometric", "spacy", "numpy", "seqeval")


def describe_environment(device: torch.device, autocast: torch.dtype | None) -> dict[str, Any]:
    """What results depend on beside settings and seeds."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine()
    return {
        "versions": {"python": platform.python_version(), **{package: _version(package) for package in _PACKAGES}},
        "platform": platform.system(),
        "device": device.type,
        "device_name": name,
        "threads": torch.get_num_threads(),
        "dtype": "float32" if autocast is None else str(autocast).removeprefix("torch."),
        "commit": commit_of(Path(__file__).resolve().parent),
    }


def commit_of(folder: Path) -> str | None:
    """The git commit of the source tree `folder` lies in, `+` behind it when files differ; None outside of one."""
    try:
        _git(folder, "ls-files", "--error-unmatch", "__init__.py")  # a tree around an installed package is not ours
        commit = _git(folder, "rev-parse", "--short=12", "HEAD")
        return f"{commit}+" if _git(folder, "status", "--porcelain", "--untracked-files=no") else commit
    except (OSError, subprocess.SubprocessError):
        return None


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments], capture_output=True, check=True, text=True, timeout=10
    )
    return done.stdout.strip()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
