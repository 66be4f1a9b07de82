"""Rules and pair terms in an injected model: they act where they hold, can be switched off, and go where it goes."""

import copy
import json
import pickle
import threading
from functools import partial
from pathlib import Path

import pytest
import torch
from transformers import AutoTokenizer

import kgattn
from kgattn.bias import KINDS
from kgattn.errors import ConfigError, InjectionError, RuleError
from kgattn.graph import KnowledgeGraph, Rule, rule_pairs
from kgattn.injection import InjectionConfig
from kgattn.mentions import MentionBatch

from .conftest import CLOSE, LENGTH, TRIPLES, TYPES, Batch, make_batch, make_model, open_gates

ROOT = Path(__file__).parents[2]
VIA = Rule("via", "SELECT ?head ?tail WHERE { ?head relation:capital_20_of|relation:neighbour_20_of ?tail }")
TURNED = Rule("turned", "# the other way round\nSELECT ?head ?tail WHERE { ?tail relation:neighbour_20_of ?head }")
ALL = InjectionConfig(pair_terms=KINDS, rules=(VIA, TURNED))


def with_strengths(model):
    torch.nn.init.normal_(model.kgattn.pair_bias.strength, generator=torch.Generator().manual_seed(5))
    return open_gates(model)


@pytest.fixture(scope="module")
def trained(graph):
    return with_strengths(kgattn.inject(make_model("bert"), graph, ALL))


def demo_sentences(graph):
    """Those of the bundled corpus, and those with a country and a city again, with its capital as the city.

    As it is, the corpus names no capital beside its country: its places are drawn at random.
    """
    capital = {
        graph.labels[tail]: graph.labels[head].split()
        for head, relation, tail in graph.triples.tolist()
        if graph.relation_ids[relation] == "capitalOf"
    }
    sentences = []
    for line in (ROOT / "kg_data" / "demo" / "positive" / "test.jsonl").read_text(encoding="utf-8").splitlines():
        words, tags = json.loads(line).values()
        sentences.append(words)
        country = next((word for word, tag in zip(words, tags, strict=True) if word in capital), None)
        if country is not None and tags.count("B-CITY") == 1 and "I-CITY" not in tags:
            at = tags.index("B-CITY")
            sentences.append([*words[:at], *capital[country], *words[at + 1 :]])
    return sentences


def test_a_rule_of_the_bundled_graph_changes_the_table_exactly_where_it_fires(bert_tiny_path):
    """A capital looks at its country, named nearby."""
    graph = KnowledgeGraph.load(ROOT / "kg_data" / "bundled")
    rules = kgattn.read_rules(ROOT / "examples" / "rules" / "capital_of_the_country.rq")
    model = with_strengths(kgattn.inject(make_model("bert"), graph, InjectionConfig(rules=rules)))
    processor = kgattn.Processor(AutoTokenizer.from_pretrained(bert_tiny_path), kgattn.EntityLinker(graph))
    batch = processor(demo_sentences(graph), is_split_into_words=True, return_tensors="pt", padding=True)

    capitals = {
        (head, tail) for head, relation, tail in graph.triples.tolist() if graph.relation_ids[relation] == "capitalOf"
    }
    slots = batch["kg_entities"].shape[1] + 1
    fires = torch.zeros(len(batch["kg_entities"]), slots, slots, dtype=torch.bool)
    for row, mentions in enumerate(batch["kg_entities"].tolist()):
        for query, heads in enumerate(mentions, start=1):
            for key, tails in enumerate(mentions, start=1):
                fires[row, query, key] = any((head, tail) in capitals for head in heads for tail in tails)
    assert int(fires.sum()) >= 8
    assert int(fires.any(dim=(1, 2)).sum()) <= 0.2 * len(fires)

    mentions = MentionBatch(batch["kg_token_slot"], batch["kg_entities"], batch["kg_priors"])
    with torch.no_grad():
        with_rule = model.kgattn(mentions).pair_bias
        with model.kgattn.without("capital_of_the_country"):
            without = model.kgattn(mentions).pair_bias
    for layer in range(len(with_rule)):
        changed = with_rule[layer] != without[layer]
        assert torch.equal(changed.any(dim=1), fires)
        assert torch.equal(changed.all(dim=1), fires)


def test_a_strength_of_zero_is_no_rule_bit_for_bit(graph, batch: Batch):
    models = []
    for config in (InjectionConfig(), ALL):
        model = make_model("bert")
        torch.manual_seed(4)
        models.append(open_gates(kgattn.inject(model, graph, config)))
    plain, ruled = (model(**batch.all).logits for model in models)
    assert torch.equal(plain, ruled)
    with_strengths(models[1])
    assert not torch.allclose(models[1](**batch.all).logits, plain, atol=1e-5)
    with models[1].kgattn.without(*models[1].kgattn.terms.names):
        assert torch.equal(models[1](**batch.all).logits, plain)


