"""The order of training windows: random, but with windows of similar length side by side."""

from collections.abc import Iterator, Sequence

import numpy as np
from torch.utils.data import Sampler


class LengthGroupedSampler(Sampler[int]):
    """Numbers of windows such that every `batch_size` in a row are of similar length, in batches of random order.

    Lengths are jittered by up to a third before sorting, so that windows meet others from epoch to epoch. The order
    depends on lengths, batch size, seed and epoch alone: it is the same for all arms of one seed, and the same after a
    resume.

    Args:
        lengths: Tokens of each window.
        batch_size: Windows in a batch.
        seed: Seed of the order.
    """

    def __init__(self, lengths: Sequence[int], batch_size: int, seed: int) -> None:
        self._lengths = np.asarray(lengths, dtype=np.float64)
        self._batch_size = batch_size
        self._seed = seed
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch the next pass belongs to, from 0."""
        self._epoch = epoch

    def __iter__(self) -> Iterator[int]:
        random = np.random.default_rng([self._seed, self._epoch])
        order = np.argsort(self._lengths * random.uniform(1.0, 4 / 3, len(self._lengths)), kind="stable")
        full = len(order) // self._batch_size * self._batch_size
        rest = order[:0]
        if full < len(order):  # the batch that is not full comes last, cut out at a random place of the order
            start = int(random.integers(0, full // self._batch_size + 1)) * self._batch_size
            rest = order[start : start + len(order) - full]
            order = np.delete(order, np.s_[start : start + len(order) - full])
        batches = random.permutation(order.reshape(-1, self._batch_size), axis=0)
        return iter(np.concatenate([batches.ravel(), rest]).tolist())

    def __len__(self) -> int:
        return len(self._lengths)
