"""Models of two stacks: the decoder's self-attention and its attention to the encoder, injected on request."""

import copy
import json
import pickle
from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import (
    BartConfig,
    BartForCausalLM,
    BartForConditionalGeneration,
    BartForSequenceClassification,
    BartModel,
    MarianConfig,
    MarianMTModel,
    PegasusConfig,
    PegasusForConditionalGeneration,
    PreTrainedModel,
    T5Config,
    T5EncoderModel,
    T5ForConditionalGeneration,
    T5ForQuestionAnswering,
)

import kgattn
from kgattn.bias import match_relations
from kgattn.errors import ConfigError, InjectionError, PluginError, SlotError
from kgattn.graph import KnowledgeGraph
from kgattn.injection import Injection, InjectionConfig
from kgattn.injection.context import IdleContext
from kgattn.mentions import MentionBatch

from .conftest import (
    CLOSE,
    COMMON,
    LENGTH,
    SPECIAL,
    TRIPLES,
    TWO_STACKS,
    TYPES,
    Batch,
    check_that_all_learn,
    make_batch,
    make_model,
    open_gates,
    skip_unless_served,
    without_dropout,
)
from .test_laws import plain_state

ALL = ("encoder", "decoder", "cross")
T5_SIZES = {**COMMON, **SPECIAL, "d_model": 32, "d_kv": 8, "num_layers": 2, "num_heads": 4, "d_ff": 48}
MODELS = {
    "bart": lambda: BartForConditionalGeneration(BartConfig(**TWO_STACKS)),
    "marian": lambda: MarianMTModel(MarianConfig(**TWO_STACKS)),
    "t5": lambda: T5ForConditionalGeneration(T5Config(**T5_SIZES)),
}
TARGET = 6
"""Tokens the decoder reads."""


def make(family: str, implementation: str = "sdpa") -> PreTrainedModel:
    skip_unless_served(family)
    torch.manual_seed(1)
    model = MODELS[family]().eval()
    model.set_attn_implementation(implementation)
    return model


def with_target(batch: Batch) -> Batch:
    """Two of the three targets name what their source names."""
    generator = torch.Generator().manual_seed(5)
    ids = torch.randint(5, 60, (3, TARGET), generator=generator)
    ids[:, 0] = 2  # the first token a decoder reads
    slots = torch.zeros(3, TARGET, dtype=torch.long)
    slots[0, 1:3], slots[0, 4], slots[1, 2] = 2, 1, 1
    return Batch({**batch.plain, "decoder_input_ids": ids}, {**batch.links, "kg_decoder_token_slot": slots})


@pytest.fixture
def batch(graph: KnowledgeGraph) -> Batch:
    return with_target(make_batch(graph))


