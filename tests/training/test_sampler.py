import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kgattn.training.sampler import LengthGroupedSampler


@given(st.lists(st.integers(1, 99), min_size=1, max_size=70), st.integers(1, 9), st.integers(0, 3))
def test_every_window_comes_once(lengths, batch_size, epoch):
    sampler = LengthGroupedSampler(lengths, batch_size, seed=0)
    sampler.set_epoch(epoch)
    assert sorted(sampler) == list(range(len(lengths)))
    assert len(sampler) == len(lengths)


def test_order_follows_seed_and_epoch_alone():
    lengths = np.random.default_rng(0).integers(5, 90, 100).tolist()
    orders = []
    for seed, epoch in ((0, 0), (0, 0), (0, 1), (1, 0)):
        sampler = LengthGroupedSampler(lengths, 8, seed)
        sampler.set_epoch(epoch)
        np.random.rand()  # noqa: NPY002 - the global state must not matter
        orders.append(list(sampler))
    assert orders[0] == orders[1]
    assert orders[0] != orders[2]
    assert orders[0] != orders[3]


def test_batches_hold_little_padding():
    lengths = np.random.default_rng(0).integers(5, 100, 400)
    order = np.array(list(LengthGroupedSampler(lengths.tolist(), 16, seed=0)))
    padded = sum(lengths[batch].max() * len(batch) for batch in np.split(order, range(16, 400, 16)))
    random_order = sum(lengths[batch].max() * 16 for batch in np.arange(400).reshape(-1, 16))
    assert padded < 1.35 * lengths.sum()
    assert padded < 0.8 * random_order
