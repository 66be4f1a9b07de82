"""Without gradients entities are encoded once, until a parameter or the graph changes."""

import copy
import gc
import pickle
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch.nn.utils import prune

from kgattn.encoders import EntityEncoder, GraphFeatures
from kgattn.encoders import vector_cache as module
from kgattn.graph import KnowledgeGraph

NAMES = [f"entity {number}" for number in range(12)]
TRIPLES = [(NAMES[number], "next", NAMES[(number + 1) % 12]) for number in range(12)]


class Counting(EntityEncoder):
    """Notes how many nodes it was asked to encode."""

    def encode(self, subgraph, relation_codes, type_codes):
        self.encoded = [*getattr(self, "encoded", []), len(subgraph.label_codes)]
        return super().encode(subgraph, relation_codes, type_codes)


def make():
    torch.manual_seed(0)
    encoder = Counting(dim=6, code_dim=16, num_hops=0, fan_out=8, num_bases=2, given_dim=None, has_types=False)
    return encoder, GraphFeatures(KnowledgeGraph.from_triples(TRIPLES), 16)


def rows(*numbers):
    return torch.tensor([[list(numbers)]])


def test_each_entity_is_encoded_once():
    encoder, features = make()
    expected = encoder(features, rows(0, 1, 2, 3)).detach()
    encoder.encoded = []
    with torch.no_grad():
        first = encoder(features, rows(1, 0, -1))
        second = encoder(features, rows(2, 1, 0))
    with torch.inference_mode():
        third = encoder(features, rows(3, 2))
    with torch.no_grad():
        fourth = encoder(features, rows(0, 1, 2, 3))
    assert encoder.encoded == [2, 1, 1]
    assert torch.equal(first[0, 0, 2], torch.zeros(6))
    torch.testing.assert_close(first[0, 0, :2], expected[0, 0, [1, 0]])
    torch.testing.assert_close(second[0, 0], expected[0, 0, [2, 1, 0]])
    torch.testing.assert_close(third[0, 0], expected[0, 0, [3, 2]])
    torch.testing.assert_close(fourth, expected)


def test_training_encodes_anew():
    encoder, features = make()
    with torch.no_grad():
        encoder(features, rows(0, 1))
    encoder(features, rows(0, 1)).sum().backward()
    assert encoder.encoded == [2, 2]
    assert encoder.label_projection.weight.grad is not None


CHANGES = ["optimizer", "data", "sign", "order", "load", "dtype", "features", "hook", "adapter", "prune"]


class Doubling(torch.nn.Module):
    """What an adapter does: takes a layer's place, and may be switched without any parameter telling."""

    def __init__(self, layer):
        super().__init__()
        self.layer, self.on = layer, False

    @property
    def weight(self):
        return self.layer.weight

    def forward(self, inputs):
        return self.layer(inputs) * (2 if self.on else 1)


@pytest.mark.parametrize("change", CHANGES)
def test_what_changed_is_encoded_anew(change):
    encoder, features = make()
    if change == "adapter":
        encoder.label_projection = Doubling(encoder.label_projection)
    elif change == "prune":
        prune.random_unstructured(encoder.label_projection, "weight", 0.5)
    with torch.no_grad():
        before = encoder(features, rows(0, 1))
    if change == "sign":
        encoder.label_projection.weight.data.neg_()
    elif change == "order":
        encoder.label_projection.weight.data.copy_(encoder.label_projection.weight.data.flip(0))
    elif change == "hook":
        encoder.norm.register_forward_hook(lambda module, inputs, output: output + 1)
    elif change == "adapter":
        encoder.label_projection.on = True
    elif change == "prune":
        prune.random_unstructured(encoder.label_projection, "weight", 0.5)
    elif change == "optimizer":
        encoder(features, rows(0, 1)).square().sum().backward()
        torch.optim.SGD(encoder.parameters(), lr=0.5).step()
    elif change == "data":
        encoder.norm.bias.data.add_(1)
    elif change == "load":
        encoder.load_state_dict({name: value + 0.5 for name, value in encoder.state_dict().items()})
    elif change == "dtype":
        encoder.double()
    else:
        triples = [(tail, relation, head) for head, relation, tail in TRIPLES]
        features = GraphFeatures(KnowledgeGraph.from_triples(triples, labels={name: name[::-1] for name in NAMES}), 16)
    with torch.no_grad():
        after = encoder(features, rows(0, 1))
    torch.testing.assert_close(after, encoder(features, rows(0, 1)).detach())
    assert after.dtype != before.dtype or not torch.equal(after, before)


def test_copies_and_pickles_hold_none():
    encoder, features = make()
    with torch.no_grad():
        expected = encoder(features, rows(0, 1))
    for other in (copy.deepcopy(encoder), pickle.loads(pickle.dumps(encoder))):
        other.encoded = []
        with torch.no_grad():
            torch.testing.assert_close(other(features, rows(0, 1)), expected)
        assert other.encoded == [2]


def test_it_begins_anew_when_full(monkeypatch):
    monkeypatch.setattr(module, "LARGEST", 4)
    encoder, features = make()
    expected = encoder(features, rows(*range(12))).detach()
    with torch.no_grad():
        for numbers in ((0, 1, 2), (2, 3), (4, 5), (0, 4), tuple(range(6))):
            torch.testing.assert_close(encoder(features, rows(*numbers))[0, 0], expected[0, 0, list(numbers)])
    assert encoder.encoded[1:] == [3, 1, 2, 1, 6]


def test_a_graph_that_was_left_is_let_go():
    encoder, features = make()
    with torch.no_grad():
        encoder(features, rows(0, 1))
    left = weakref.ref(features)
    del features
    gc.collect()
    assert left() is None


def test_nothing_but_padding():
    encoder, features = make()
    with torch.no_grad():
        assert torch.equal(encoder(features, rows(-1, -1)), torch.zeros(1, 1, 2, 6))


def test_threads_share_it():
    encoder, features = make()
    expected = encoder(features, rows(*range(12))).detach()[0, 0]

    def look(seed):
        numbers = np.random.default_rng(seed).permutation(12)[:5].tolist()
        with torch.no_grad():
            found = encoder(features, rows(*numbers))[0, 0]
        torch.testing.assert_close(found, expected[numbers])

    with ThreadPoolExecutor(4) as pool:
        assert len(list(pool.map(look, range(100)))) == 100
