"""Entity vectors kept between batches of inference, for as long as nothing they come from has changed."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from kgattn.shapes import Float, Int

LARGEST = 2**18
"""Entities kept; beyond that it begins anew. At 64 numbers each these are 64 MiB."""


class VectorCache:
    """Vectors by entity row. Copies and pickles of it are empty. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._source: object = None
        self._state: tuple[object, ...] = ()
        self._place: Int[np.ndarray, " entity"] = np.zeros(0, dtype=np.int64)
        self._vectors = torch.zeros(0, 0)
        self._used = 0

    def __reduce__(self) -> tuple[Any, ...]:
        return VectorCache, ()

    def lookup(
        self,
        source: object,
        num_entities: int,
        parameters: Sequence[nn.Parameter],
        entities: Int[np.ndarray, " pick"],
        encode: Callable[[Int[np.ndarray, " new"]], Float[Tensor, "new dim"]],
    ) -> Float[Tensor, "pick dim"]:
        """Vectors of these entities; only those that are not known yet are encoded.

        Args:
            source: What the entities are rows of; the vectors of another one are forgotten.
            num_entities: Entities in all.
            parameters: What `encode` depends on; when one has changed all vectors are forgotten.
            entities: Entity rows, each once.
            encode: Gives the vectors of entity rows; their order and company make no difference.
        """
        state = _state(parameters)
        with self._lock:
            if source is not self._source or state != self._state:
                self._source, self._state = source, state
                self._place, self._used = np.full(num_entities, -1), 0
            new = entities[self._place[entities] < 0]
            if self._used + len(new) > LARGEST:
                self._place[:], self._used, new = -1, 0, entities
            if len(new):
                self._append(new, encode(new))
            return self._vectors[torch.from_numpy(self._place[entities]).to(self._vectors.device)]

    def _append(self, entities: Int[np.ndarray, " new"], vectors: Float[Tensor, "new dim"]) -> None:
        used = self._used + len(entities)
        if used > len(self._vectors) or self._used == 0:
            with torch.inference_mode(False):  # where it could not be written to later
                grown = vectors.new_empty(max(used, 2 * self._used), vectors.shape[1])
            if self._used:
                grown[: self._used] = self._vectors[: self._used]
            self._vectors = grown
        self._vectors[self._used : used] = vectors
        self._place[entities] = np.arange(self._used, used)
        self._used = used


def _state(parameters: Sequence[nn.Parameter]) -> tuple[object, ...]:
    """Changes with the parameters: by optimizers, which count versions, and by writing to `.data`, which does not."""
    versions = ((parameter.data_ptr(), parameter._version) for parameter in parameters)
    return (*versions, float(torch.nn.utils.get_total_norm(parameters)))
