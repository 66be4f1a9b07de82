"""Every encoder's layer: equal to its formula written out node by node, and blind to how nodes are numbered."""

import sys

import pytest
import torch
import torch_geometric
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F
from torch_geometric.nn import RGCNConv

from kgattn.encoders import COMPOSITIONS
from kgattn.encoders.layers import LAYERS, LayerSettings

DIM, CODE = 6, 5
CASES = [(name, "multiplication") for name in LAYERS if name != "compgcn"]
CASES += [("compgcn", composition) for composition in COMPOSITIONS]
EXACT = {"rtol": 1e-12, "atol": 1e-12}


def make_layer(name, composition):
    torch.manual_seed(3)
    layer = LAYERS[name](LayerSettings(DIM, CODE, 3, composition)).double()
    with torch.no_grad():
        layer.norm.weight.normal_()
        layer.norm.bias.normal_()
    return layer


def mean(vectors):
    return torch.stack(vectors).mean(0) if vectors else torch.zeros(DIM, dtype=torch.float64)


def compose(composition, node, relation):
    if composition == "correlation":
        return torch.stack([sum(node[i] * relation[(i + k) % DIM] for i in range(DIM)) for k in range(DIM)])
    return node - relation if composition == "subtraction" else node * relation


def rgcn(layer, nodes, incoming, codes, target, _):
    bases = layer.basis.weight.view(layer.num_bases, DIM, DIM)
    pairs = [*incoming[target], (target, len(codes) - 1)]
    return mean([torch.einsum("b,boi->oi", layer.coefficients.weight @ codes[r], bases) @ nodes[j] for j, r in pairs])


