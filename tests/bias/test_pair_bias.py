"""Pair bias, mention vectors and values: equal to their formulas, bounded, zero where they must be."""

import pytest
import torch

from kgattn.bias import MentionValues, MentionVectors, PairBias, RelationMatches, match_relations
from kgattn.graph import KnowledgeGraph
from kgattn.mentions import MentionBatch


def no_matches():
    none = torch.zeros(0, dtype=torch.long)
    return RelationMatches(none, none, none, none, torch.zeros(0))


@pytest.fixture
def bias():
    torch.manual_seed(0)
    module = PairBias(dim=4, code_dim=3, num_layers=2, num_heads=2, rank=2, bound=1.5, gate_scale=2.0)
    torch.nn.init.normal_(module.gate, std=2.0)
    return module


def test_the_table_is_its_formula(bias):
    mentions, codes = torch.randn(1, 2, 4), torch.randn(3, 3)
    index = torch.tensor([0, 0])
    matches = RelationMatches(
        index, torch.tensor([0, 0]), torch.tensor([1, 1]), torch.tensor([1, 2]), torch.tensor([0.5, 1.0])
    )
    table = bias(mentions, matches, codes)
    assert table.shape == (2, 1, 2, 3, 3)
    assert not table[..., 0, :].any()
    assert not table[..., :, 0].any()
    layer, head = 1, 0
    row = layer * 2 + head
    query = bias.query_projection.weight[2 * row : 2 * row + 2] @ mentions[0, 0]
    key = bias.key_projection.weight[2 * row : 2 * row + 2] @ mentions[0, 1]
    relation = bias.relation.weight[row] @ (0.5 * codes[1] + codes[2])
    salience = bias.salience.weight[row] @ mentions[0, 1] + bias.salience.bias[row]
    total = 2.0 * bias.gate[layer, head] * (query @ key / 2**0.5 + relation + salience)
    torch.testing.assert_close(table[layer, 0, head, 1, 2], 1.5 * torch.tanh(total / 1.5))


def test_queries_in_no_mention_look_by_salience_where_they_are_asked_to(bias):
    mentions, codes = torch.randn(2, 3, 4), torch.randn(1, 3)
    mentions[1, 2] = 0
    expected = bias(mentions, no_matches(), codes)
    bias.unlinked_queries = (False, True)
    table = bias(mentions, no_matches(), codes)
    assert torch.equal(table[0], expected[0])
    assert torch.equal(table[1, ..., 1:, :], expected[1, ..., 1:, :])
    assert not table[..., 0].any()
    layer, head = 1, 1
    row = layer * 2 + head
    salience = bias.salience.weight[row] @ mentions[1, 0] + bias.salience.bias[row]
    total = 2.0 * bias.gate[layer, head] * salience
    torch.testing.assert_close(table[layer, 1, head, 0, 1], 1.5 * torch.tanh(total / 1.5))
    assert not table[1, 1, :, 0, 3].any()  # padding is not looked at
    assert table[1, 0, :, 0, 3].any()


def test_it_is_bounded_and_zero_for_padding(bias):
    mentions = 100 * torch.randn(2, 3, 4)
    mentions[1, 2] = 0
    table = bias(mentions, no_matches(), torch.randn(1, 3))
    assert table.abs().max() <= 1.5
    assert not table[:, 1, :, 3].any()
    assert not table[:, 1, :, :, 3].any()
    assert table[:, 0, :, 3].any()


