"""Arrays of a graph folder: one numpy file each, read memory-mapped, and checked without being mapped."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from kgattn.errors import GraphError

_BLOCK = 1 << 20
_FORMS = {"bytes": ("u", 1), "triples": ("i", 2), "features": ("f", 2), "name_priors": ("f", 1)}


def write_array(path: Path, values: np.ndarray) -> None:
    """Write an array as a numpy file."""
    with open(path, "wb") as file:
        np.lib.format.write_array(file, np.ascontiguousarray(values), allow_pickle=False)


def read_array(folder: Path, name: str) -> np.ndarray:
    """Map `name.npy` into memory.

    Raises:
        GraphError: It is missing, damaged or not of the form that arrays of this name have.
    """
    path = folder / f"{name}.npy"
    try:
        values = np.lib.format.open_memmap(path, mode="r")
    except FileNotFoundError:
        raise GraphError(f"{path}: the file is missing; save the graph again") from None
    except Exception as error:  # numpy raises all kinds of errors over a damaged header
        raise GraphError(f"{path}: not a readable array ({error}); save the graph again") from None
    kind, ndim = _FORMS.get(name.rpartition(".")[2], ("i", 1))
    if values.dtype.kind != kind or values.ndim != ndim or not (values.flags.c_contiguous and values.dtype.isnative):
        raise GraphError(
            f"{path}: expected {ndim} axes of kind {kind!r}, in C order, got {values.ndim} of {values.dtype}; "
            "save the graph again"
        )
    return np.asarray(values)


def in_range(folder: Path, name: str, *limits: int) -> bool:
    """Whether all numbers of `name.npy` lie in [0, limit of their column)."""
    for block in _blocks(folder, name, len(limits)):
        rows = block.view(f"u{block.itemsize}").reshape(-1, len(limits))  # negative numbers are beyond any limit
        if any(rows[:, column].max() >= limit for column, limit in enumerate(limits)):
            return False
    return True


def rises(folder: Path, name: str) -> bool:
    """Whether no number of `name.npy` is below the one before it."""
    last = None
    for block in _blocks(folder, name, 1):
        if (last is not None and block[0] < last) or (block[1:] < block[:-1]).any():
            return False
        last = block[-1]
    return True


def check_offsets(folder: Path, name: str, end: int) -> None:
    """Check where rows begin.

    Raises:
        GraphError: The offsets in `name.npy` do not rise from 0 to `end`.
    """
    offsets = read_array(folder, name)
    if not len(offsets) or offsets[0] != 0 or offsets[-1] != end or not rises(folder, name):
        raise GraphError(f"{folder / name}.npy: offsets must rise from 0 to {end}; save the graph again")


def _blocks(folder: Path, name: str, columns: int) -> Iterator[np.ndarray]:
    """Numbers of an array, read beside the map: pages of a map that were looked at once stay with the process."""
    mapped = np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
    with open(folder / f"{name}.npy", "rb") as file:
        file.seek(mapped.offset)
        while len(block := np.fromfile(file, mapped.dtype, _BLOCK * columns)):
            yield block
