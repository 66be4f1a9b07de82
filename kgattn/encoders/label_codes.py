"""Codes of a graph's labels: as many as fit in memory, computed or read from the disk when first asked for."""

import mmap
import os
import threading
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import numpy as np

from kgattn.encoders.text_codes import CHUNK, text_codes
from kgattn.errors import GraphError
from kgattn.files import replacing
from kgattn.graph import KnowledgeGraph
from kgattn.graph.storage import CODES_FOLDER
from kgattn.shapes import Float, Int

LARGEST = 1 << 16
"""Codes that are kept in memory: 32 MiB at 256 numbers each."""

Read = Callable[[Int[np.ndarray, " new"]], np.ndarray]


class LabelCodes:
    """The codes of one graph's labels, in half precision.

    Memory grows with the entities in use, up to a limit, and not with the graph; codes on the disk stay there.
    """

    def __init__(self, graph: KnowledgeGraph, dim: int, largest: int = LARGEST) -> None:
        path = _file(graph, dim)
        self.dim, self.largest = dim, 0 if path is not None and path.is_file() else largest  # the disk's cache will do
        self._read = _reader(path, graph, dim)
        self._lock = threading.Lock()
        self._place = np.zeros(graph.num_entities, dtype=np.int32)  # 0: not known; pages not touched take no memory
        self._codes = np.empty((min(self.largest, graph.num_entities), dim), dtype=np.float16)  # nor do these
        self._used = 0

    def of(self, entities: Int[np.ndarray, " node"]) -> Float[np.ndarray, "node code"]:
        """Codes of these entities, each given once."""
        if not self.largest:
            return self._read(entities).astype(np.float32)
        with self._lock:
            new = entities[self._place[entities] == 0]
            if self._used + len(new) > self.largest:
                self._place[:], self._used, new = 0, 0, entities
            if len(new) > self.largest:
                return self._read(new).astype(np.float32)
            used = self._used + len(new)
            self._codes[self._used : used] = self._read(new)
            self._place[new] = np.arange(self._used + 1, used + 1)
            self._used = used
            codes: np.ndarray = self._codes[self._place[entities] - 1].astype(np.float32)
            return codes


def save_label_codes(graph: KnowledgeGraph, dim: int) -> Path:
    """Compute the codes of all labels of a saved graph and keep them in its folder; they are read from there later.

    Worth it for large graphs: training on a million entities meets new ones in every batch. `dim` half precision
    numbers an entity. `kgattn graph build` does so for graphs of more than 100,000 entities.

    Args:
        graph: Loaded from or saved to a folder.
        dim: Length of a code, `InjectionConfig.code_dim`.

    Returns:
        The file.

    Raises:
        GraphError: The graph has no folder.
        StorageError: Writing failed.
    """
    if graph.path is None:
        raise GraphError("label codes are kept in the folder of a graph, this one has none; call graph.save(folder)")
    return write_label_codes(graph, dim, graph.path)


def write_label_codes(graph: KnowledgeGraph, dim: int, folder: Path) -> Path:
    """The same, into a folder that holds the graph or will: for what writes both at once.

    Raises:
        StorageError: Writing failed.
    """
    name = _name(graph, dim)
    with replacing(folder / CODES_FOLDER) as scratch:
        codes = np.lib.format.open_memmap(scratch / name, mode="w+", dtype=np.float16, shape=(graph.num_entities, dim))
        for start in range(0, graph.num_entities, CHUNK):
            codes[start : start + CHUNK] = text_codes(graph.labels[start : start + CHUNK], dim)
        codes.flush()
    return folder / CODES_FOLDER / name


def _reader(path: Path | None, graph: KnowledgeGraph, dim: int) -> Read:
    """Where codes come from: a file that is asked for anew each time, for it may come and go, else the texts."""
    labels = graph.labels

    def read(entities: Int[np.ndarray, " new"]) -> np.ndarray:
        if path is not None and path.is_file():
            return _stored(path, entities, dim)
        return text_codes([labels[int(row)] for row in entities], dim).astype(np.float16)

    return read


def _stored(path: Path, entities: Int[np.ndarray, " new"], dim: int) -> Float[np.ndarray, "new code"]:
    """Row by row, not through a map: pages of a map that were looked at once stay with the process."""
    mapped = np.load(path, mmap_mode="r", allow_pickle=False)
    if mapped.shape[1:] != (dim,) or mapped.dtype != np.float16:
        raise GraphError(f"{path}: expected rows of {dim} float16, got {mapped.dtype} {mapped.shape}; remove the file")
    size = dim * mapped.itemsize
    with path.open("rb", buffering=0) as file:
        pieces = [os.pread(file.fileno(), size, mapped.offset + size * row) for row in entities.tolist()]
    codes: np.ndarray = np.frombuffer(b"".join(pieces), dtype=np.float16).reshape(-1, dim)
    return codes


def _file(graph: KnowledgeGraph, dim: int) -> Path | None:
    return None if graph.path is None else graph.path / CODES_FOLDER / _name(graph, dim)


def _name(graph: KnowledgeGraph, dim: int) -> str:
    """By the labels and their order: codes of other labels are never taken for these."""
    digest = sha256()
    for values in (graph.labels.offsets, graph.labels.data):
        digest.update(np.ascontiguousarray(values).data)
        _let_go(values)
    return f"labels-{dim}-{digest.hexdigest()[:16]}.npy"


def _let_go(values: np.ndarray) -> None:
    """Drop the pages of a memory-mapped array that were read in passing: they come back when they are wanted."""
    base: object = values
    while isinstance(base, np.ndarray):
        base = base.base
    if isinstance(base, mmap.mmap):
        base.madvise(mmap.MADV_DONTNEED)
