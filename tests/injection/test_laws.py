"""The guarantees of an injection, each over every architecture, "eager" attention and every kernel.

`python -m benchmarks.laws` prints what held as a table; tests without a law's number in their name are law 7's.
"""

import copy
import pickle
import threading

import pytest
import torch

import kgattn
from kgattn.graph import KnowledgeGraph
from kgattn.injection import InjectionConfig
from kgattn.injection.architectures import find_architecture
from kgattn.speed.steps import set_attention_dropout

from .conftest import (
    CLOSE,
    EAGER_ONLY,
    LENGTH,
    TRIPLES,
    TYPES,
    Batch,
    check_that_all_learn,
    head_of,
    make_batch,
    make_model,
    open_gates,
    skip_unless_checkpointed,
    without_dropout,
)


@pytest.fixture
def pair(architecture, implementation, kernel, graph):
    """The same weights twice: plain, and injected with closed gates."""
    plain, model = (make_model(architecture, implementation) for _ in range(2))
    return plain, kgattn.inject(model, graph, InjectionConfig(kernel=kernel))


@pytest.fixture
def trained(pair):
    plain, injected = pair
    return plain, open_gates(injected)


@pytest.mark.parametrize("grad", [True, False], ids=["grad", "no_grad"])
def test_law_1_injecting_changes_no_bit(pair, batch: Batch, grad):
    plain, injected = pair
    with torch.set_grad_enabled(grad):
        assert torch.equal(plain(**batch.plain).logits, injected(**batch.all).logits)
        assert torch.equal(plain(**batch.plain).logits, injected(**batch.plain).logits)


@pytest.mark.parametrize("grad", [True, False], ids=["grad", "no_grad"])
def test_law_1_holds_in_training_too_under_the_same_dropout(pair, kernel, batch: Batch, grad):
    outputs = []
    for model, inputs in zip(pair, (batch.plain, batch.all), strict=True):
        torch.manual_seed(7)
        with torch.set_grad_enabled(grad):
            outputs.append([model.train()(**inputs).logits for _ in range(2)])
    assert torch.equal(outputs[0][0], outputs[1][0])
    assert torch.equal(outputs[0][1], outputs[1][1])
    assert not torch.equal(outputs[0][0], outputs[0][1])


def test_law_1_remove_gives_back_the_model_that_came_in(architecture, implementation, kernel, graph, batch: Batch):
    model = make_model(architecture, implementation)
    before = plain_state(model)
    expected = model(**batch.plain).logits
    injected = open_gates(kgattn.inject(model, graph, InjectionConfig(kernel=kernel)))
    assert injected is model
    assert not torch.equal(model(**batch.all).logits, expected)
    assert model.kgattn.remove() is model
    assert plain_state(model) == before
    assert not hasattr(model, "kgattn")
    assert torch.equal(model(**batch.plain).logits, expected)


def plain_state(model):
    return {
        "classes": [type(m) for m in model.modules()],
        "keys": list(model.state_dict()),
        "config": model.config.to_json_string(),
        "implementations": [m.config._attn_implementation for m in model.modules() if hasattr(m, "config")],
        "hooks": [len(m._forward_pre_hooks) + len(m._forward_hooks) for m in model.modules()],
        "hooks with kwargs": [len(m._forward_pre_hooks_with_kwargs) for m in model.modules()],
        "hooks always called": [len(m._forward_hooks_always_called) for m in model.modules()],
        "attributes": [sorted(vars(m)) for m in model.modules()],
    }


def test_law_2_disabled_equals_plain_and_ends_with_the_block(trained, batch: Batch):
    plain, injected = trained
    expected, biased = plain(**batch.plain).logits, injected(**batch.all).logits
    assert not torch.allclose(expected, biased, atol=1e-5)
    with injected.kgattn.disabled():
        with injected.kgattn.disabled():
            assert torch.equal(injected(**batch.all).logits, expected)
        assert torch.equal(injected(**batch.all).logits, expected)
    assert torch.equal(injected(**batch.all).logits, biased)
    with pytest.raises(ZeroDivisionError), injected.kgattn.disabled():
        1 / 0  # noqa: B018
    assert torch.equal(injected(**batch.all).logits, biased)


def test_law_2_disabled_is_for_this_thread_only(trained, batch: Batch):
    _, injected = trained
    biased, seen = injected(**batch.all).logits, []
    with injected.kgattn.disabled():
        worker = threading.Thread(target=lambda: seen.append(injected(**batch.all).logits))
        worker.start()
        worker.join()
    assert torch.equal(seen[0], biased)


