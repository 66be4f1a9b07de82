"""The guarantees of an injection over every graph encoder; plugins from before there was a choice still load."""

import json

import pytest
import torch

import kgattn
from kgattn.encoders import COMPOSITIONS, ENCODERS
from kgattn.errors import ConfigError, PluginError
from kgattn.graph import KnowledgeGraph
from kgattn.injection import InjectionConfig

from .conftest import CLOSE, LENGTH, TRIPLES, TYPES, Batch, check_that_all_learn, make_batch, make_model, open_gates

CASES = [{"encoder": name} for name in ENCODERS if name != "compgcn"]
CASES += [{"encoder": "compgcn", "composition": name} for name in COMPOSITIONS]
HOPS = (1, 2)


@pytest.fixture(params=CASES, ids=lambda case: "-".join(case.values()))
def chosen(request) -> dict:
    return request.param


@pytest.fixture(params=HOPS)
def config(request, chosen) -> InjectionConfig:
    return InjectionConfig(**chosen, num_hops=request.param)


@pytest.fixture
def model(config, graph):
    return open_gates(kgattn.inject(make_model("bert"), graph, config))


def test_law_1_injecting_changes_no_bit(config, graph, batch: Batch):
    plain, injected = make_model("bert"), kgattn.inject(make_model("bert"), graph, config)
    assert torch.equal(plain(**batch.plain).logits, injected(**batch.all).logits)


def test_law_3_a_batch_equals_its_examples_one_by_one(model, batch: Batch):
    alone = [model(**{name: value[row : row + 1] for name, value in batch.all.items()}).logits for row in range(3)]
    mask = batch.plain["attention_mask"].bool()
    torch.testing.assert_close(model(**batch.all).logits[mask], torch.cat(alone)[mask], **CLOSE)


def test_law_4_renumbering_and_reordering_change_nothing(model, batch: Batch):
    expected = model(**batch.all).logits
    labels = {name: name for name in sorted(TYPES, key=lambda name: name[::-1])}
    renumbered = KnowledgeGraph.from_triples(TRIPLES[::-1], labels=labels, types=dict(reversed(TYPES.items())))
    assert list(renumbered.entity_ids) != list(model.kgattn.graph.entity_ids)
    assert list(renumbered.relation_ids) != list(model.kgattn.graph.relation_ids)
    model.kgattn.swap_graph(renumbered)
    torch.testing.assert_close(model(**make_batch(renumbered).all).logits, expected, **CLOSE)


def test_law_5_every_parameter_learns_within_two_steps(config, graph, batch: Batch):
    model = kgattn.inject(make_model("bert"), graph, config).train()
    labels = torch.randint(0, 5, (3, LENGTH), generator=torch.Generator().manual_seed(2))
    check_that_all_learn(model, batch.all, labels)


def test_a_graph_with_other_relations_and_one_without_any_work(model, config, batch: Batch):
    before = model(**batch.all).logits
    others = [(head, f"not {relation}", tail) for head, relation, tail in TRIPLES] + [("Paris", "twin of", "Berlin")]
    answers = []
    for triples in (others, []):
        model.kgattn.swap_graph(
            KnowledgeGraph.from_triples(triples, labels={name: name for name in TYPES}, types=TYPES)
        )
        inputs = make_batch(model.kgattn.graph).all
        answers.append(model(**inputs).logits)
        assert torch.isfinite(answers[-1]).all()
        with torch.no_grad():  # the cache gives what training computes
            torch.testing.assert_close(model(**inputs).logits, answers[-1], **CLOSE)
    assert not torch.allclose(before, answers[0], atol=1e-6)
    assert not torch.allclose(answers[0], answers[1], atol=1e-6)


def test_neighbours_show_unless_there_are_to_be_none(model, config, batch: Batch):
    entities = batch.links["kg_entities"]
    with torch.no_grad():
        before = model.kgattn.encoder(model.kgattn.features, entities)
        labels = {name: name for name in TYPES}
        model.kgattn.swap_graph(KnowledgeGraph.from_triples(TRIPLES[1:], labels=labels, types=TYPES))
        after = model.kgattn.encoder(model.kgattn.features, make_batch(model.kgattn.graph).links["kg_entities"])
    assert torch.allclose(before, after, atol=1e-5) is (config.encoder == "none")


def test_what_is_saved_comes_back(model, config, batch: Batch, tmp_path):
    model.kgattn.save(tmp_path)
    again = kgattn.load(make_model("bert"), tmp_path)
    assert again.kgattn.config == config
    assert torch.equal(again(**batch.all).logits, model(**batch.all).logits)


def test_a_plugin_saved_before_there_was_a_choice_loads_as_rgcn(graph, batch: Batch, tmp_path):
    model = open_gates(kgattn.inject(make_model("bert"), graph))
    model.kgattn.save(tmp_path)
    head = json.loads((tmp_path / "kgattn_config.json").read_text())
    del head["injection"]["encoder"], head["injection"]["composition"]
    (tmp_path / "kgattn_config.json").write_text(json.dumps(head))
    again = kgattn.load(make_model("bert"), tmp_path)
    assert again.kgattn.config.encoder == "rgcn"
    assert torch.equal(again(**batch.all).logits, model(**batch.all).logits)


def test_weights_of_another_encoder_are_refused(graph, tmp_path):
    kgattn.inject(make_model("bert"), graph).kgattn.save(tmp_path)
    head = json.loads((tmp_path / "kgattn_config.json").read_text())
    head["injection"]["encoder"] = "rgat"
    (tmp_path / "kgattn_config.json").write_text(json.dumps(head))
    with pytest.raises(PluginError, match="do not fit its settings"):
        kgattn.load(make_model("bert"), tmp_path)


@pytest.mark.parametrize("settings", [{"encoder": "gcn"}, {"composition": "sum"}])
def test_unknown_names_are_refused(settings):
    name, value = next(iter(settings.items()))
    with pytest.raises(ConfigError, match=f"{name} must be one of .*, got '{value}'"):
        InjectionConfig(**settings)