def test_law_1_injecting_with_all_terms_changes_no_bit(architecture, graph, batch: Batch):
    plain, model = make_model(architecture), make_model(architecture)
    kgattn.inject(model, graph, InjectionConfig(pair_terms=KINDS))
    torch.nn.init.normal_(model.kgattn.pair_bias.strength)
    assert torch.equal(model(**batch.all).logits, plain(**batch.plain).logits)


def test_law_4_renumbering_changes_nothing(trained, graph, batch: Batch):
    expected = trained(**batch.all).logits
    labels = {name: name for name in sorted(TYPES, key=lambda name: name[::-1])}
    renumbered = KnowledgeGraph.from_triples(TRIPLES[::-1], labels=labels, types=dict(reversed(TYPES.items())))
    other = copy.deepcopy(trained)
    other.kgattn.swap_graph(renumbered)
    torch.testing.assert_close(other(**make_batch(renumbered).all).logits, expected, **CLOSE)
    unrelated = KnowledgeGraph.from_triples([("Berlin", "is in", "Germany")], labels=labels, types=TYPES)
    other.kgattn.swap_graph(unrelated)
    assert not torch.allclose(other(**make_batch(unrelated).all).logits[0], expected[0], atol=1e-5)
    assert len(other.kgattn.terms.rules.keys) == 0


def test_law_5_every_term_learns_within_two_steps(architecture, graph):
    """Every strength of every term, with links in which each of them holds."""
    model = kgattn.inject(make_model(architecture), graph, InjectionConfig(pair_terms=KINDS)).train()
    batch = make_batch(graph)
    names = ("CDU", "France", "Berlin", "Paris")  # a path of 3; siblings and a path of 2; one type
    triples = [*TRIPLES, ("Germany", "has", "Berlin"), ("Germany", "has", "CDU"), ("Berlin", "near", "Paris")]
    model.kgattn.swap_graph(KnowledgeGraph.from_triples(triples, types=TYPES))
    entities = torch.tensor([[[model.kgattn.graph.entity_index(name)] for name in names]] * 3)
    slots = torch.zeros(3, LENGTH, dtype=torch.long)
    slots[:, 1:5] = torch.arange(1, 5)
    links = {"kg_token_slot": slots, "kg_entities": entities, "kg_priors": torch.ones(3, 4, 1)}
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    labels = torch.randint(0, 5, (3, LENGTH), generator=torch.Generator().manual_seed(2))
    for _ in range(2):
        optimizer.zero_grad()
        model(**batch.plain, **links, labels=labels).loss.backward()
        optimizer.step()
    for name, parameter in model.kgattn.named_parameters():
        assert torch.isfinite(parameter.grad).all(), name
        assert parameter.grad.any(), name
    learned = dict(zip(model.kgattn.terms.names, model.kgattn.pair_bias.strength.grad, strict=True))
    assert all(grad.any(dim=-1).all() for grad in learned.values()), learned


def test_without_content_and_relations_rules_bias_by_themselves(graph, batch: Batch, tmp_path):
    config = InjectionConfig(values=False, content=False, relations=False, rules=(VIA, TURNED))
    model = kgattn.inject(make_model("bert"), graph, config)
    plugin = model.kgattn
    assert {name for name, _ in plugin.named_parameters()} == {"pair_bias.gate", "pair_bias.strength"}
    plain = model(**batch.all).logits
    torch.nn.init.ones_(plugin.pair_bias.gate)
    assert torch.equal(model(**batch.all).logits, plain), "strengths are zero"
    torch.nn.init.ones_(plugin.pair_bias.strength)
    biased = model(**batch.all).logits
    assert not torch.equal(biased, plain)
    with plugin.without(VIA.name, TURNED.name):
        torch.testing.assert_close(model(**batch.all).logits, plain, rtol=0, atol=1e-6)
    plugin.save(tmp_path)
    other = kgattn.load(make_model("bert"), tmp_path)
    torch.testing.assert_close(other(**batch.all).logits, biased)
    plugin.swap_graph(graph)


def test_rules_are_saved_as_texts_and_evaluated_again(trained, batch: Batch, tmp_path):
    trained.kgattn.save(tmp_path)
    saved = json.loads((tmp_path / "kgattn_config.json").read_text())["injection"]
    assert saved["rules"] == {"via": VIA.query, "turned": TURNED.query}
    again = kgattn.load(make_model("bert"), tmp_path)
    assert again.kgattn.config == trained.kgattn.config
    assert torch.equal(again(**batch.all).logits, trained(**batch.all).logits)
    kgattn.save_pretrained(trained, tmp_path / "whole")
    assert torch.equal(kgattn.from_pretrained(tmp_path / "whole")(**batch.all).logits, trained(**batch.all).logits)


def test_a_saved_rule_that_reaches_out_is_refused(trained, tmp_path):
    trained.kgattn.save(tmp_path)
    path = tmp_path / "kgattn_config.json"
    config = json.loads(path.read_text())
    config["injection"]["rules"]["via"] = "SELECT ?head ?tail { SERVICE <http://example.org/> { ?head ?p ?tail } }"
    path.write_text(json.dumps(config))
    model = make_model("bert")
    with pytest.raises(RuleError, match="rule 'via', line 1: SERVICE is refused"):
        kgattn.load(model, tmp_path)
    assert not hasattr(model, "kgattn")


