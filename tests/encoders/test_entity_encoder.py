"""The graph encoder: equal to R-GCN written out, blind to row numbers, alive to labels, types and neighbours."""

import copy
import pickle
from itertools import pairwise

import pytest
import torch

from kgattn.encoders import EntityEncoder, GraphFeatures, RelationalLayer
from kgattn.graph import KnowledgeGraph

TRIPLES = [("a", "r", "b"), ("c", "r", "b"), ("b", "s", "d"), ("e", "s", "e2")]


def graph(triples=TRIPLES, **settings):
    return KnowledgeGraph.from_triples(triples, **settings)


def make_encoder(**changes):
    torch.manual_seed(0)
    settings = {"num_hops": 1, "fan_out": 8, "num_bases": 2, "given_dim": None, "has_types": False}
    return EntityEncoder(dim=6, code_dim=16, **{**settings, **changes})


def vectors(encoder, kg, *names):
    rows = torch.tensor([[[kg.entity_index(name) for name in names]]])
    return encoder(GraphFeatures(kg, 16), rows)[0, 0]


def test_a_layer_is_rgcn_written_out():
    torch.manual_seed(0)
    layer = RelationalLayer(dim=4, code_dim=5, num_bases=3).double()
    nodes, codes = torch.randn(3, 4, dtype=torch.float64), torch.randn(3, 5, dtype=torch.float64)
    edges = [(0, 1, 0), (2, 1, 1), (1, 2, 0)]
    output = layer(nodes, torch.tensor([[e[0] for e in edges], [e[1] for e in edges]]), torch.tensor([0, 1, 0]), codes)
    weights = layer.basis.weight.view(3, 4, 4)  # [basis, out, in]
    for target in range(3):
        messages = []
        for source, to, relation in [*edges, (target, target, 2)]:  # the last relation is identity
            if to == target:
                matrix = torch.einsum("b,boi->oi", layer.coefficients.weight @ codes[relation], weights)
                messages.append(matrix @ nodes[source])
        expected = layer.norm(nodes[target] + torch.stack(messages).mean(0))
        torch.testing.assert_close(output[target], expected)


def test_numbering_does_not_show():
    encoder, kg = make_encoder(), graph()
    other = graph(
        TRIPLES[::-1], labels={name: name for name in ["e2", "e", "d", "c", "b", "a"]} | {"e2": "e2", "e": "e"}
    )
    assert kg.entity_index("a") != other.entity_index("a")
    torch.testing.assert_close(vectors(encoder, kg, "a", "b", "e"), vectors(encoder, other, "a", "b", "e"))


def test_labels_types_neighbours_and_given_vectors_each_count():
    encoder = make_encoder(has_types=True, given_dim=2)
    names = sorted({name for head, _, tail in TRIPLES for name in (head, tail)})
    given = {name: [float(row), 1.0] for row, name in enumerate(names)}
    kinds = {name: ["kind"] for name in names}
    base = graph(types=kinds, features=given)
    found = vectors(encoder, base, "b")
    for other in (
        graph(types=kinds, features=given, labels={name: "x" if name == "b" else name for name in names}),
        graph(types={**kinds, "b": ["other"]}, features=given),
        graph(types=kinds, features={**given, "b": [7.0, 7.0]}),
        graph(TRIPLES[1:], types=kinds, features=given, labels={name: name for name in names}),
        graph([("b", "r", "a"), *TRIPLES[1:]], types=kinds, features=given),
    ):
        assert not torch.allclose(vectors(encoder, other, "b"), found, atol=1e-4)


def test_only_so_many_hops_are_seen():
    names = "abcde"
    chain = [(first, "r", second) for first, second in pairwise(names)]
    changed = [*chain[:-1], ("d", "r", "other")]
    for hops, differs in ((3, False), (4, True)):
        encoder = make_encoder(num_hops=hops)
        same = torch.allclose(vectors(encoder, graph(chain), "a"), vectors(encoder, graph(changed), "a"), atol=1e-6)
        assert same is not differs
    assert len(make_encoder(num_hops=0).layers) == 0
    assert vectors(make_encoder(num_hops=0), graph(), "a").shape == (1, 6)


def test_padding_gets_zero_and_company_does_not_count():
    encoder, kg = make_encoder(), graph()
    rows = torch.tensor([[[kg.entity_index("a"), -1], [kg.entity_index("b"), kg.entity_index("a")]]])
    output = encoder(GraphFeatures(kg, 16), rows)
    assert not output[0, 0, 1].any()
    torch.testing.assert_close(output[0, 0, 0], output[0, 1, 1])
    torch.testing.assert_close(output[0, 0, 0], vectors(encoder, kg, "a")[0])


def test_only_types_of_the_subgraph_are_projected():
    names = [f"e{number}" for number in range(40)]
    kinds = {name: [f"kind {number}", f"kind {number % 7}"] for number, name in enumerate(names)}
    kg = graph([(name, "r", "e0") for name in names[1:4]], labels={name: name for name in names}, types=kinds)
    encoder, projected = make_encoder(has_types=True), []
    encoder.type_projection.register_forward_hook(lambda _, codes, output: projected.append(len(codes[0])))
    together = vectors(encoder, kg, *names)
    few = vectors(encoder, kg, "e9", "e8", "e2")
    assert projected == [kg.num_types, 5]  # of them, and of e0 whence a message comes
    torch.testing.assert_close(few, together[[9, 8, 2]])
    gradients = [torch.autograd.grad(found.sum(), [*encoder.parameters()]) for found in (few, together[[9, 8, 2]])]
    torch.testing.assert_close(*gradients)


def test_a_subgraph_without_types_of_a_graph_that_has_some():
    kg = graph(types={"e": ["kind"]})
    found = vectors(make_encoder(has_types=True, num_hops=0), kg, "a")
    torch.testing.assert_close(found, vectors(make_encoder(has_types=True, num_hops=0), kg, "a", "e")[:1])


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda features: pickle.loads(pickle.dumps(features))])
def test_copies_of_features_compute_their_own(copied):
    features = GraphFeatures(graph(), 16)
    encoder, rows = make_encoder(), torch.tensor([[[0, 1]]])
    expected = encoder(features, rows)
    torch.testing.assert_close(encoder(copied(features), rows), expected)
