"""Families whose attention is their own: equal to the definition, and a context that is nobody else's."""

import threading

import pytest
import torch
from transformers import (
    DebertaConfig,
    DebertaForTokenClassification,
    DebertaV2Config,
    DebertaV2ForTokenClassification,
    MPNetConfig,
    MPNetForTokenClassification,
)

import kgattn
from kgattn.attention import materialize
from kgattn.errors import InjectionError, SlotError
from kgattn.injection import InjectionConfig
from kgattn.injection.adapters import load_adapter, passage
from kgattn.injection.architectures import ARCHITECTURES
from kgattn.injection.context import IdleContext
from kgattn.mentions import MentionBatch

from .conftest import POSITIONS, WIDE, Batch, make_model, open_gates, skip_unless_checkpointed, without_dropout

ADAPTED = sorted(name for name, reach in ARCHITECTURES.items() if reach.adapter is not None)
VARIANTS = {
    "deberta": lambda: DebertaForTokenClassification(DebertaConfig(**WIDE, **POSITIONS)),
    "deberta without positions": lambda: DebertaForTokenClassification(DebertaConfig(**WIDE)),
    "deberta with talking heads": lambda: DebertaForTokenClassification(
        DebertaConfig(**WIDE, **POSITIONS, talking_head=True)
    ),
    "deberta-v2": lambda: DebertaV2ForTokenClassification(DebertaV2Config(**WIDE, **POSITIONS, position_buckets=8)),
    "deberta-v2 without positions": lambda: DebertaV2ForTokenClassification(DebertaV2Config(**WIDE)),
    "deberta-v2 with shared keys": lambda: DebertaV2ForTokenClassification(
        DebertaV2Config(**WIDE, **POSITIONS, position_buckets=8, share_att_key=True, norm_rel_ebd="layer_norm")
    ),
    "deberta-v2 with a convolution": lambda: DebertaV2ForTokenClassification(
        DebertaV2Config(**WIDE, **POSITIONS, conv_kernel_size=3)
    ),
    "deberta-v2 with its own head size": lambda: DebertaV2ForTokenClassification(
        DebertaV2Config(**WIDE, **POSITIONS, attention_head_size=8)
    ),
    "mpnet": lambda: MPNetForTokenClassification(MPNetConfig(**WIDE)),
}
VALUE_PROJECTIONS = {"deberta": "in_proj", "deberta-v2": "value_proj", "mpnet": "v"}


@pytest.fixture(params=VARIANTS)
def variant(request: pytest.FixtureRequest) -> str:
    return request.param


def make_variant(variant: str):
    torch.manual_seed(1)
    return VARIANTS[variant]().eval()


@pytest.fixture(params=ADAPTED)
def model(request: pytest.FixtureRequest, graph):
    return open_gates(kgattn.inject(make_model(request.param), graph))


def by_definition(plain, context, batch: Batch, monkeypatch):
    """The plain model with the bias added where its attention weights are made, and values to its value heads."""
    softmax, layer = torch.nn.functional.softmax, iter(range(2))
    slots = context.layout.token_slot

    def biased_softmax(logits, dim):
        return softmax(logits + materialize(context.pair_bias[next(layer)], slots, slots), dim=dim)

    def add(number):
        def hook(module, args, output):
            values = context.values[number]
            fused = output.unflatten(-1, (values.shape[1], -1))
            rest, own = fused[..., : -values.shape[3]], fused[..., -values.shape[3] :]
            own = own + values.transpose(1, 2)[torch.arange(len(slots))[:, None], slots]
            return torch.cat([rest, own], dim=-1).flatten(2)

        return hook

    name = VALUE_PROJECTIONS[plain.config.model_type]
    projections = [module for path, module in plain.named_modules() if path.endswith(f".{name}")]
    for number, projection in enumerate(projections):
        projection.register_forward_hook(add(number))
    with monkeypatch.context() as patch:
        patch.setattr(torch.nn.functional, "softmax", biased_softmax)
        return plain(**batch.plain).logits


