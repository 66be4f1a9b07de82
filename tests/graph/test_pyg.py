import pytest
import torch
from torch_geometric.data import Data, HeteroData

from kgattn.errors import GraphError
from kgattn.graph import KnowledgeGraph

EDGES = torch.tensor([[0, 1], [1, 2]])
LABELS = ["Berlin", "Germany", "Europe"]


def test_a_bare_data_needs_labels_only():
    graph = KnowledgeGraph.from_pyg(Data(edge_index=EDGES), labels=LABELS)
    assert list(graph.entity_ids) == ["0", "1", "2"]
    assert list(graph.labels) == LABELS
    assert graph.triples.tolist() == [[0, 0, 1], [1, 0, 2]]
    assert list(graph.relation_ids) == ["related to"]
    assert graph.features is None


def test_ids_relations_and_features():
    data = Data(x=torch.eye(3), edge_index=EDGES, edge_type=torch.tensor([1, 0]))
    graph = KnowledgeGraph.from_pyg(
        data, labels=LABELS, entity_ids=["Q64", "Q183", "Q46"], relations=["partOf", "capitalOf"]
    )
    assert graph.label("Q46") == "Europe"
    assert list(graph.relation_labels) == ["capital of", "part of"]
    assert graph.features.tolist() == torch.eye(3).tolist()
    assert list(KnowledgeGraph.from_pyg(data, labels=LABELS).relation_ids) == ["relation 1", "relation 0"]


def hetero():
    data = HeteroData()
    data["city"].label = ["Berlin", "Paris"]
    data["country"].label = ["Germany", "France"]
    data["city", "capitalOf", "country"].edge_index = torch.tensor([[0, 1], [0, 1]])
    return data


def test_node_and_edge_types_of_hetero_data():
    graph = KnowledgeGraph.from_pyg(hetero())
    assert list(graph.entity_ids) == ["city/0", "city/1", "country/0", "country/1"]
    assert graph.types("city/1") == ["city"]
    assert graph.triples.tolist() == [[0, 0, 2], [1, 0, 3]]
    assert list(graph.relation_labels) == ["capital of"]
    named = KnowledgeGraph.from_pyg(
        hetero(),
        labels={"city": ["B", "P"], "country": ["G", "F"]},
        entity_ids={"city": ["b", "p"], "country": ["g", "f"]},
    )
    assert named.label("f") == "F"


def test_hetero_features_are_taken_when_they_share_a_width():
    data = hetero()
    data["city"].x, data["country"].x = torch.zeros(2, 3), torch.ones(2, 3)
    assert KnowledgeGraph.from_pyg(data).features.sum() == 6


@pytest.mark.parametrize(
    ("city", "country", "found"),
    [
        (torch.zeros(2, 4), torch.ones(2, 3), "got dim 4 for 'city', dim 3 for 'country'; bring all to one width"),
        (torch.zeros(2, 4), None, "got dim 4 for 'city', none for 'country'; bring all to one width"),
        (torch.zeros(2), torch.zeros(2), r"got shape \(2,\) for 'city', shape \(2,\) for 'country'"),
    ],
)
def test_hetero_features_of_unlike_widths_are_left_out_with_a_warning(city, country, found):
    data = hetero()
    data["city"].x = city
    if country is not None:
        data["country"].x = country
    with pytest.warns(UserWarning, match=f"the graph has no features: .* {found}"):
        graph = KnowledgeGraph.from_pyg(data)
    assert graph.features is None
    assert graph.fingerprint == KnowledgeGraph.from_pyg(hetero()).fingerprint


def test_features_of_another_shape_are_left_out_with_a_warning():
    data = Data(x=torch.zeros(3), edge_index=EDGES)
    with pytest.warns(UserWarning, match=r"x must have the shape \[node, dim\], .* got shape \(3,\); bring"):
        graph = KnowledgeGraph.from_pyg(data, labels=LABELS)
    assert graph.features is None


@pytest.mark.parametrize(
    ("data", "arguments", "message"),
    [
        (Data(edge_index=EDGES), {}, "without labels .* pass labels"),
        (Data(edge_index=EDGES, label=torch.tensor([0, 1, 2])), {}, "labels of data must be a list of strings"),
        (Data(edge_index=EDGES), {"labels": {"a": LABELS}}, "must be lists in row order, got a mapping"),
        (Data(edge_index=EDGES), {"labels": LABELS[:2]}, r"unknown entity: rows must lie in \[0, 2\), got 2"),
        (Data(edge_index=-EDGES), {"labels": LABELS}, r"unknown entity: rows must lie in \[0, 3\), got -1"),
        (Data(edge_index=EDGES[0]), {"labels": LABELS}, r"edge_index must have shape \[2, edge\], got \(2,\)"),
        (Data(x=torch.eye(4), edge_index=EDGES), {"labels": LABELS}, "got 3 labels and 4 by x"),
        (Data(num_nodes=5, edge_index=EDGES), {"labels": LABELS}, "got 3 labels and 5 by num_nodes"),
        (Data(edge_index=EDGES), {"labels": LABELS, "entity_ids": ["a"]}, "got 3 labels and 1 by entity_ids"),
        (Data(edge_index=EDGES), {"labels": LABELS, "entity_ids": ["a", "a", "b"]}, "must be distinct, got one twice"),
        (Data(edge_index=EDGES, edge_type=torch.tensor([0])), {"labels": LABELS}, "each of 2 edges, got 1"),
        (
            Data(edge_index=EDGES, edge_type=torch.tensor([0, 3])),
            {"labels": LABELS, "relations": ["r"]},
            r"edge_type must lie in \[0, 1\), got 0 to 3",
        ),
        (
            Data(edge_index=EDGES, name_priors=[[0.5], [], [2.0]]),
            {"labels": LABELS},
            "name_priors of '2' must be numbers",
        ),
        (hetero(), {"labels": LABELS}, "must map each node type to a list, got a list"),
        (hetero(), {"relations": ["r"]}, "relations of a HeteroData are its edge types"),
        (
            hetero(),
            {"entity_ids": {"city": ["a", "b"], "country": ["b", "c"]}},
            "got 'b' in two node types",
        ),
    ],
)
def test_bad_input_is_refused(data, arguments, message):
    with pytest.raises(GraphError, match=message):
        KnowledgeGraph.from_pyg(data, **arguments)


def test_what_is_no_graph_of_pyg_is_refused():
    with pytest.raises(GraphError, match="from_pyg takes a torch_geometric Data or HeteroData, got dict"):
        KnowledgeGraph.from_pyg({"edge_index": []})