def test_a_plugin_saved_before_there_were_terms_gives_the_same_bits(graph, batch: Batch, tmp_path):
    model = open_gates(kgattn.inject(make_model("bert"), graph))
    model.kgattn.save(tmp_path)
    path = tmp_path / "kgattn_config.json"
    config = json.loads(path.read_text())
    for name in ("pair_terms", "hub_degree", "rules"):
        del config["injection"][name]
    path.write_text(json.dumps(config))
    again = kgattn.load(make_model("bert"), tmp_path)
    assert torch.equal(again(**batch.all).logits, model(**batch.all).logits)
    assert "pair_bias.strength" not in again.kgattn.state_dict()


def test_copies_and_pickles_keep_their_rules(trained, batch: Batch):
    expected = trained(**batch.all).logits
    for other in (copy.deepcopy(trained), pickle.loads(pickle.dumps(trained))):
        assert torch.equal(other(**batch.all).logits, expected)
        with other.kgattn.without("via"):
            assert not torch.equal(other(**batch.all).logits, expected)
            assert torch.equal(trained(**batch.all).logits, expected)


def test_terms_are_switched_off_one_by_one_in_this_thread(trained, batch: Batch):
    expected, seen = trained(**batch.all).logits, []
    injection = trained.kgattn
    with injection.without("via"):
        one = trained(**batch.all).logits
        with injection.without("turned", "siblings"):
            two = trained(**batch.all).logits
        assert torch.equal(trained(**batch.all).logits, one)
        worker = threading.Thread(target=lambda: seen.append(trained(**batch.all).logits))
        worker.start()
        worker.join()
    assert not torch.equal(one, expected)
    assert not torch.equal(two, one)
    assert torch.equal(seen[0], expected)
    with pytest.raises(ZeroDivisionError), injection.without("via"):
        1 / 0  # noqa: B018
    assert torch.equal(trained(**batch.all).logits, expected)


def test_learned_strengths_are_told_by_name(trained, graph):
    biases = trained.kgattn.term_biases()
    assert list(biases) == ["edge", "path of 2", "path of 3", "shared types", "siblings", "via", "turned"]
    assert {tuple(bias.shape) for bias in biases.values()} == {(2, 4)}
    assert all(0 < bias.abs().max() <= 4.0 for bias in biases.values())
    fresh = kgattn.inject(make_model("bert"), graph, InjectionConfig(bias=False, pair_terms=KINDS, rules=(VIA,)))
    assert fresh.kgattn.term_biases() == {}
    assert fresh.kgattn.terms.names == ()


def test_unknown_names_are_refused(trained):
    for names, got in ((("nothing",), "'nothing'"), ((), "'none'")):
        with pytest.raises(InjectionError, match=f"expected names among .*path of 2, .*via, turned, got {got}"):
            trained.kgattn.without(*names)


def test_settings_that_do_not_fit():
    with pytest.raises(
        ConfigError, match=r"pair_terms must be different ones of edges, paths, types, siblings, got \('path',\)"
    ):
        InjectionConfig(pair_terms=("path",))
    with pytest.raises(ConfigError, match="pair_terms must be different"):
        InjectionConfig(pair_terms=("paths", "paths"))
    with pytest.raises(ConfigError, match="hub_degree must be at least 1, got 0"):
        InjectionConfig(hub_degree=0)
    with pytest.raises(ConfigError, match="no rule may be called 'siblings', as a pair term is"):
        InjectionConfig(rules=(Rule("siblings", VIA.query),))
    construct = Rule("derives", "CONSTRUCT { ?a relation:in ?b } WHERE { ?b relation:has ?a }")
    with pytest.raises(RuleError, match="rule 'derives': expected a SELECT rule, got a CONSTRUCT one; call graph"):
        InjectionConfig(rules=(construct,))
    with pytest.raises(RuleError, match="rule 'via': the name is taken"):
        InjectionConfig(rules=(VIA, VIA))
    assert InjectionConfig.from_json(json.loads(json.dumps(ALL.to_json()))) == ALL


def test_a_rule_that_finds_too_much_leaves_model_and_graph_alone(trained, graph, monkeypatch):
    every = Rule("every", "SELECT ?head ?tail WHERE { ?head ?p ?x . ?tail ?q ?y }")
    monkeypatch.setattr("kgattn.bias.pair_terms.rule_pairs", partial(rule_pairs, limit=2))
    model = make_model("bert")
    with pytest.raises(RuleError, match="rule 'every': a rule may find 2 pairs"):
        kgattn.inject(model, graph, InjectionConfig(rules=(every,)))
    assert not hasattr(model, "kgattn")
    before = trained.kgattn.graph
    with pytest.raises(RuleError, match="may find 2 pairs"):
        trained.kgattn.swap_graph(KnowledgeGraph.from_triples([(f"e{n}", "capital of", "c") for n in range(4)]))
    assert trained.kgattn.graph is before