@pytest.fixture(params=["bart", "t5", pytest.param("marian", marks=pytest.mark.slow)])  # which is built as BART is
def family(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(params=["sdpa", "eager"])
def implementation(request: pytest.FixtureRequest) -> str:
    return request.param


ALONE = [pytest.param(("encoder",), marks=pytest.mark.slow), ("decoder",), ("cross",)]  # the first is the default's


@pytest.fixture(params=[ALL, *ALONE], ids="-".join)
def attentions(request: pytest.FixtureRequest) -> tuple[str, ...]:
    return request.param


@pytest.fixture
def pair(family, implementation, attentions, graph):
    """The same weights twice: plain, and injected with closed gates."""
    plain, model = (make(family, implementation) for _ in range(2))
    return plain, kgattn.inject(model, graph, InjectionConfig(attentions=attentions))


@pytest.fixture
def trained(pair):
    plain, injected = pair
    return plain, open_gates(injected, size=0.3)


def inject_open(family: str, graph: KnowledgeGraph, implementation: str = "sdpa", **settings: Any) -> PreTrainedModel:
    settings = {"attentions": ALL, **settings}
    return open_gates(kgattn.inject(make(family, implementation), graph, InjectionConfig(**settings)), size=0.3)


# --- the laws ---


@pytest.mark.parametrize("grad", [True, False], ids=["grad", "no_grad"])
def test_law_1_injecting_changes_no_bit_in_eval_and_in_training(pair, batch: Batch, grad):
    plain, injected = pair
    with torch.set_grad_enabled(grad):
        assert torch.equal(plain(**batch.plain).logits, injected(**batch.all).logits)
        outputs = []
        for model, inputs in ((plain, batch.plain), (injected, batch.all)):
            torch.manual_seed(7)
            outputs.append(torch.stack([model.train()(**inputs).logits for _ in range(2)]))
    assert torch.equal(*outputs)
    assert not torch.equal(outputs[0][0], outputs[0][1])


def test_law_1_remove_gives_back_the_model_that_came_in(family, implementation, attentions, graph, batch: Batch):
    model = make(family, implementation)
    before, expected = plain_state(model), model(**batch.plain).logits
    injected = open_gates(kgattn.inject(model, graph, InjectionConfig(attentions=attentions)), size=0.3)
    assert not torch.allclose(injected(**batch.all).logits[0], expected[0], atol=1e-5)
    assert injected.kgattn.remove() is model
    assert plain_state(model) == before
    assert torch.equal(model(**batch.plain).logits, expected)


def test_law_2_disabled_and_unlinked_are_plain(trained, batch: Batch):
    plain, injected = trained
    expected, biased = plain(**batch.plain).logits, injected(**batch.all).logits
    assert not torch.allclose(expected, biased, atol=1e-5)
    assert torch.equal(injected(**batch.plain).logits, expected)
    nothing = {**batch.all, "kg_entities": torch.full_like(batch.links["kg_entities"], -1)}
    assert torch.equal(injected(**nothing).logits, expected)
    unlinked = {**batch.all, **{name: torch.zeros_like(batch.links[name]) for name in batch.links if "slot" in name}}
    assert torch.equal(injected(**unlinked).logits, expected)
    with injected.kgattn.disabled():
        assert torch.equal(injected(**batch.all).logits, expected)
    assert torch.equal(injected(**batch.all).logits, biased)


def test_law_3_padding_order_and_company_change_nothing(trained, batch: Batch):
    _, injected = trained
    expected = injected(**batch.all).logits
    order = torch.tensor([2, 0, 1])
    shuffled = injected(**{name: tensor[order] for name, tensor in batch.all.items()}).logits
    torch.testing.assert_close(shuffled, expected[order], **CLOSE)
    for row in range(3):
        alone = injected(**{name: tensor[row : row + 1] for name, tensor in batch.all.items()}).logits
        torch.testing.assert_close(alone, expected[row : row + 1], **CLOSE)

    def pad(name: str, tensor: Tensor) -> Tensor:
        if tensor.ndim == 3:
            return torch.nn.functional.pad(tensor, (0, 1, 0, 2), value=-1 if name == "kg_entities" else 0)
        return torch.nn.functional.pad(tensor, (0, 4), value=1 if name.endswith("ids") else 0)

    padded = injected(**{name: pad(name, tensor) for name, tensor in batch.all.items()}).logits
    torch.testing.assert_close(padded[:, :TARGET], expected, **CLOSE)


def test_law_4_renumbering_and_reordering_change_nothing(trained, batch: Batch):
    _, injected = trained
    expected = injected(**batch.all).logits
    labels = {name: name for name in sorted(TYPES, key=lambda name: name[::-1])}
    renumbered = KnowledgeGraph.from_triples(TRIPLES[::-1], labels=labels, types=dict(reversed(TYPES.items())))
    assert list(renumbered.entity_ids) != list(injected.kgattn.graph.entity_ids)
    injected.kgattn.swap_graph(renumbered)
    torch.testing.assert_close(injected(**with_target(make_batch(renumbered)).all).logits, expected, **CLOSE)


def test_law_5_every_parameter_learns_within_two_steps(family, implementation, attentions, graph, batch: Batch):
    learns_in_two_steps(make(family, implementation), graph, batch, InjectionConfig(attentions=attentions))


@pytest.mark.parametrize("part", ["bias", "values"])
def test_law_5_holds_for_either_part_alone(family, part, graph, batch: Batch):
    config = InjectionConfig(attentions=ALL, **{"bias": False, "values": False, part: True})
    learns_in_two_steps(make(family), graph, batch, config)


def learns_in_two_steps(model: PreTrainedModel, graph: KnowledgeGraph, batch: Batch, config: InjectionConfig) -> None:
    model = kgattn.inject(model, graph, config).train()
    labels = torch.randint(5, 60, (3, TARGET), generator=torch.Generator().manual_seed(2))
    check_that_all_learn(model, batch.all, labels)
    gates = [part.gate for part in (model.kgattn.pair_bias, model.kgattn.mention_values) if part is not None]
    assert all(gate.grad.any(dim=1).all() for gate in gates)  # of every layer of every attention


@pytest.mark.parametrize("kernel", ["auto", "reference", "dense", "fold", "block"])
def test_law_6_every_kernel_gives_what_eager_attention_gives(family, kernel, graph, batch: Batch):
    answers = []
    for implementation in ("sdpa", "eager"):
        model = inject_open(family, graph, implementation, kernel=kernel)
        logits = without_dropout(model)(**batch.all).logits
        logits.square().mean().backward()
        named = {name: parameter.grad for name, parameter in model.named_parameters() if parameter.grad is not None}
        answers.append({"logits": logits.detach(), **named})
    torch.testing.assert_close(*answers, **CLOSE)


@pytest.mark.filterwarnings("ignore:`gradient_checkpointing_enable` is deprecated:FutureWarning")
def test_law_7_gradient_checkpointing_gives_the_same_gradients(family, implementation, graph, batch: Batch):
    injected = without_dropout(inject_open(family, graph, implementation))

    def gradients():
        injected.zero_grad()
        injected(**batch.all, labels=torch.full((3, TARGET), 7)).loss.backward()
        named = injected.named_parameters()
        return {name: parameter.grad.clone() for name, parameter in named if parameter.grad is not None}

    expected = gradients()
    injected.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    torch.testing.assert_close(gradients(), expected, **CLOSE)
    injected.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": True})
    with pytest.raises(InjectionError, match="reentrant gradient checkpointing cannot carry"):
        injected(**batch.all)


def test_law_7_copies_and_pickles_are_injected_models_of_their_own(trained, batch: Batch):
    _, injected = trained
    expected = injected(**batch.all).logits
    for other in (copy.deepcopy(injected), pickle.loads(pickle.dumps(injected))):
        assert torch.equal(other(**batch.all).logits, expected)
        with other.kgattn.disabled():
            assert not torch.equal(other(**batch.all).logits, expected)
            assert torch.equal(injected(**batch.all).logits, expected)
        other.kgattn.remove()
        assert torch.equal(injected(**batch.all).logits, expected)


def test_law_7_bf16_autocast(family, graph, batch: Batch):
    model = inject_open(family, graph)
    exact, plain = model(**batch.all).logits, model(**batch.plain).logits
    with torch.autocast("cpu", torch.bfloat16):
        error = (model(**batch.all).logits - exact).abs().max()
        assert error <= 2 * (model(**batch.plain).logits - plain).abs().max() + 0.02


# --- what the decoder sees ---


def cross_attention_of(model: PreTrainedModel, layer: int = 1) -> torch.nn.Module:
    decoder = model.get_decoder()
    return (
        decoder.block[layer].layer[1].EncDecAttention
        if hasattr(decoder, "block")
        else decoder.layers[layer].encoder_attn
    )


def by_hand(model: PreTrainedModel, links: Mapping[str, Tensor], layer: int) -> tuple[Tensor, Tensor]:
    """Bias [batch, head, query, key] and values [batch, head, key, dim] of cross-attention, number by number."""
    plugin, config = model.kgattn, model.kgattn.config
    mentions = MentionBatch(*(links[name] for name in ("kg_token_slot", "kg_entities", "kg_priors")))
    entities = plugin.encoder(plugin.features, mentions.entities)
    vectors = plugin.mention_vectors(entities, mentions.priors).double()
    matches, codes = match_relations(plugin.graph, mentions), plugin.features.relation_codes().double()
    part, heads, rank = plugin.pair_bias.double(), plugin.pair_bias.num_heads, config.rank
    source, target = links["kg_token_slot"], links["kg_decoder_token_slot"]
    bias = torch.zeros(len(source), heads, target.shape[1], source.shape[1], dtype=torch.double)
    values = torch.zeros(len(source), heads, source.shape[1], plugin.mention_values.head_dim, dtype=torch.double)
    for b, h, j in ((b, h, j) for b in range(len(source)) for h in range(heads) for j in range(source.shape[1])):
        if source[b, j] == 0:
            continue
        n, row = int(source[b, j]) - 1, layer * heads + h
        key = part.key_projection.weight[row * rank : (row + 1) * rank] @ vectors[b, n]
        weight = plugin.mention_values.project.weight.double().view(-1, heads, values.shape[-1], config.entity_dim)
        gate = plugin.mention_values.gate[layer, h].double()
        values[b, h, j] = config.gate_scale * gate * weight[layer, h] @ vectors[b, n]
        for i in range(target.shape[1]):
            total = part.salience.weight[row] @ vectors[b, n] + part.salience.bias[row]
            if target[b, i] > 0:
                m = int(target[b, i]) - 1
                query = part.query_projection.weight[row * rank : (row + 1) * rank] @ vectors[b, m]
                here = (matches.batch == b) & (matches.query == m) & (matches.key == n)
                relations = (part.relation.weight[row] @ codes[matches.relation[here]].T) * matches.weight[here]
                total = total + query @ key / rank**0.5 + relations.sum()
            bias[b, h, i, j] = config.bound * torch.tanh(config.gate_scale * part.gate[layer, h] * total / config.bound)
    part.float()
    return bias.detach(), values.detach()


@pytest.mark.parametrize("linked", [True, False], ids=["linked", "unlinked"])
def test_cross_attention_is_the_formula_by_hand(family, implementation, graph, batch: Batch, linked):
    model = make(family, implementation).double()
    model = open_gates(kgattn.inject(model, graph, InjectionConfig(attentions=("cross",))), size=0.3)
    links = dict(batch.links)
    if not linked:
        links["kg_decoder_token_slot"] = torch.zeros_like(links["kg_decoder_token_slot"])
    seen: dict[str, Any] = {}
    module = cross_attention_of(model)
    module.register_forward_hook(
        lambda _, args, kwargs, output: seen.update(kwargs, hidden=args[0], output=output[0]), with_kwargs=True
    )
    with torch.no_grad():
        model(**batch.plain, **links)
    bias, values = by_hand(model, links, layer=1)
    assert bias.any()
    assert bias[0, :, 0].any(), "a query in no mention looks at mentions too"
    names = ("q", "k", "v", "o") if family == "t5" else ("q_proj", "k_proj", "v_proj", "out_proj")
    q, k, v, o = (getattr(module, name) for name in names)
    source = seen["key_value_states"]
    query, key, value = (
        part(states).view(3, -1, 4, 8).transpose(1, 2)
        for part, states in ((q, seen["hidden"]), (k, source), (v, source))
    )
    logits = query @ key.transpose(-1, -2) * (1.0 if family == "t5" else 8**-0.5) + bias
    logits = logits.masked_fill(batch.plain["attention_mask"][:, None, None] == 0, float("-inf"))
    expected = o((logits.softmax(-1) @ (value + values)).transpose(1, 2).flatten(2))
    torch.testing.assert_close(seen["output"], expected, rtol=1e-5, atol=1e-6)


def test_the_source_s_graph_and_links_reach_the_decoder_through_cross_attention(
    family, implementation, graph, batch: Batch
):
    model = inject_open(family, graph, implementation, attentions=("cross",))
    links = {name: tensor for name, tensor in batch.links.items() if name != "kg_decoder_token_slot"}
    expected = model(**batch.plain, **links)
    plain = model(**batch.plain)
    assert not torch.allclose(expected.logits[0], plain.logits[0], atol=1e-4)
    assert torch.equal(expected.encoder_last_hidden_state, plain.encoder_last_hidden_state)
    moved = {**links, "kg_token_slot": links["kg_token_slot"].roll(1, dims=1)}
    assert not torch.allclose(model(**batch.plain, **moved).logits[0], expected.logits[0], atol=1e-4)
    model.kgattn.swap_graph(KnowledgeGraph.from_triples(TRIPLES, types={name: ["thing"] for name in TYPES}))
    other = model(**batch.plain, **links).logits
    assert not torch.allclose(other[0], expected.logits[0], atol=1e-4)
    assert torch.equal(other[2], expected.logits[2])


@pytest.mark.parametrize("attentions", [ALL, ("decoder",), ("cross",)], ids="-".join)
def test_no_token_sees_the_slots_of_later_ones(family, implementation, attentions, graph, batch: Batch):
    model = inject_open(family, graph, implementation, attentions=attentions)
    expected = model(**batch.all).logits
    for position in (1, 3):
        slots = batch.links["kg_decoder_token_slot"].clone()
        slots[0, position] = 3
        logits = model(**{**batch.all, "kg_decoder_token_slot": slots}).logits
        torch.testing.assert_close(logits[:, :position], expected[:, :position], rtol=0, atol=1e-6)
        assert not torch.allclose(logits[0, position], expected[0, position], atol=1e-5)


def test_the_bias_of_unlinked_queries_is_not_stored_for_each(implementation, graph, batch: Batch, monkeypatch):
    """Without a linked query nothing of size head x query x key is made but what eager attention is."""
    model = inject_open("bart", graph, implementation, attentions=("cross",))
    masks, attend = [], torch.nn.functional.scaled_dot_product_attention

    def spy(*args, attn_mask=None, **kwargs):
        masks.append(attn_mask)
        return attend(*args, attn_mask=attn_mask, **kwargs)

    shapes, across_bias = [], kgattn.injection.attention_function.across_bias

    def spy_bias(*args):
        shapes.append(across_bias(*args).shape)
        return across_bias(*args)

    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", spy)
    monkeypatch.setattr("kgattn.injection.attention_function.across_bias", spy_bias)
    model(**{**batch.all, "kg_decoder_token_slot": torch.zeros(3, TARGET, dtype=torch.long)})
    assert all(mask is None or mask.shape[1] == 1 for mask in masks)
    assert all(shape == (3, 4, 1, LENGTH) for shape in shapes)
    assert len(shapes) == (2 if implementation == "eager" else 0)


def test_attention_weights_of_the_decoder_carry_the_bias(family, graph, batch: Batch):
    model = inject_open(family, graph, "eager", values=False)
    biased = model(**batch.all, output_attentions=True)
    plain = model(**batch.plain, output_attentions=True)
    for name in ("encoder_attentions", "decoder_attentions", "cross_attentions"):
        assert not torch.allclose(biased[name][0][0], plain[name][0][0], atol=1e-4), name
        torch.testing.assert_close(biased[name][0][2], plain[name][0][2])


# --- slots of the decoder's tokens ---


def shifted(tensor: Tensor, first: int) -> Tensor:
    return torch.cat([torch.full_like(tensor[:, :1], first), tensor[:, :-1]], dim=1)


def test_a_decoder_that_reads_the_source_takes_its_links(graph, batch: Batch):
    skip_unless_served("bart")
    source = make_batch(graph)
    own = shifted(source.links["kg_token_slot"], 0)
    torch.manual_seed(1)
    bart = BartModel(BartConfig(**TWO_STACKS)).eval()
    model = open_gates(kgattn.inject(bart, graph, InjectionConfig(attentions=("decoder",))), size=0.3)
    found = model(**source.all).last_hidden_state
    ids = shifted(source.plain["input_ids"], 2)
    given = model(**source.all, decoder_input_ids=ids, kg_decoder_token_slot=own).last_hidden_state
    assert torch.equal(found, given)
    assert not torch.allclose(found[0], model(**source.all, decoder_input_ids=ids).last_hidden_state[0], atol=1e-5)
    none = torch.zeros_like(own)
    assert torch.equal(model(**source.all, kg_decoder_token_slot=none)[0], model(**source.plain)[0])


def test_heads_that_feed_the_source_to_the_decoder(graph):
    skip_unless_served("bart")
    skip_unless_served("t5")
    source = make_batch(graph)
    source.plain["input_ids"][:, 7] = 3  # which the classifier reads: one end of text in each example
    source.plain["input_ids"][:, 8:] = source.plain["input_ids"][:, 8:].clamp(min=4)
    torch.manual_seed(1)
    for model in (
        BartForSequenceClassification(BartConfig(**TWO_STACKS)).eval(),
        T5ForQuestionAnswering(T5Config(**{**T5_SIZES, "num_labels": 2})).eval(),
    ):
        plain = model(**source.plain)[0]
        injected = kgattn.inject(model, graph, InjectionConfig(attentions=("decoder",)))
        assert torch.equal(injected(**source.all)[0], plain)
        assert not torch.allclose(open_gates(injected, size=0.5)(**source.all)[0][0], plain[0], atol=1e-5)


def test_labels_are_never_linked_by_themselves(family, graph, batch: Batch):
    model = inject_open(family, graph, attentions=("decoder",))
    labels = torch.randint(5, 60, (3, LENGTH), generator=torch.Generator().manual_seed(2))
    source = make_batch(graph)
    assert torch.equal(model(**source.all, labels=labels).logits, model(**source.plain, labels=labels).logits)


def test_decoder_slots_must_fit(family, graph, batch: Batch):
    model = inject_open(family, graph)
    slots = batch.links["kg_decoder_token_slot"]
    for wrong, message in (
        (slots[:, 1:], r"kg_decoder_token_slot must have one slot per token, 6, got 5"),
        (slots[0], r"kg_decoder_token_slot must have 2 axes, got \(6,\)"),
        (slots[:2], r"kg_decoder_token_slot must have a row for each of the 3 examples, got 2"),
        (slots.float(), r"kg_decoder_token_slot must hold integers, got torch.float32"),
        (slots + 3, r"kg_decoder_token_slot must lie in \[0, 4\), got 5 in row 0"),
        (slots.to("meta"), r"kg_decoder_token_slot must be on the model's device cpu, got meta"),
    ):
        with pytest.raises(SlotError, match=message):
            model(**{**batch.all, "kg_decoder_token_slot": wrong})
    with pytest.raises(SlotError, match="belong together, kg_token_slot is missing"):
        model(**batch.plain, kg_decoder_token_slot=slots)
    with pytest.raises(SlotError, match="kg_token_slot must have one slot per token, 16, got 15"):
        model(**{**batch.all, "kg_token_slot": batch.links["kg_token_slot"][:, 1:]})
    assert torch.equal(
        model(**batch.all, labels=None).logits, model(**{**batch.all, "kg_decoder_token_slot": slots.int()}).logits
    )


# --- calls and caches ---


def count_forwards(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    calls: list[None] = []
    forward = Injection.forward

    def counted(self, mentions):
        calls.append(None)
        return forward(self, mentions)

    monkeypatch.setattr(Injection, "forward", counted)
    return calls


def test_the_graph_is_read_once_a_call(family, graph, batch: Batch, monkeypatch):
    model = inject_open(family, graph)
    calls = count_forwards(monkeypatch)
    model(**batch.all)
    assert len(calls) == 1
    with model.kgattn.linked(batch.links):
        model(**batch.plain)
        assert len(calls) == 2
        calls.clear()
        model.generate(**make_batch(graph).plain, max_new_tokens=5, do_sample=False, eos_token_id=None)
    assert len(calls) == 2  # the encoder alone, then the first step; later ones go on from it


@pytest.mark.parametrize("attentions", [ALL, ("decoder",), ("cross",)], ids="-".join)
@pytest.mark.parametrize("beams", [1, 2])
def test_generation_with_a_cache_gives_what_whole_passes_give(
    family, implementation, attentions, beams, graph, batch: Batch
):
    model = inject_open(family, graph, implementation, attentions=attentions)
    source = make_batch(graph).plain
    prompt = batch.plain["decoder_input_ids"][:, :3]
    slots = batch.links["kg_decoder_token_slot"][:, :3].clone()
    slots[0, 0] = 3
    settings = {"max_new_tokens": 5, "do_sample": False, "num_beams": beams, "eos_token_id": None}
    settings |= {"return_dict_in_generate": True, "output_logits": True, "decoder_input_ids": prompt}
    plain = model.generate(**source, **settings)
    with model.kgattn.linked({**batch.links, "kg_decoder_token_slot": slots}):
        cached = model.generate(**source, **settings, use_cache=True)
        whole = model.generate(**source, **settings, use_cache=False)
        static = model.generate(**source, **settings, use_cache=True, cache_implementation="static")
    for other in (whole, static):
        torch.testing.assert_close(torch.stack(cached.logits), torch.stack(other.logits), **CLOSE)
        assert torch.equal(cached.sequences, other.sequences)
    for step in (0, 4):
        assert not torch.allclose(cached.logits[step][:beams], plain.logits[step][:beams], atol=1e-4)
    assert torch.equal(model.generate(**source, **settings).sequences, plain.sequences)  # outside of linked()
    if beams == 1:
        told = {**source, **batch.links, "decoder_input_ids": cached.sequences[:, :-1]}
        padded = torch.nn.functional.pad(slots, (0, cached.sequences.shape[1] - 1 - 3))
        forced = model(**{**told, "kg_decoder_token_slot": padded}).logits[:, 2:]
        torch.testing.assert_close(torch.stack(cached.logits, dim=1), forced, **CLOSE)


def test_a_target_read_in_parts_brings_its_slots_from_the_first_on(family, graph, batch: Batch):
    model = inject_open(family, graph)
    full = model(**batch.all)
    slots = batch.links["kg_decoder_token_slot"]
    head, tail = batch.plain["decoder_input_ids"].split([4, 2], dim=1)
    first = model(**{**batch.all, "decoder_input_ids": head, "kg_decoder_token_slot": slots[:, :4]}, use_cache=True)
    name = "cache" if hasattr(first, "cache") else "past_key_values"
    rest = {**batch.all, "decoder_input_ids": tail, name: first[name]}
    again = model(**rest, encoder_outputs=(full.encoder_last_hidden_state,))
    torch.testing.assert_close(again.logits, full.logits[:, 4:], **CLOSE)


def test_a_process_without_links_gives_zero_gradients(graph, batch: Batch, monkeypatch):
    """In distributed training; a batch whose links no injected attention reads is one without links."""
    model = kgattn.inject(make("bart"), graph, InjectionConfig(attentions=("decoder",))).train()
    idle = IdleContext(tuple(model.kgattn.parameters()))
    monkeypatch.setattr("kgattn.injection.hook.ContextHook._idle", lambda _: idle)
    model(**batch.plain, **make_batch(graph).links, labels=torch.full((3, TARGET), 7)).loss.backward()
    assert all(parameter.grad is not None and not parameter.grad.any() for parameter in model.kgattn.parameters())


def test_a_frozen_plugin_is_told_of_once(graph, batch: Batch):
    model = inject_open("t5", graph).train()
    model.kgattn.requires_grad_(False)
    with pytest.warns(UserWarning, match=r"model\.kgattn are frozen") as told:
        model(**batch.plain)
    assert len(told) == 1
    model(**batch.all)  # warnings are errors: a second one would fail here


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")
def test_peft_calls_the_model_it_wraps(graph, batch: Batch):
    """T5 is its own base model, with the hook on it."""
    peft = pytest.importorskip("peft", reason="peft is not installed")
    injected = inject_open("t5", graph)
    expected = injected(**batch.all).logits
    config = peft.LoraConfig(target_modules=["q", "v"], r=2, modules_to_save=["kgattn"], task_type="SEQ_2_SEQ_LM")
    model = peft.get_peft_model(injected, config)
    torch.testing.assert_close(model(**batch.all).logits, expected, **CLOSE)


# --- settings, files, refusals ---


def test_without_asking_the_encoder_alone_is_injected(family, graph, batch: Batch):
    default, asked = (
        open_gates(kgattn.inject(make(family), graph, InjectionConfig(attentions=names)))
        for names in (None, ("encoder",))
    )
    hooks = [name for name, module in default.named_modules() if module._forward_pre_hooks]
    assert len(hooks) == 1
    assert hooks[0].endswith("encoder")
    assert not any(hasattr(module, "kgattn_site") for module in default.get_decoder().modules())
    assert default.kgattn.pair_bias.gate.shape == (2, 4)
    assert torch.equal(default(**batch.all).logits, asked(**batch.all).logits)
    alone = {name: tensor for name, tensor in batch.links.items() if name != "kg_decoder_token_slot"}
    assert torch.equal(default(**batch.all).logits, default(**batch.plain, **alone).logits)


@pytest.mark.parametrize(
    ("attentions", "layers", "hooked"),
    [
        (ALL, None, ["", "encoder"]),
        (("decoder", "cross"), None, [""]),
        (("encoder", "cross"), (2,), [""]),
        (("encoder", "cross"), (0,), ["encoder"]),
    ],
    ids=str,
)
def test_hooks_are_on_the_calls_that_need_a_context(graph, attentions, layers, hooked):
    model = kgattn.inject(make("t5"), graph, InjectionConfig(attentions=attentions, layers=layers))
    assert [name for name, module in model.named_modules() if module._forward_pre_hooks] == hooked


def test_layers_count_through_encoder_decoder_and_cross(family, graph, batch: Batch):
    config = InjectionConfig(attentions=("cross", "encoder", "decoder"), layers=(1, 2, 5))
    model = kgattn.inject(make(family), graph, config)
    sites = [name for name, module in model.named_modules() if hasattr(module, "kgattn_site")]
    expected = ["encoder.layers.1.self_attn", "decoder.layers.0.self_attn", "decoder.layers.1.encoder_attn"]
    if family == "t5":
        own, cross = "layer.0.SelfAttention", "layer.1.EncDecAttention"
        expected = [f"encoder.block.1.{own}", f"decoder.block.0.{own}", f"decoder.block.1.{cross}"]
    assert [name.removeprefix("model.") for name in sites] == expected
    assert model.kgattn.pair_bias.unlinked_queries == (False, False, True)
    with pytest.raises(InjectionError, match=r"layers must be different numbers in \[0, 6\)"):
        kgattn.inject(make(family), graph, InjectionConfig(attentions=ALL, layers=(6,)))


def test_a_saved_plugin_loads_with_its_attentions(family, attentions, graph, batch: Batch, tmp_path):
    injected = inject_open(family, graph, attentions=attentions)
    injected.kgattn.save(tmp_path)
    again = kgattn.load(make(family), tmp_path)
    assert again.kgattn.config.attentions == attentions
    assert torch.equal(again(**batch.all).logits, injected(**batch.all).logits)
    head = json.loads((tmp_path / "kgattn_config.json").read_text())
    assert head["model"]["num_layers"] == 2 * len(attentions)


def test_files_of_another_number_of_decoder_layers_are_refused(graph, tmp_path):
    inject_open("bart", graph).kgattn.save(tmp_path)
    deeper = BartForConditionalGeneration(BartConfig(**{**TWO_STACKS, "decoder_layers": 3}))
    with pytest.raises(PluginError, match="num_layers 6, got 8"):
        kgattn.load(deeper, tmp_path)
    assert not hasattr(deeper, "kgattn")


def test_the_whole_of_two_stacks_comes_back(family, graph, batch: Batch, tmp_path):
    model = inject_open(family, graph)
    kgattn.save_pretrained(model, tmp_path)
    again = kgattn.from_pretrained(tmp_path)
    assert torch.equal(again(**batch.all).logits, model(**batch.all).logits)


@pytest.mark.parametrize("names", [(), ("encoder", "encoder"), ("self",), ("cross", "decoder", "both")], ids=str)
def test_attentions_that_there_are_not_are_refused(names):
    with pytest.raises(ConfigError, match="attentions must be None or different ones of encoder, decoder, cross, at"):
        InjectionConfig(attentions=names)


def test_attentions_go_through_json():
    config = InjectionConfig(attentions=("cross", "decoder"))
    assert InjectionConfig.from_json(json.loads(json.dumps(config.to_json()))) == config
    older = {name: value for name, value in InjectionConfig().to_json().items() if name != "attentions"}
    assert InjectionConfig.from_json(older) == InjectionConfig()


@pytest.mark.parametrize(
    "make_other",
    [
        lambda: make_model("bert"),
        lambda: make_model("gpt2"),
        lambda: make_model("t5"),
        lambda: T5EncoderModel(T5Config(**T5_SIZES)),
        lambda: BartModel(BartConfig(**TWO_STACKS)).encoder,
        lambda: BartForCausalLM(BartConfig(**TWO_STACKS)),
        lambda: PegasusForConditionalGeneration(PegasusConfig(**TWO_STACKS)),
    ],
    ids=["bert", "gpt2", "t5-tagger", "t5-encoder", "bart-encoder", "bart-decoder", "pegasus"],
)
def test_models_without_two_known_stacks_are_refused(make_other, graph):
    model = make_other()
    before = plain_state(model)
    with pytest.raises(
        InjectionError, match=r"is for models of an encoder and a decoder of type bart, marian, t5; .*None"
    ):
        kgattn.inject(model, graph, InjectionConfig(attentions=("cross",)))
    assert plain_state(model) == before
    assert not hasattr(model, "kgattn")


@pytest.mark.parametrize("deaf", ["a decoder's layer", "the whole"])
def test_decoders_that_would_not_hear_of_the_links_are_refused(graph, deaf):
    model = make("bart")
    module = model.model if deaf == "the whole" else model.model.decoder.layers[0]

    class Deaf(type(module)):
        def forward(self, *args, encoder_hidden_states=None, past_key_values=None, **kwargs):
            return super().forward(*args)

    module.__class__ = Deaf
    for attentions in (ALL, ("decoder",), ("cross",)):
        with pytest.raises(InjectionError, match=r"Deaf of transformers .* drops arguments it does not know"):
            kgattn.inject(model, graph, InjectionConfig(attentions=attentions))
    assert not hasattr(model, "kgattn")


def test_stacks_of_different_heads_are_refused_together(graph, batch: Batch):
    skip_unless_served("bart")

    def model():
        return BartForConditionalGeneration(BartConfig(**{**TWO_STACKS, "decoder_attention_heads": 8})).eval()

    with pytest.raises(InjectionError, match="encoder, cross have 4 and 8 heads, and an injection needs one number"):
        kgattn.inject(model(), graph, InjectionConfig(attentions=("encoder", "cross")))
    injected = kgattn.inject(model(), graph, InjectionConfig(attentions=("decoder", "cross")))
    assert injected.kgattn.pair_bias.gate.shape == (4, 8)
    plain = injected(**batch.plain).logits
    assert not torch.allclose(open_gates(injected, size=0.5)(**batch.all).logits[0], plain[0], atol=1e-5)


@torch.no_grad()
def test_attention_across_is_not_taken_for_attention_within(graph):
    """Without padding both come with no mask, and with texts of one length in the same shapes."""
    skip_unless_served("bart")
    model = kgattn.inject(make("bart"), graph, InjectionConfig(attentions=ALL)).eval()
    open_gates(model)
    batch = with_target(make_batch(graph, length=TARGET))
    inputs = {**batch.plain, **batch.links, "attention_mask": None, "use_cache": False}
    output = model(**inputs).logits
    model.set_attn_implementation("eager")
    torch.testing.assert_close(output, model(**inputs).logits, **CLOSE)
