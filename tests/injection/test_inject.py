"""What `inject` and the hook refuse, each before anything is changed."""

import copy
import inspect

import pytest
import torch
import transformers
from packaging.version import Version
from transformers import (
    BartConfig,
    BartForCausalLM,
    BartModel,
    CLIPConfig,
    CLIPModel,
    GPT2Config,
    GPT2Model,
    ResNetConfig,
    ResNetModel,
)

import kgattn
from kgattn.errors import ConfigError, GraphError, InjectionError, SlotError
from kgattn.graph import KnowledgeGraph
from kgattn.injection import InjectionConfig
from kgattn.mentions import MentionBatch

from .conftest import (
    MODELS,
    SERVED_SINCE,
    TRIPLES,
    TWO_STACKS,
    Batch,
    make_model,
    open_gates,
    skip_unless_served,
    why_not_served,
)


def test_only_transformers_models_can_be_injected(graph):
    with pytest.raises(InjectionError, match="needs a transformers PreTrainedModel, got Linear"):
        kgattn.inject(torch.nn.Linear(2, 2), graph)


def test_a_model_without_self_attention_is_refused_by_name(graph):
    model = ResNetModel(ResNetConfig(embedding_size=8, hidden_sizes=[8], depths=[1]))
    with pytest.raises(
        InjectionError, match=r"ResNetModel \(model type 'resnet'\) of .* has no self-attention .* bert"
    ):
        kgattn.inject(model, graph)
    assert not hasattr(model, "kgattn")


def test_attention_that_would_not_notice_is_refused(graph):
    """As in versions of transformers from before a model's attention came from the registry."""

    class BertSelfAttention(torch.nn.Module):
        def forward(self, hidden_states):
            return hidden_states

    model = make_model("bert")
    for layer in model.bert.encoder.layer:
        layer.attention.self = BertSelfAttention()
    with pytest.raises(InjectionError, match=r"BertSelfAttention of transformers \d.* does not fetch its attention"):
        kgattn.inject(model, graph)
    assert not hasattr(model, "kgattn")


def test_a_layer_that_drops_what_the_hook_hands_down_is_refused(graph):
    """As in versions of transformers that take unknown arguments and pass them on to no one."""

    class OldLayer(type(make_model("bert").bert.encoder.layer[0])):
        def forward(self, hidden_states, attention_mask=None, **kwargs):
            return super().forward(hidden_states, attention_mask)

    model = make_model("bert")
    model.bert.encoder.layer[1].__class__ = OldLayer
    with pytest.raises(InjectionError, match=r"OldLayer of transformers \d.* drops arguments it does not know"):
        kgattn.inject(model, graph)
    assert not hasattr(model, "kgattn")


@pytest.mark.parametrize("takes", ["unknown arguments", "them for its loss", "none but its own"])
def test_links_go_past_a_head_that_would_drop_them(graph, batch: Batch, takes):
    model = make_model("bert")

    class Deaf(type(model)):
        def forward(self, input_ids=None, attention_mask=None, **kwargs):
            return super().forward(input_ids, attention_mask)

    class Forgetful(type(model)):
        def forward(self, input_ids=None, attention_mask=None, labels=None, **kwargs):
            output = super().forward(input_ids, attention_mask)
            if labels is not None:
                output.loss = self.loss_function(output.logits, labels, self.config, **kwargs)
            return output

    class Strict(type(model)):
        def forward(self, input_ids=None, attention_mask=None):
            return super().forward(input_ids, attention_mask)

    usual = open_gates(kgattn.inject(make_model("bert"), graph))
    heads = {"unknown arguments": Deaf, "them for its loss": Forgetful, "none but its own": Strict}
    model.__class__ = heads[takes]
    plain = model(**batch.plain).logits
    kgattn.inject(model, graph).kgattn.load_state_dict(usual.kgattn.state_dict())
    assert torch.equal(model(**batch.all).logits, usual(**batch.all).logits)
    assert torch.equal(model(**batch.plain).logits, plain)
    assert torch.equal(model.kgattn.remove()(**batch.plain).logits, plain)
    assert not model._forward_pre_hooks
    assert not model._forward_hooks


def test_every_architecture_is_served_from_its_version_on():
    """So no test is skipped for an old transformers without need, and none at all on the newest."""
    installed = Version(transformers.__version__)
    late = {name for name, first in SERVED_SINCE.items() if installed < Version(first)}
    assert {name for name in MODELS if why_not_served(name)} == late


def test_another_attention_implementation_is_refused(graph):
    model = make_model("bert")
    model.config._attn_implementation_internal = "flex_attention"
    with pytest.raises(InjectionError, match="must be sdpa or eager to carry a bias, got 'flex_attention'"):
        kgattn.inject(model, graph)
    assert not hasattr(model, "kgattn")