def test_law_2_a_batch_without_links_is_plain(trained, batch: Batch):
    plain, injected = trained
    expected = plain(**batch.plain).logits
    unlinked = {**batch.all, "kg_token_slot": torch.zeros_like(batch.links["kg_token_slot"])}
    assert torch.equal(injected(**unlinked).logits, expected)
    nothing = {**batch.all, "kg_entities": torch.full_like(batch.links["kg_entities"], -1)}
    assert torch.equal(injected(**nothing).logits, expected)
    assert torch.equal(injected(**batch.plain).logits, expected)


def test_law_3_padding_order_and_company_change_nothing(trained, graph, batch: Batch):
    _, injected = trained
    expected = injected(**batch.all).logits
    order = torch.tensor([2, 0, 1])
    shuffled = injected(**{name: tensor[order] for name, tensor in batch.all.items()}).logits
    torch.testing.assert_close(shuffled, expected[order], **CLOSE)
    for row in range(3):
        alone = injected(**{name: tensor[row : row + 1] for name, tensor in batch.all.items()}).logits
        torch.testing.assert_close(alone, expected[row : row + 1], **CLOSE)
    padded = {
        "input_ids": torch.nn.functional.pad(batch.plain["input_ids"], (0, 4), value=1),
        "attention_mask": torch.nn.functional.pad(batch.plain["attention_mask"], (0, 4)),
        "kg_token_slot": torch.nn.functional.pad(batch.links["kg_token_slot"], (0, 4)),
        "kg_entities": torch.nn.functional.pad(batch.links["kg_entities"], (0, 1, 0, 2), value=-1),
        "kg_priors": torch.nn.functional.pad(batch.links["kg_priors"], (0, 1, 0, 2)),
    }
    # nobody reads the answer for padding: where it may look at nothing (a window of padding, all of DeBERTa), eager
    # attention lets it look at everything alike, however much there is
    judged = batch.plain["attention_mask"].bool()
    torch.testing.assert_close(injected(**padded).logits[:, :LENGTH][judged], expected[judged], **CLOSE)


def test_law_4_renumbering_and_reordering_change_nothing(trained, architecture, implementation, batch: Batch):
    _, injected = trained
    expected = injected(**batch.all).logits
    types = dict(reversed(TYPES.items()))
    labels = {name: name for name in sorted(TYPES, key=lambda name: name[::-1])}
    renumbered = KnowledgeGraph.from_triples(TRIPLES[::-1], labels=labels, types=types)
    assert list(renumbered.entity_ids) != list(injected.kgattn.graph.entity_ids)
    injected.kgattn.swap_graph(renumbered)
    torch.testing.assert_close(injected(**make_batch(renumbered).all).logits, expected, **CLOSE)


@pytest.mark.parametrize("settings", [{}, {"values": False}, {"bias": False}, {"num_hops": 2}], ids=str)
def test_law_5_every_parameter_learns_within_two_steps(
    architecture, implementation, kernel, graph, batch: Batch, settings
):
    config = InjectionConfig(kernel=kernel, **settings)
    model = kgattn.inject(make_model(architecture, implementation), graph, config).train()
    if kernel == "block":
        without_dropout(model)
    labels = torch.randint(0, 5, (3, LENGTH), generator=torch.Generator().manual_seed(2))
    check_that_all_learn(model, batch.all, labels)


def test_law_6_every_kernel_gives_what_the_reference_gives(architecture, implementation, kernel, graph, batch: Batch):
    if architecture in EAGER_ONLY:
        pytest.skip(f"{architecture} has no other attention to compare with here; test_adapters does it")
    answers = []
    for chosen, settings in (
        (implementation, InjectionConfig(kernel=kernel)),
        ("sdpa", InjectionConfig(kernel="reference")),
    ):
        model = open_gates(kgattn.inject(make_model(architecture, chosen), graph, settings))
        logits = without_dropout(model)(**batch.all).logits[batch.plain["attention_mask"].bool()]
        logits.square().mean().backward()
        named = {name: parameter.grad for name, parameter in model.named_parameters() if parameter.grad is not None}
        answers.append({"logits": logits.detach(), **named})
    torch.testing.assert_close(answers[0], answers[1], **CLOSE)


def test_law_6_holds_in_training_too_under_the_same_dropout(architecture, implementation, kernel, graph, batch: Batch):
    if architecture in EAGER_ONLY:
        pytest.skip(f"{architecture} has no other attention to compare with here")
    answers = []
    for chosen, kernel_taken in ((implementation, kernel), ("sdpa", "reference")):
        model = make_model(architecture, chosen)
        for module in find_architecture(model).attentions:
            set_attention_dropout(module, 0.25)
        model = open_gates(kgattn.inject(model, graph, InjectionConfig(kernel=kernel_taken))).train()
        torch.manual_seed(3)
        first, second = (model(**batch.all).logits[batch.plain["attention_mask"].bool()] for _ in range(2))
        assert not torch.allclose(first, second)
        answers.append(torch.stack([first, second]))
    torch.testing.assert_close(*answers, **CLOSE)


