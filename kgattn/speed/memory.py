"""Memory of a piece of computation: what it keeps for the backward pass, and the most it holds at once."""

import ctypes
import sys
import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

MIB = 2**20
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
"""Settings of glibc's `mallopt`, from malloc.h."""
LARGEST_KEPT = 32 * MIB
"""Blocks of this size and more come and go as before; among those that are kept they would leave holes without end."""


def keep_freed_memory() -> bool:
    """From now on let the C library keep what is freed, instead of giving it back and fetching it again.

    Fetching pages was measured to take a tenth of a step, and falls on one function or another by chance: more than the
    differences to be measured.

    Returns:
        Whether the C library can: glibc does.
    """
    mallopt = _of_glibc("mallopt")
    return bool(mallopt and mallopt(TRIM_THRESHOLD, 2**31 - 1) and mallopt(MMAP_THRESHOLD, LARGEST_KEPT))


def give_back_freed_memory() -> None:
    """Give back what `keep_freed_memory` kept until now: blocks of one measurement are of no use to the next."""
    trim = _of_glibc("malloc_trim")
    if trim is not None:
        trim(0)


def _of_glibc(name: str) -> Any:
    """A function of the C library; None where it has none of that name."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform.startswith("linux") else None


def saved_mib(run: Callable[[], object], known: tuple[Tensor, ...] = ()) -> float:
    """MiB that a forward pass keeps for the backward pass, each piece of memory once.

    Args:
        run: The forward pass; its result is dropped.
        known: Tensors that exist anyway, such as parameters and inputs.
    """
    there = {tensor.untyped_storage().data_ptr() for tensor in known}
    kept: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in there:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    alive = []  # nothing may be freed and its address used again while we count
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        alive.append(run())
    return sum(kept.values()) / MIB


def peak_mib(run: Callable[[], object], device: torch.device) -> float:
    """Most MiB of tensors alive at once during a run, above what was there before.

    On the CPU what PyTorch's operators hand out is counted, not the scratch space inside one operator.
    """
    if device.type == "cuda":
        torch.cuda.synchronize(device)
        torch.cuda.reset_peak_memory_stats(device)
        before = int(torch.cuda.memory_allocated(device))
        run()
        torch.cuda.synchronize(device)
        return (int(torch.cuda.max_memory_allocated(device)) - before) / MIB
    live = _LiveBytes()
    with live:
        run()
    return live.peak / MIB


class _LiveBytes(TorchDispatchMode):  # type: ignore[no-untyped-call]
    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.now = self.peak = 0
        self._seen: set[int] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        given = {tensor.untyped_storage()._cdata for tensor in _tensors((args, kwargs or {}))}
        for tensor in _tensors(result):
            storage = tensor.untyped_storage()
            if storage._cdata not in given and storage._cdata not in self._seen:
                self._count(storage)
        return result

    def _count(self, storage: torch.UntypedStorage) -> None:
        address, size = storage._cdata, storage.nbytes()
        self._seen.add(address)
        self.now += size
        self.peak = max(self.peak, self.now)
        weakref.finalize(storage, self._forget, address, size)

    def _forget(self, address: int, size: int) -> None:
        self._seen.discard(address)
        self.now -= size


def _tensors(value: Any) -> list[Tensor]:
    return [leaf for leaf in torch.utils._pytree.tree_leaves(value) if isinstance(leaf, Tensor)]