def test_an_implementation_that_is_changed_later_is_refused_when_it_matters(graph, batch: Batch):
    model = open_gates(kgattn.inject(make_model("bert"), graph))
    site = model.bert.encoder.layer[1].attention.self.kgattn_site
    site.config = copy.copy(site.config)
    site.config._attn_implementation_internal = "flex_attention"
    with pytest.raises(InjectionError, match="to carry a bias, it was changed to 'flex_attention'"):
        model(**batch.all)


def test_a_decoder_that_has_an_encoder_elsewhere_is_refused(graph):
    model = BartForCausalLM(BartConfig(**TWO_STACKS))
    with pytest.raises(InjectionError, match="BartDecoderWrapper is the decoder of a model of type 'bart'"):
        kgattn.inject(model, graph)
    assert not hasattr(model, "kgattn")


def test_a_bare_encoder_is_taken_as_it_is(graph, batch: Batch):
    skip_unless_served("bart")
    encoder = BartModel(BartConfig(**TWO_STACKS)).eval().encoder
    expected = encoder(**batch.plain).last_hidden_state
    model = open_gates(kgattn.inject(encoder, graph))
    assert not torch.allclose(model(**batch.all).last_hidden_state[0], expected[0], atol=1e-5)


def test_layers_on_several_devices_are_refused(graph):
    model = make_model("bert")
    model.bert.encoder.layer[1].to("meta")
    with pytest.raises(InjectionError, match="all layers must be on one device, got cpu, meta"):
        kgattn.inject(model, graph)


def test_attention_that_upcasts_in_a_way_of_its_own_is_refused(graph):
    config = GPT2Config(n_embd=8, n_layer=1, n_head=2, vocab_size=9, reorder_and_upcast_attn=True)
    with pytest.raises(InjectionError, match="reorder_and_upcast_attn is the model's own"):
        kgattn.inject(GPT2Model._from_config(config, attn_implementation="eager"), graph)


@pytest.mark.filterwarnings("error")
def test_several_models_in_one_are_refused_without_a_warning(graph):
    sizes = {"hidden_size": 8, "num_attention_heads": 2, "num_hidden_layers": 1, "intermediate_size": 8}
    model = CLIPModel(CLIPConfig(text_config=sizes, vision_config={**sizes, "image_size": 4, "patch_size": 2}))
    with pytest.raises(InjectionError, match=r"CLIPModel \(model type 'clip'\) is several models in one"):
        kgattn.inject(model, graph)


def test_double_injection_is_refused_and_the_first_one_stays(graph, batch: Batch):
    model = open_gates(kgattn.inject(make_model("bert"), graph))
    expected = model(**batch.all).logits
    for target in (model, model.bert):
        with pytest.raises(InjectionError, match=r"already injected; call model\.kgattn.remove"):
            kgattn.inject(target, graph)
    assert torch.equal(model(**batch.all).logits, expected)


def test_a_model_with_an_attribute_of_that_name_is_refused(graph):
    model = make_model("bert")
    model.kgattn = "mine"
    with pytest.raises(InjectionError, match="already has an attribute kgattn"):
        kgattn.inject(model, graph)
    assert model.kgattn == "mine"


def test_removing_twice_is_refused(graph):
    injection = kgattn.inject(make_model("bert"), graph).kgattn
    injection.remove()
    with pytest.raises(InjectionError, match="already removed"):
        injection.remove()


def test_after_removal_the_model_can_be_injected_again(graph, batch: Batch):
    model = kgattn.inject(make_model("bert"), graph)
    expected = model(**batch.all).logits
    model = kgattn.inject(model.kgattn.remove(), graph)
    assert torch.equal(model(**batch.all).logits, expected)


@pytest.mark.parametrize("layers", [(2,), (), (0, 0), (-1,)])
def test_layers_that_are_not_there_are_refused(graph, layers):
    with pytest.raises(InjectionError, match=r"layers must be different numbers in \[0, 2\), at least one"):
        kgattn.inject(make_model("bert"), graph, InjectionConfig(layers=layers))


def test_only_the_chosen_layers_are_touched(graph, batch: Batch):
    model = kgattn.inject(make_model("bert", "eager"), graph, InjectionConfig(layers=(1,), values=False))
    open_gates(model, size=0.3)
    with model.kgattn.disabled():
        plain = model(**batch.all, output_attentions=True).attentions
    biased = model(**batch.all, output_attentions=True).attentions
    assert torch.equal(biased[0], plain[0])
    assert not torch.allclose(biased[1], plain[1], atol=1e-4)


def test_the_graph_must_be_one(graph):
    unchecked = inspect.unwrap(kgattn.inject)  # without the type checks of the tests, as users call it
    with pytest.raises(GraphError, match=r"needs a kgattn\.KnowledgeGraph, got dict"):
        unchecked(make_model("bert"), {})


def test_settings_must_be_settings(graph):
    with pytest.raises(ConfigError, match=r"config must be a kgattn\.InjectionConfig, got dict"):
        inspect.unwrap(kgattn.inject)(make_model("bert"), graph, {"bound": 1})