def test_copies_and_pickles_are_injected_models_of_their_own(trained, batch: Batch):
    _, injected = trained
    expected = injected(**batch.all).logits
    for other in (copy.deepcopy(injected), pickle.loads(pickle.dumps(injected))):
        assert torch.equal(other(**batch.all).logits, expected)
        with other.kgattn.disabled():
            assert not torch.equal(other(**batch.all).logits, expected)
            assert torch.equal(injected(**batch.all).logits, expected)
        other.kgattn.remove()
        assert not hasattr(other, "kgattn")
        assert torch.equal(injected(**batch.all).logits, expected)


def test_two_threads_with_their_own_batches(trained, graph, batch: Batch):
    _, injected = trained
    single = {name: tensor[:1] for name, tensor in batch.all.items()}
    expected = [injected(**batch.all).logits, injected(**single).logits]
    wrong = []

    def serve(inputs, answer):
        for _ in range(5):
            if not torch.equal(injected(**inputs).logits, answer):
                wrong.append(inputs)

    threads = [threading.Thread(target=serve, args=pair) for pair in zip((batch.all, single), expected, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_an_error_in_mid_forward_leaves_nothing_behind(trained, batch: Batch):
    plain, injected = trained
    handle = head_of(injected).register_forward_pre_hook(lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        injected(**batch.all)
    handle.remove()
    assert torch.equal(injected(**batch.plain).logits, plain(**batch.plain).logits)


@pytest.mark.filterwarnings("ignore:`gradient_checkpointing_enable` is deprecated:FutureWarning")
def test_gradient_checkpointing_gives_the_same_gradients(trained, architecture, batch: Batch):
    _, injected = trained
    if not injected.supports_gradient_checkpointing:
        pytest.skip(f"transformers has no gradient checkpointing for {architecture}")
    skip_unless_checkpointed(architecture)
    labels = torch.zeros(3, LENGTH, dtype=torch.long)

    def gradients():
        injected.zero_grad()
        injected(**batch.all, labels=labels).loss.backward()
        named = injected.named_parameters()
        return {name: parameter.grad.clone() for name, parameter in named if parameter.grad is not None}

    without_dropout(injected)
    expected = gradients()
    injected.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    torch.testing.assert_close(gradients(), expected, **CLOSE)


def test_attention_weights_carry_the_bias(architecture, graph, batch: Batch):
    model = open_gates(kgattn.inject(make_model(architecture, "eager"), graph))
    if model.config._attn_implementation != "eager":
        pytest.skip(f"this transformers does not let {architecture}'s attention implementation be chosen later")

    def attentions():
        output = model(**batch.all, output_attentions=True)
        return (
            output.encoder_attentions if model.config.is_encoder_decoder and "logits" in output else output.attentions
        )

    weights = attentions()
    with model.kgattn.disabled():
        plain = attentions()
    assert len(weights) == 2
    assert not torch.allclose(weights[0][0], plain[0][0], atol=1e-4)  # the linked example
    torch.testing.assert_close(weights[0][2], plain[0][2])  # the one without links


def test_bf16_autocast_and_half_weights(architecture, graph, batch: Batch):
    model = open_gates(kgattn.inject(make_model(architecture), graph))
    exact, plain = model(**batch.all).logits, model(**batch.plain).logits
    with torch.autocast("cpu", torch.bfloat16):
        if architecture == "deberta":
            with pytest.raises(RuntimeError, match="overflow"):  # of transformers' own: the plain model has none either
                make_model(architecture)(**batch.plain)
        else:
            error = (model(**batch.all).logits - exact).abs().max()
            assert error <= 2 * (model(**batch.plain).logits - plain).abs().max() + 0.02
    assert {parameter.dtype for parameter in model.kgattn.parameters()} == {torch.float32}
    half = open_gates(kgattn.inject(make_model(architecture).to(torch.bfloat16), graph))
    assert {parameter.dtype for parameter in half.kgattn.parameters()} == {torch.float32}
    torch.testing.assert_close(half(**batch.all).logits.float(), exact, rtol=0.2, atol=0.2)


def test_the_output_tells_the_graph_apart(trained, graph, batch: Batch):
    """Another graph under the same links gives other outputs: the knowledge arrives, not only the links."""
    _, injected = trained
    expected = injected(**batch.all).logits
    other_types = {name: ["thing"] for name in TYPES}
    injected.kgattn.swap_graph(KnowledgeGraph.from_triples(TRIPLES, types=other_types))
    assert not torch.allclose(injected(**batch.all).logits[0], expected[0], atol=1e-5)
    assert torch.equal(injected(**batch.all).logits[2], expected[2])
