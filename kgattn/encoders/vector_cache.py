"""Entity vectors kept between batches of inference, for as long as nothing they come from has changed."""

import threading
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from kgattn.shapes import Float, Int

LARGEST = 2**18
"""Entities kept; beyond that it begins anew. At 64 numbers each these are 64 MiB."""


class VectorCache:
    """Vectors by entity row, for one encoder. Copies and pickles of it are empty. Threads may share it.

    Attributes:
        layout: Types of the encoder's modules when it was made: what was wrapped since is not relied on.
    """

    def __init__(self, layout: tuple[type[nn.Module], ...]) -> None:
        self.layout = layout
        self._lock = threading.Lock()
        self._source: Callable[[], object] = lambda: None
        self._parameters: tuple[Tensor, ...] = ()
        self._stream = 0
        self._place: Int[np.ndarray, " entity"] = np.zeros(0, dtype=np.int32)  # counted from 1; 0 is not known
        self._vectors = torch.zeros(0, 0)
        self._used = 0

    def __reduce__(self) -> tuple[Any, ...]:
        return VectorCache, (self.layout,)

    def serves(self, encoder: nn.Module) -> bool:
        """Whether its vectors depend on nothing but its parameters: no adapters, parametrizations or hooks in it."""
        modules = tuple(encoder.modules())
        hooked = any(module._forward_hooks or module._forward_pre_hooks for module in modules)
        return not hooked and layout_of(encoder) == self.layout

    def lookup(
        self,
        source: object,
        num_entities: int,
        encoder: nn.Module,
        entities: Int[np.ndarray, " pick"],
        encode: Callable[[Int[np.ndarray, " new"]], Float[Tensor, "new dim"]],
    ) -> Float[Tensor, "pick dim"]:
        """Vectors of these entities; only those that are not known yet are encoded.

        Args:
            source: What the entities are rows of; the vectors of another one are forgotten.
            num_entities: Entities in all.
            encoder: When a parameter differs from what it was all vectors are forgotten.
            entities: Entity rows, each once.
            encode: Gives the vectors of entity rows; their order and company make no difference.
        """
        if not len(entities):
            return encode(entities)
        with self._lock:
            self._forget_unless_same(source, num_entities, tuple(encoder.parameters()))
            new = entities[self._place[entities] == 0]
            if self._used + len(new) > LARGEST:
                self._place[:], self._used, new = 0, 0, entities
            if len(new):
                self._append(new, encode(new))
            return self._vectors[torch.from_numpy(self._place[entities] - 1).to(self._vectors.device)]

    def _forget_unless_same(self, source: object, num_entities: int, parameters: tuple[Tensor, ...]) -> None:
        """By content: optimizers, adapters that are merged and writing to `.data` all tell in different ways, or none.

        On an accelerator also when work goes to another stream, which would not wait for this one's.
        """
        device = parameters[0].device
        stream = torch.cuda.current_stream(device).cuda_stream if device.type == "cuda" else 0
        same = source is self._source() and stream == self._stream and len(parameters) == len(self._parameters)
        if same and all(_equal(*pair) for pair in zip(parameters, self._parameters, strict=True)):
            return
        self._source, self._stream = weakref.ref(source), stream
        self._parameters = tuple(parameter.detach().clone() for parameter in parameters)
        self._place, self._used = np.zeros(num_entities, dtype=np.int32), 0

    def _append(self, entities: Int[np.ndarray, " new"], vectors: Float[Tensor, "new dim"]) -> None:
        used = self._used + len(entities)
        if used > len(self._vectors) or self._used == 0:
            with torch.inference_mode(False):  # where it could not be written to later
                grown = vectors.new_empty(max(used, 2 * self._used), vectors.shape[1])
            if self._used:
                grown[: self._used] = self._vectors[: self._used]
            self._vectors = grown
        self._vectors[self._used : used] = vectors
        self._place[entities] = np.arange(self._used + 1, used + 1)
        self._used = used


def layout_of(encoder: nn.Module) -> tuple[type[nn.Module], ...]:
    """Types of a module and of all modules in it."""
    return tuple(type(module) for module in encoder.modules())


def _equal(now: Tensor, before: Tensor) -> bool:
    return now.dtype == before.dtype and now.device == before.device and torch.equal(now, before)
