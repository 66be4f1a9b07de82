"""Edges, paths, shared types, siblings and rules between mentions: weighed by priors, with strengths of their own."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kgattn.bias import KINDS, PairBias, PairTerms, match_relations, term_names
from kgattn.graph import KnowledgeGraph, Rule
from kgattn.graph.shared_types import shared_types
from kgattn.mentions import MentionBatch

RULE = Rule("guests", "SELECT ?head ?tail WHERE { ?head relation:visits ?city . ?city relation:in ?tail }")
TYPES = {"Ann": ["person", "artist"], "Bob": ["person"], "Rome": ["city"], "Italy": []}


@pytest.fixture(scope="module")
def graph():
    triples = [("Ann", "visits", "Rome"), ("Bob", "visits", "Rome"), ("Rome", "in", "Italy"), ("Italy", "in", "Europe")]
    return KnowledgeGraph.from_triples(triples, types=TYPES)


@pytest.fixture(scope="module")
def terms(graph):
    return PairTerms.of(graph, KINDS, 8, (RULE,))


def batch_of(graph, *mentions):
    """One example; a mention is a dict of entity ids and priors."""
    width = max(map(len, mentions))
    entities, priors = torch.full((1, len(mentions), width), -1), torch.zeros(1, len(mentions), width)
    for row, mention in enumerate(mentions):
        for column, (name, prior) in enumerate(mention.items()):
            entities[0, row, column], priors[0, row, column] = graph.entity_index(name), prior
    return MentionBatch(torch.zeros(1, 1, dtype=torch.long), entities, priors)


def found(graph, terms, mentions, off=()):
    matches = match_relations(graph, mentions, terms, off)
    first = 2 * graph.num_relations + 1
    rows = zip(matches.query, matches.key, matches.relation, matches.weight, strict=True)
    return {
        (int(query), int(key), terms.names[int(relation) - first]): round(float(weight), 4)
        for query, key, relation, weight in rows
        if relation >= first
    }


def test_terms_are_matched_in_both_directions_and_rules_in_theirs(graph, terms):
    mentions = batch_of(graph, {"Ann": 0.5, "Rome": 0.25}, {"Bob": 0.8}, {"Italy": 1.0})
    symmetric = {
        (0, 1, "path of 2"): 0.4,
        (0, 1, "siblings"): 0.4,
        (0, 1, "shared types"): 0.2,
        (0, 1, "edge"): 0.2,
        (0, 2, "edge"): 0.25,
        (0, 2, "path of 2"): 0.5,
        (1, 2, "path of 2"): 0.8,
    }
    expected = {**symmetric, **{(key, query, name): weight for (query, key, name), weight in symmetric.items()}}
    rules = {(0, 2, "guests"): 0.5, (1, 2, "guests"): 0.8}
    assert found(graph, terms, mentions) == {**expected, **rules}
    assert found(graph, terms, mentions, off=("guests",)) == expected
    assert found(graph, terms, mentions, off=terms.names) == {}


def test_paths_of_three_are_told_from_shorter_ones(graph, terms):
    assert found(graph, terms, batch_of(graph, {"Ann": 1.0}, {"Europe": 0.5})) == {
        (0, 1, "path of 3"): 0.5,
        (1, 0, "path of 3"): 0.5,
    }


def test_an_entity_is_not_near_itself(graph, terms):
    assert found(graph, terms, batch_of(graph, {"Ann": 1.0}, {"Ann": 1.0})) == {}


def test_terms_come_after_the_relations_and_change_none_of_them(graph, terms):
    mentions = batch_of(graph, {"Ann": 0.5, "Rome": 0.25}, {"Bob": 0.8}, {"Italy": 1.0})
    plain, more = match_relations(graph, mentions), match_relations(graph, mentions, terms)
    for name, values in vars(plain).items():
        assert torch.equal(vars(more)[name][: len(values)], values)


def test_only_what_is_asked_for_is_matched(graph):
    mentions = batch_of(graph, {"Ann": 1.0}, {"Bob": 1.0})
    for kinds in ((), ("types",), ("siblings", "paths")):
        names = {name for *_, name in found(graph, PairTerms.of(graph, kinds, 8, ()), mentions)}
        assert names == set(term_names(kinds, ())) - {"path of 3"}


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sets(st.integers(0, 4)), min_size=2, max_size=6))
def test_shared_types_are_intersection_over_union(types):
    labels = {str(row): str(row) for row in range(len(types))}
    graph = KnowledgeGraph.from_triples(
        [], labels=labels, types={str(row): [f"t{kind}" for kind in kinds] for row, kinds in enumerate(types)}
    )
    first, second = (rows.reshape(-1) for rows in np.indices((len(types), len(types))))
    expected = [len(a & b) / max(len(a | b), 1) for a in types for b in types]
    np.testing.assert_allclose(shared_types(graph, first, second), expected, rtol=1e-6)


def make_bias(num_terms):
    torch.manual_seed(0)
    bias = PairBias(
        dim=4, code_dim=3, num_layers=2, num_heads=2, rank=2, bound=1.5, gate_scale=2.0, num_terms=num_terms
    )
    torch.nn.init.normal_(bias.gate)
    return bias


def test_a_strength_is_added_to_the_relations_before_gate_and_bound(graph, terms):
    mentions = batch_of(graph, {"Ann": 0.5}, {"Italy": 1.0})
    vectors, codes = torch.randn(1, 2, 4), torch.randn(2 * graph.num_relations + 1, 3)
    bias = make_bias(len(terms.names))
    without = bias(vectors, match_relations(graph, mentions), codes)
    torch.nn.init.normal_(bias.strength)
    table = bias(vectors, match_relations(graph, mentions, terms), codes)
    layer, head = 1, 0
    both = terms.names.index("guests"), terms.names.index("path of 2")
    added = 0.5 * 2.0 * sum(bias.strength[term, layer, head] for term in both)
    total = 1.5 * torch.atanh(without[layer, 0, head, 1, 2] / 1.5) + 2.0 * bias.gate[layer, head] * added
    torch.testing.assert_close(table[layer, 0, head, 1, 2], 1.5 * torch.tanh(total / 1.5))


def test_strengths_of_zero_are_no_terms_bit_for_bit(graph, terms):
    mentions = batch_of(graph, {"Ann": 0.5, "Rome": 0.3}, {"Italy": 1.0}, {"Bob": 0.7})
    vectors, codes = torch.randn(1, 3, 4), torch.randn(2 * graph.num_relations + 1, 3)
    plain, bias = make_bias(0), make_bias(len(terms.names))
    assert list(plain.state_dict()) == [name for name in bias.state_dict() if name != "strength"]
    expected = plain(vectors, match_relations(graph, mentions), codes)
    assert expected.any()
    assert torch.equal(bias(vectors, match_relations(graph, mentions, terms), codes), expected)
    torch.nn.init.normal_(bias.strength)
    assert torch.equal(bias(vectors, match_relations(graph, mentions, terms, terms.names), codes), expected)


def test_the_bias_of_a_term_alone_is_told(terms):
    bias = make_bias(len(terms.names))
    assert not bias.term_biases().any()
    torch.nn.init.normal_(bias.strength, std=3.0)
    term, layer, head = 4, 1, 1
    expected = 1.5 * torch.tanh(2.0 * bias.gate[layer, head] * 2.0 * bias.strength[term, layer, head] / 1.5)
    torch.testing.assert_close(bias.term_biases()[term, layer, head], expected)
    assert bias.term_biases().abs().max() <= 1.5
    assert make_bias(0).term_biases().shape == (0, 2, 2)