def test_without_content_and_relations_terms_are_all_there_is():
    torch.manual_seed(0)
    sizes = {"dim": 4, "code_dim": 3, "num_layers": 2, "num_heads": 2, "rank": 2, "bound": 1.5, "gate_scale": 2.0}
    bias = PairBias(**sizes, unlinked_queries=(True, True), num_terms=1, content=False, relations=False)
    torch.nn.init.normal_(bias.gate, std=2.0)
    torch.nn.init.normal_(bias.strength)
    assert {name for name, _ in bias.named_parameters()} == {"gate", "strength"}
    index = torch.zeros(2, dtype=torch.long)
    matches = RelationMatches(index, index, torch.tensor([1, 1]), torch.tensor([1, 2]), torch.tensor([0.5, 0.25]))
    table = bias(torch.tensor([[[1.0], [1.0], [0.0]]]), matches, torch.randn(2, 3))
    term = 2.0 * bias.gate * 2.0 * bias.strength[0] * 0.25
    torch.testing.assert_close(table[:, 0, :, 1, 2], 1.5 * torch.tanh(term / 1.5))
    table[:, 0, :, 1, 2] = 0
    assert not table.any()


def test_values_are_gated_projections():
    torch.manual_seed(0)
    values = MentionValues(dim=4, num_layers=2, num_heads=3, head_dim=5, gate_scale=2.0)
    mentions = torch.randn(1, 2, 4)
    assert not values(mentions).any()
    torch.nn.init.normal_(values.gate)
    table = values(mentions)
    assert table.shape == (2, 1, 3, 3, 5)
    assert not table[..., 0, :].any()
    layer, head = 1, 2
    weight = values.project.weight.view(2, 3, 5, 4)[layer, head]
    torch.testing.assert_close(table[layer, 0, head, 2], 2.0 * values.gate[layer, head] * weight @ mentions[0, 1])


def test_a_mention_is_the_weighted_mean_of_candidates_and_nil():
    torch.manual_seed(0)
    module = MentionVectors(dim=4, dropout=0.0)
    torch.nn.init.normal_(module.nil)
    entities, priors = torch.randn(1, 2, 2, 4), torch.tensor([[[0.6, 0.3], [0.0, 0.0]]])
    output = module(entities, priors)
    logits = [priors[0, 0, c].log() + module.score.weight[0] @ entities[0, 0, c] for c in range(2)]
    weights = torch.stack([*logits, module.nil_logit[0]]).softmax(0)
    expected = weights[0] * entities[0, 0, 0] + weights[1] * entities[0, 0, 1] + weights[2] * module.nil
    torch.testing.assert_close(output[0, 0], expected)
    assert not output[0, 1].any()


def test_matches_are_the_triples_between_mentions():
    graph = KnowledgeGraph.from_triples([("a", "r", "b"), ("a", "s", "b"), ("b", "r", "c"), ("d", "r", "e")])
    row = graph.entity_index
    entities = torch.tensor(
        [[[row("a"), row("c")], [row("b"), -1], [row("a"), -1]], [[row("b"), -1]] * 1 + [[-1, -1]] * 2]
    )
    priors = torch.tensor([[[0.5, 0.25], [0.8, 0.0], [1.0, 0.0]], [[1.0, 0.0], [0.0, 0.0], [0.0, 0.0]]])
    matches = match_relations(graph, MentionBatch(torch.zeros(2, 1, dtype=torch.long), entities, priors))
    names = [*map(str, graph.relation_ids), *(f"inverse {name}" for name in graph.relation_ids), "same"]
    found = {
        (int(b), int(q), int(k), names[int(r)]): round(float(w), 4)
        for b, q, k, r, w in zip(
            matches.batch, matches.query, matches.key, matches.relation, matches.weight, strict=True
        )
    }
    expected = {
        (0, 0, 1, "r"): 0.4,
        (0, 0, 1, "s"): 0.4,
        (0, 2, 1, "r"): 0.8,
        (0, 2, 1, "s"): 0.8,
        (0, 1, 0, "r"): 0.2,
        (0, 0, 2, "same"): 0.5,
        (0, 2, 0, "same"): 0.5,
        **{(0, m, m, "same"): 1.0 for m in range(3)},
        (1, 0, 0, "same"): 1.0,
    }
    inverses = {(b, k, q, f"inverse {name}"): weight for (b, q, k, name), weight in expected.items() if name != "same"}
    assert found == {**expected, **inverses}