def test_a_batch_must_fit_the_model(graph, batch: Batch):
    model = kgattn.inject(make_model("bert"), graph)
    unchecked = inspect.unwrap(MentionBatch.checked.__func__)
    links = {**batch.links, "kg_entities": batch.links["kg_entities"].tolist()}
    with pytest.raises(SlotError, match="kg_entities must be a tensor, got list"):
        unchecked(MentionBatch, *links.values(), num_entities=7, device=torch.device("cpu"))
    with pytest.raises(SlotError, match="must be on the model's device cpu, got meta"):
        model(**batch.plain, **{name: tensor.to("meta") for name, tensor in batch.links.items()})
    with pytest.raises(SlotError, match=r"kg_entities must lie in \[-1, 7\), got 70 in row 0"):
        model(**{**batch.all, "kg_entities": batch.links["kg_entities"].clamp(min=70)})
    with pytest.raises(SlotError, match="kg_priors is missing"):
        model(**{name: tensor for name, tensor in batch.all.items() if name != "kg_priors"})
    with pytest.raises(SlotError, match="one slot per token, 16, got 15"):
        model(**{**batch.all, "kg_token_slot": batch.links["kg_token_slot"][:, 1:]})
    with pytest.raises(SlotError, match="without input_ids or inputs_embeds"):
        model.bert(**batch.links)


def test_embeddings_as_input_carry_links_too(graph, batch: Batch):
    model = open_gates(kgattn.inject(make_model("bert"), graph))
    embeds = model.get_input_embeddings()(batch.plain["input_ids"])
    inputs = {"inputs_embeds": embeds, "attention_mask": batch.plain["attention_mask"], **batch.links}
    torch.testing.assert_close(model(**inputs).logits, model(**batch.all).logits)


def test_swap_graph_refuses_vectors_it_was_not_made_for(graph):
    model = kgattn.inject(make_model("bert"), graph)
    featured = KnowledgeGraph.from_triples(TRIPLES, features={name: [1.0, 2.0] for name in graph.entity_ids})
    with pytest.raises(GraphError, match="made for no given features an entity, got 2"):
        model.kgattn.swap_graph(featured)
    assert model.kgattn.graph is graph


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"bias": False, "values": False}, "both off"),
        ({"content": False, "relations": False}, "nothing to make it of; turn one on, or bias off"),
        ({"bound": 0.0}, "bound must be positive, got 0.0"),
        ({"gate_scale": 0.0}, "gate_scale must be positive, got 0.0"),
        ({"dropout": 1.0}, r"dropout must lie in \[0, 1\), got 1.0"),
        ({"entity_dim": 0}, "entity_dim must be at least 1, got 0"),
        ({"code_dim": 1}, "code_dim must be at least 2, got 1"),
        ({"num_hops": -1}, "num_hops must be 0 or more, got -1"),
        ({"kernel": "quick"}, "kernel must be auto or one of .* got 'quick'"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        InjectionConfig(**settings)


def test_settings_as_json_come_back_and_unknown_ones_are_refused():
    config = InjectionConfig(layers=(0, 2), bias=False)
    assert InjectionConfig.from_json(config.to_json()) == config
    with pytest.raises(ConfigError, match="unknown injection setting 'colour'; known are attentions, bias, bound"):
        InjectionConfig.from_json({"colour": 1})


def test_a_batch_that_is_elsewhere_as_a_whole_is_refused(graph, batch: Batch):
    model = kgattn.inject(make_model("bert"), graph)
    with pytest.raises(SlotError, match="the batch must be on the model's device cpu, got meta"):
        model(**{name: tensor.to("meta") for name, tensor in batch.all.items()})


def test_other_number_types_are_taken(graph, batch: Batch):
    model = open_gates(kgattn.inject(make_model("bert"), graph))
    expected = model(**batch.all).logits
    links = {
        "kg_token_slot": batch.links["kg_token_slot"].int(),
        "kg_entities": batch.links["kg_entities"].int(),
        "kg_priors": batch.links["kg_priors"].double(),
    }
    assert torch.equal(model(**batch.plain, **links).logits, expected)


@pytest.mark.filterwarnings("ignore:`gradient_checkpointing_enable` is deprecated:FutureWarning")
def test_reentrant_checkpointing_is_refused(graph, batch: Batch):
    model = kgattn.inject(make_model("bert"), graph).train()
    model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": True})
    with pytest.raises(InjectionError, match="reentrant gradient checkpointing cannot carry"):
        model(**batch.all)
    model.eval()(**batch.all)


def test_swap_graph_takes_graphs_alone(graph):
    model = kgattn.inject(make_model("bert"), graph)
    with pytest.raises(GraphError, match=r"swap_graph needs a kgattn\.KnowledgeGraph, got str"):
        inspect.unwrap(type(model.kgattn).swap_graph)(model.kgattn, "graph.ttl")