def test_the_answer_is_that_of_the_definition(variant, graph, batch: Batch, monkeypatch):
    injected = open_gates(kgattn.inject(make_variant(variant), graph), size=0.3)
    found = injected(**batch.all).logits
    found.square().sum().backward()
    gradients = {name: p.grad.clone() for name, p in injected.named_parameters() if p.grad is not None}
    injected.zero_grad()

    plain = make_variant(variant)
    context = injected.kgattn(MentionBatch(*batch.links.values()))
    expected = by_definition(plain, context, batch, monkeypatch)
    expected.square().sum().backward()
    assert not torch.allclose(expected, make_variant(variant)(**batch.plain).logits, atol=1e-3)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6)
    parameters = [*plain.named_parameters(), *injected.kgattn.named_parameters(prefix="kgattn")]
    for name, parameter in parameters:
        if parameter.grad is not None:
            torch.testing.assert_close(gradients[name], parameter.grad, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("train", [True, False], ids=["train", "eval"])
def test_closed_gates_change_no_bit_of_a_variant_and_let_the_plugin_learn(variant, graph, batch: Batch, train):
    plain, injected = make_variant(variant).train(train), kgattn.inject(make_variant(variant), graph).train(train)
    outputs = []
    for model, inputs in ((plain, batch.plain), (injected, batch.all)):
        torch.manual_seed(7)
        outputs.append(model(**inputs).logits)
        outputs[-1].square().sum().backward()
    assert torch.equal(*outputs)
    assert all(p.grad.any() for name, p in injected.kgattn.named_parameters() if name.endswith("gate"))
    for name, parameter in plain.named_parameters():
        if parameter.grad is not None:
            torch.testing.assert_close(injected.get_parameter(name).grad, parameter.grad, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("settings", [{"bias": False}, {"values": False}, {"layers": (1,)}], ids=str)
def test_parts_and_layers_can_be_left_out(variant, graph, batch: Batch, settings):
    injected = kgattn.inject(make_variant(variant), graph, InjectionConfig(**settings))
    open_gates(injected, size=0.3)
    with injected.kgattn.disabled():
        plain = injected(**batch.all, output_attentions=True)
    biased = injected(**batch.all, output_attentions=True)
    assert not torch.allclose(plain.logits, biased.logits, atol=1e-5)
    assert torch.equal(plain.attentions[0], biased.attentions[0]) == (settings != {"values": False})


def test_an_error_inside_the_encoder_leaves_no_context(model, batch: Batch):
    expected = model(**batch.all).logits
    handle = model.base_model.encoder.layer[1].register_forward_pre_hook(lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        model(**batch.all)
    handle.remove()
    assert passage._UNDER_WAY.get() == ()
    with pytest.raises(SlotError, match="kg_priors is missing"):
        model(**{name: tensor for name, tensor in batch.all.items() if name != "kg_priors"})
    assert passage._UNDER_WAY.get() == ()
    assert torch.equal(model(**batch.all).logits, expected)
    assert passage._UNDER_WAY.get() == ()


def test_an_interrupted_call_is_forgotten_by_the_next(model, batch: Batch):
    """torch calls hooks after errors, but not after Ctrl-C."""

    def interrupt(*_):
        raise KeyboardInterrupt

    handle = model.base_model.encoder.layer[1].register_forward_pre_hook(interrupt)
    with pytest.raises(KeyboardInterrupt):
        model(**batch.all)
    handle.remove()
    with model.kgattn.disabled():
        plain = model(**batch.plain).logits
    assert torch.equal(model(**batch.plain).logits, plain)
    assert passage._UNDER_WAY.get() == ()


def test_a_model_called_inside_another_has_a_context_of_its_own(model, batch: Batch, graph):
    inner = open_gates(kgattn.inject(make_model(model.config.model_type), graph), size=0.2)
    expected, inner_expected = model(**batch.all).logits, [inner(**batch.plain).logits, inner(**batch.all).logits]
    answers = []

    def ask(*_):
        answers.extend([inner(**batch.plain).logits, inner(**batch.all).logits])

    model.base_model.encoder.layer[0].register_forward_hook(ask)
    assert torch.equal(model(**batch.all).logits, expected)
    assert all(map(torch.equal, answers, inner_expected))
    assert not torch.equal(*answers)


@pytest.mark.parametrize("gates", ["open", "closed"])
@pytest.mark.filterwarnings("ignore:`gradient_checkpointing_enable` is deprecated:FutureWarning")
@pytest.mark.parametrize("architecture", ["deberta", "deberta-v2"])
def test_checkpoints_are_computed_again_with_the_links_of_their_call(architecture, graph, batch: Batch, gates):
    """Long after the call: its block has ended, other batches came, and another thread does the work."""
    skip_unless_checkpointed(architecture)
    model = without_dropout(kgattn.inject(make_model(architecture), graph))
    if gates == "open":
        open_gates(model)

    def gradients():
        model.zero_grad()
        with model.kgattn.linked(batch.all):
            loss = model(**batch.plain).logits.square().sum()
        model(**batch.plain)
        worker = threading.Thread(target=loss.backward)
        worker.start()
        worker.join()
        return {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}

    expected = gradients()
    assert any(name.startswith("kgattn.") for name in expected)
    model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    torch.testing.assert_close(gradients(), expected, rtol=1e-4, atol=1e-5)
    with torch.autograd.graph.saved_tensors_hooks(torch.clone, torch.clone):  # as where they are kept elsewhere
        torch.testing.assert_close(gradients(), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.filterwarnings("ignore:`gradient_checkpointing_enable` is deprecated:FutureWarning")
@pytest.mark.parametrize("architecture", ["deberta", "deberta-v2"])
def test_checkpoints_that_would_lose_the_links_are_refused(architecture, graph, batch: Batch, monkeypatch):
    """As in versions of transformers that call a layer's hooks again when they compute it again."""
    monkeypatch.setattr(passage, "HOOKS_ARE_CHECKPOINTED", True)
    model = kgattn.inject(make_model(architecture), graph).train()
    model(**batch.all).logits.sum().backward()
    model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    with pytest.raises(InjectionError, match=r"gradient checkpointing of Deberta.* use a newer transformers"):
        model(**batch.all)
    model(**batch.plain).logits.sum().backward()
    model.eval()(**batch.all)


def test_a_batch_without_links_gives_zero_gradients_where_processes_train_together(model, batch: Batch, monkeypatch):
    expected = model(**batch.plain).logits
    idle = IdleContext(tuple(model.kgattn.parameters()))
    monkeypatch.setattr("kgattn.injection.hook.ContextHook._idle", lambda _: idle)
    logits = model(**batch.plain).logits
    assert torch.equal(logits, expected)
    logits.sum().backward()
    assert all(p.grad is not None and not p.grad.any() for p in model.kgattn.parameters())


def test_the_encoder_alone_can_be_injected(model, graph, batch: Batch):
    base = make_model(model.config.model_type).base_model
    open_gates(kgattn.inject(base, graph))
    expected = model.base_model(**batch.all).last_hidden_state
    assert torch.equal(base(**batch.all).last_hidden_state, expected)
    assert torch.equal(base(batch.plain["input_ids"], batch.plain["attention_mask"], **batch.links)[0], expected)
    base.kgattn.remove()
    assert not torch.allclose(base(**batch.plain).last_hidden_state, expected, atol=1e-4)


def test_a_mask_of_the_users_own_is_left_as_it_is(graph, batch: Batch):
    model = open_gates(kgattn.inject(make_model("deberta-v2"), graph))
    expected = model(**batch.all).logits
    rows = batch.plain["attention_mask"]
    mask = rows[:, None, :, None] * rows[:, None, None, :]
    model.base_model.encoder.register_forward_pre_hook(lambda _, args: (args[0], mask))
    assert torch.equal(model(**batch.all).logits, expected)
    assert not vars(mask)


def test_double_injection_is_refused(model, graph):
    with pytest.raises(InjectionError, match="already injected"):
        kgattn.inject(model, graph)
    with pytest.raises(InjectionError, match="already injected"):
        kgattn.inject(model.base_model, graph)


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")
@pytest.mark.parametrize("peft_first", [True, False], ids=["before", "after"])
def test_peft_before_and_after_injection(model, graph, batch: Batch, peft_first):
    peft = pytest.importorskip("peft", reason="peft is not installed")
    projection = VALUE_PROJECTIONS[model.config.model_type]
    expected = model(**batch.all).logits
    other = make_model(model.config.model_type)
    config = peft.LoraConfig(target_modules=[projection], r=2)
    if peft_first:
        other = kgattn.inject(peft.get_peft_model(other, config), graph)
    else:
        other = peft.get_peft_model(kgattn.inject(other, graph), config)
    other.kgattn.load_state_dict(model.kgattn.state_dict())
    torch.testing.assert_close(other.eval()(**batch.all).logits, expected)
    other(**batch.all).logits.square().sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for n, p in other.named_parameters() if "lora_B" in n)


@pytest.mark.parametrize("architecture", ADAPTED)
def test_attention_of_an_unknown_class_is_left_alone(architecture, graph):
    model = make_model(architecture)
    plain = load_adapter(ARCHITECTURES[architecture].adapter).plain
    other = type("OtherAttention", (plain,), {})
    for module in model.modules():
        if type(module) is plain:
            module.__class__ = other
    with pytest.raises(InjectionError, match="has no self-attention that kgattn reaches"):
        kgattn.inject(model, graph)
    assert not hasattr(model, "kgattn")
