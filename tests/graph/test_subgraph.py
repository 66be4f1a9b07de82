import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgattn.errors import GraphError
from kgattn.graph import KnowledgeGraph, pair_relations, sample_subgraph

names = st.sampled_from([f"entity {number}" for number in range(12)])
triple_lists = st.lists(st.tuples(names, st.sampled_from(["r", "s"]), names), min_size=1, max_size=40)


def edges_as_texts(graph, subgraph):
    """Every edge of a subgraph, written out."""
    entities = [graph.entity_ids[row] for row in subgraph.entities.tolist()]
    relations = [*graph.relation_ids, *(f"{name} reversed" for name in graph.relation_ids)]
    source, target = subgraph.edge_index.tolist()
    return [
        (entities[start], relations[kind], entities[end])
        for start, end, kind in zip(source, target, subgraph.edge_type.tolist(), strict=True)
    ]


def test_each_triple_is_two_edges(graph):
    subgraph = sample_subgraph(graph, np.array([1]), num_hops=1, fan_out=8)
    assert subgraph.entities.dtype == subgraph.edge_index.dtype == subgraph.edge_type.dtype == np.int64
    assert subgraph.entities[0] == 1
    assert set(edges_as_texts(graph, subgraph)) == {
        ("Q64", "capitalOf", "Q183"),
        ("Q64", "located in", "Q183"),
        ("Q46", "partOf reversed", "Q183"),
    }
    assert (subgraph.num_nodes, subgraph.num_edges) == (3, 3)


def test_each_hop_goes_one_step_further(graph):
    sizes = [sample_subgraph(graph, np.array([2]), num_hops=hops, fan_out=8).num_nodes for hops in range(4)]
    assert sizes == [1, 2, 3, 3]
    assert sample_subgraph(graph, np.array([2]), num_hops=0, fan_out=8).num_edges == 0


def test_no_seeds_give_an_empty_subgraph(graph):
    subgraph = sample_subgraph(graph, np.zeros(0, dtype=np.int64), num_hops=2, fan_out=8)
    assert subgraph.edge_index.shape == (2, 0)
    assert subgraph.num_nodes == 0


def test_a_graph_without_triples_gives_the_seeds():
    graph = KnowledgeGraph.from_triples([], labels={"a": "A", "b": "B"})
    subgraph = sample_subgraph(graph, np.array([1, 0]), num_hops=2, fan_out=8)
    assert subgraph.entities.tolist() == [1, 0]
    assert subgraph.num_edges == 0


def test_a_hub_keeps_fan_out_edges():
    graph = KnowledgeGraph.from_triples([(f"town {number}", "in", "France") for number in range(500)])
    hub = graph.entity_index("France")
    subgraph = sample_subgraph(graph, np.array([hub]), num_hops=1, fan_out=7)
    assert subgraph.num_edges == 7
    assert subgraph.num_nodes == 8


@settings(max_examples=30, deadline=None)
@given(triple_lists, st.randoms(), st.integers(0, 3), st.integers(0, 4))
def test_what_a_seed_sees_ignores_row_numbers_and_the_order_of_triples(triples, random, num_hops, fan_out):
    graph = KnowledgeGraph.from_triples(triples)
    shuffled = list(triples)
    random.shuffle(shuffled)
    labels = list(graph.entity_ids)
    random.shuffle(labels)
    other = KnowledgeGraph.from_triples(shuffled, labels={name: name for name in labels})
    seeds = list(graph.entity_ids)[:2]
    first, second = (
        sample_subgraph(each, np.array([each.entity_index(name) for name in seeds]), num_hops, fan_out)
        for each in (graph, other)
    )
    assert edges_as_texts(graph, first) == edges_as_texts(other, second)


@settings(max_examples=30, deadline=None)
@given(triple_lists, st.integers(1, 3), st.integers(1, 4))
def test_edges_are_true_unique_limited_and_complete_below_the_limit(triples, num_hops, fan_out):
    graph = KnowledgeGraph.from_triples(triples)
    subgraph = sample_subgraph(graph, np.array([0]), num_hops, fan_out)
    edges = edges_as_texts(graph, subgraph)
    true = {(h, r, t) for h, r, t in triples} | {(t, f"{r} reversed", h) for h, r, t in triples}
    assert len(set(edges)) == len(edges)
    assert set(edges) <= true
    assert len(set(subgraph.entities.tolist())) == subgraph.num_nodes
    into_seed = [edge for edge in true if edge[2] == graph.entity_ids[0]]
    assert sum(end == 0 for end in subgraph.edge_index[1].tolist()) == min(len(into_seed), fan_out)


@settings(max_examples=30, deadline=None)
@given(triple_lists)
def test_a_seed_sees_the_same_alone_and_in_a_batch(triples):
    graph = KnowledgeGraph.from_triples(triples)
    alone = sample_subgraph(graph, np.array([0]), 1, 2)
    batch = sample_subgraph(graph, np.arange(graph.num_entities)[::-1].copy(), 1, 2)
    into_seed = [edge for edge in edges_as_texts(graph, batch) if edge[2] == graph.entity_ids[0]]
    assert edges_as_texts(graph, alone) == into_seed


@pytest.mark.parametrize(
    ("seeds", "num_hops", "fan_out", "message"),
    [
        ([4], 1, 8, r"seeds must lie in \[0, 4\), got 4"),
        ([-1], 1, 8, r"seeds must lie in \[0, 4\), got -1"),
        ([1, 1], 1, 8, "seeds must be distinct"),
        ([1], -1, 8, "must be at least 0, got -1 and 8"),
        ([1], 1, -8, "must be at least 0, got 1 and -8"),
    ],
)
def test_bad_requests_are_refused(graph, seeds, num_hops, fan_out, message):
    with pytest.raises(GraphError, match=message):
        sample_subgraph(graph, np.array(seeds), num_hops, fan_out)


@settings(max_examples=30, deadline=None)
@given(triple_lists)
def test_pair_relations_finds_every_triple_of_every_pair(triples):
    graph = KnowledgeGraph.from_triples(triples)
    heads, tails = (ends.ravel() for ends in np.indices((graph.num_entities + 1,) * 2) - 1)
    number, relation = pair_relations(graph, heads, tails)
    found = sorted(zip(heads[number].tolist(), relation.tolist(), tails[number].tolist(), strict=True))
    assert found == [tuple(triple) for triple in graph.triples.tolist()]
    assert (np.diff(number) >= 0).all()


@pytest.mark.parametrize("num_relations", [60, 100, 127, 130])
def test_rows_of_relations_can_be_counted_on_with(num_relations):
    """Indexes hold them in as few bytes as will do; sums with the number of relations must not wrap."""
    triples = [(f"a{number}", f"r{number}", "b") for number in range(num_relations)]
    graph = KnowledgeGraph.from_triples(triples)
    heads = np.array([graph.entity_index(f"a{number}") for number in range(num_relations)])
    _, relations = pair_relations(graph, heads, np.full(num_relations, graph.entity_index("b")))
    assert sorted((relations + num_relations).tolist()) == list(range(num_relations, 2 * num_relations))
    subgraph = sample_subgraph(graph, np.array([graph.entity_index("b")]), num_hops=1, fan_out=200)
    assert sorted((subgraph.edge_type + num_relations).tolist()) == list(range(num_relations, 2 * num_relations))