def rgat(layer, nodes, incoming, codes, target, _):
    heads = []
    for head in range(layer.num_heads):
        part = slice(head * DIM // layer.num_heads, (head + 1) * DIM // layer.num_heads)
        messages, logits = [], []
        for j, r in [*incoming[target], (target, len(codes) - 1)]:
            message = layer.message_of_node.weight @ nodes[j] + layer.message_of_relation.weight @ codes[r]
            asked = layer.query.weight @ nodes[target]
            messages.append(message[part])
            logits.append(layer.logit[head] @ F.leaky_relu(asked[part] + message[part], 0.2))
        weights = torch.stack(logits).softmax(0)
        heads.append(sum(weight * message for weight, message in zip(weights, messages, strict=True)))
    return torch.cat(heads)


def compgcn(layer, nodes, incoming, codes, target, composition):
    half = (len(codes) - 1) // 2
    messages = []
    for j, r in [*incoming[target], (target, len(codes) - 1)]:
        matrix = layer.own_matrix if r == 2 * half else layer.inverse_matrix if r >= half else layer.forward_matrix
        messages.append(matrix.weight @ compose(composition, nodes[j], layer.relation.weight @ codes[r]))
    return mean(messages)


def sage(layer, nodes, incoming, codes, target, _):
    return layer.own.weight @ nodes[target] + layer.neighbours.weight @ mean([nodes[j] for j, _ in incoming[target]])


def mean_of_neighbours(layer, nodes, incoming, codes, target, _):
    return mean([nodes[j] for j, _ in incoming[target]])


WRITTEN_OUT = {"rgcn": rgcn, "rgat": rgat, "compgcn": compgcn, "sage": sage, "mean": mean_of_neighbours}


def test_every_layer_is_written_out_here():
    assert set(WRITTEN_OUT) == set(LAYERS)


@st.composite
def graphs(draw):
    num_nodes, num_relations = draw(st.integers(1, 6)), draw(st.integers(1, 3))
    node, relation = st.integers(0, num_nodes - 1), st.integers(0, 2 * num_relations - 1)
    edges = draw(st.lists(st.tuples(node, node, relation), max_size=12))  # also none, twice the same, isolated nodes
    generator = torch.Generator().manual_seed(draw(st.integers(0, 1000)))
    nodes = torch.randn(num_nodes, DIM, generator=generator, dtype=torch.float64)
    codes = torch.randn(2 * num_relations + 1, CODE, generator=generator, dtype=torch.float64)
    return nodes, edges, codes


def tensors(edges):
    columns = torch.tensor(edges, dtype=torch.int64).view(-1, 3).T
    return columns[:2], columns[2]


@pytest.mark.parametrize(("name", "composition"), CASES)
@given(graph=graphs())
@settings(max_examples=25, deadline=None)
def test_a_layer_is_its_formula_written_out(name, composition, graph):
    nodes, edges, codes = graph
    layer = make_layer(name, composition)
    output = layer(nodes, *tensors(edges), codes)
    incoming = [[(source, kind) for source, to, kind in edges if to == target] for target in range(len(nodes))]
    for target, found in enumerate(output):
        received = WRITTEN_OUT[name](layer, nodes, incoming, codes, target, composition)
        torch.testing.assert_close(found, layer.norm(nodes[target] + received), **EXACT)


@pytest.mark.parametrize(("name", "composition"), CASES)
@given(graph=graphs(), data=st.data())
@settings(max_examples=15, deadline=None)
def test_neither_the_numbers_of_nodes_and_relations_nor_the_order_of_edges_show(name, composition, graph, data):
    nodes, edges, codes = graph
    layer, half = make_layer(name, composition), len(codes) // 2
    place = data.draw(st.permutations(range(len(nodes))))
    kind = data.draw(st.permutations(range(half)))
    moved = [(place[s], place[t], kind[r % half] + half * (r // half)) for s, t, r in data.draw(st.permutations(edges))]
    new_nodes, new_codes = torch.empty_like(nodes), codes.clone()
    new_nodes[place] = nodes
    new_codes[kind], new_codes[[half + row for row in kind]] = codes[:half], codes[half : 2 * half]
    output = layer(new_nodes, *tensors(moved), new_codes)
    torch.testing.assert_close(output[place], layer(nodes, *tensors(edges), codes), **EXACT)


@pytest.mark.parametrize("composition", COMPOSITIONS)
def test_compositions_differ(composition):
    nodes, codes = torch.randn(2, DIM, dtype=torch.float64), torch.randn(3, CODE, dtype=torch.float64)
    found = {
        other: make_layer("compgcn", other)(nodes, *tensors([(0, 1, 0)]), codes)
        for other in (composition, *COMPOSITIONS)
    }
    assert sum(torch.allclose(found[composition], output) for output in found.values()) == 1


@pytest.mark.parametrize("name", LAYERS)
def test_relations_show_in_all_but_the_blind_ones(name):
    torch.manual_seed(0)
    nodes, codes = torch.randn(3, DIM, dtype=torch.float64), torch.randn(5, CODE, dtype=torch.float64)
    layer = make_layer(name, "multiplication")
    outputs = [layer(nodes, *tensors([(0, 1, kind), (2, 1, 1)]), codes)[1] for kind in range(4)]
    differ = [not torch.allclose(outputs[0], other, atol=1e-6) for other in outputs[1:]]
    assert all(differ) is (name not in ("sage", "mean"))
    assert any(differ) is (name not in ("sage", "mean"))


class Trap:
    """Stands in for a compiled extra of PyG that is installed."""

    def __getattr__(self, name):
        raise AssertionError(f"a compiled extra was asked for {name}")


@pytest.fixture
def extras(monkeypatch):
    """PyG as it is with all its compiled extras, none of which may be called."""
    for flag in ("PYG_LIB", "SOFTMAX", "INDEX_SORT", "SEGMM", "GMM", "TORCH_SCATTER", "TORCH_SPARSE"):
        monkeypatch.setattr(torch_geometric.typing, f"WITH_{flag}", True)
    for name, module in list(sys.modules.items()):
        for extra in ("pyg_lib", "torch_scatter", "torch_sparse"):
            if name.startswith("torch_geometric.") and hasattr(module, extra):
                monkeypatch.setattr(module, extra, Trap())


@pytest.mark.parametrize(("name", "composition"), CASES)
def test_no_layer_calls_a_compiled_extra_of_pyg(name, composition, extras):
    with pytest.raises(AssertionError, match="asked for ops"):
        torch_geometric.utils.index_sort(torch.tensor([1, 0]))
    torch.manual_seed(0)
    nodes, codes = torch.randn(3, DIM, dtype=torch.float64), torch.randn(5, CODE, dtype=torch.float64)
    layer = make_layer(name, composition)
    layer(nodes, *tensors([(0, 1, 0), (2, 1, 3), (1, 0, 1)]), codes).square().sum().backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in layer.parameters())


def test_rgcn_is_pygs_rgcn_conv_where_coefficients_are_tied_to_codes():
    generator = torch.Generator().manual_seed(0)
    nodes, codes = (torch.randn(size, generator=generator) for size in ((20, DIM), (2 * 3 + 1, CODE)))
    edges = [tuple(torch.randint(limit, (), generator=generator).item() for limit in (20, 20, 6)) for _ in range(60)]
    edge_index, edge_type = tensors(edges)
    layer = make_layer("rgcn", "multiplication").float()
    conv = RGCNConv(DIM, DIM, num_relations=6, num_bases=layer.num_bases, aggr="add", bias=False)
    with torch.no_grad():
        bases = layer.basis.weight.view(layer.num_bases, DIM, DIM).transpose(1, 2)
        coefficients = layer.coefficients(codes)
        conv.weight.copy_(bases)
        conv.comp.copy_(coefficients[:-1])
        conv.root.copy_(torch.einsum("b,bio->io", coefficients[-1], bases))
    received = conv(nodes, edge_index, edge_type) / (1 + torch.bincount(edge_index[1], minlength=20))[:, None]
    expected = layer.norm(nodes + received)
    torch.testing.assert_close(layer(nodes, edge_index, edge_type, codes), expected, rtol=1e-6, atol=2e-6)
