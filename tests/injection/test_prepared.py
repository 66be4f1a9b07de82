"""What was prepared for one layer serves the others, with heads as wide as compiled code wants them."""

import pytest
import torch
from transformers import BertConfig, BertForTokenClassification, PreTrainedModel

import kgattn
from kgattn.attention import prepare
from kgattn.errors import KernelError
from kgattn.graph import KnowledgeGraph
from kgattn.injection import InjectionConfig, attention_function
from kgattn.injection.architectures import find_architecture
from kgattn.speed.steps import set_attention_dropout

from .conftest import CLOSE, COMMON, Batch, open_gates

LAYERS = 3


def make(graph: KnowledgeGraph, kernel: str = "auto", dropout: float = 0.0) -> PreTrainedModel:
    sizes = {"hidden_size": 64, "num_attention_heads": 4, "num_hidden_layers": LAYERS, "intermediate_size": 48}
    torch.manual_seed(1)
    model = BertForTokenClassification(BertConfig(**COMMON, **sizes))
    for module in find_architecture(model).attentions:
        set_attention_dropout(module, dropout)
    return open_gates(kgattn.inject(model, graph, InjectionConfig(kernel=kernel)))


@pytest.fixture
def asked(monkeypatch) -> list[tuple]:
    calls: list[tuple] = []

    def counted(*arguments):
        calls.append(arguments)
        return prepare(*arguments)

    monkeypatch.setattr(attention_function, "prepare", counted)
    return calls


def answer(model: PreTrainedModel, batch: Batch) -> dict[str, torch.Tensor]:
    torch.manual_seed(3)
    logits = model(**batch.all).logits[batch.plain["attention_mask"].bool()]
    logits.square().mean().backward()
    named = {name: parameter.grad for name, parameter in model.named_parameters() if parameter.grad is not None}
    return {"logits": logits.detach(), **named}


@pytest.mark.parametrize("dropout", [0.0, 0.25])
def test_layers_of_a_pass_give_what_the_reference_gives(graph, batch: Batch, asked, dropout):
    mine, expected = (answer(make(graph, kernel, dropout).train(), batch) for kernel in ("auto", "reference"))
    torch.testing.assert_close(mine, expected, **CLOSE)
    assert [arguments[0] for arguments in asked] == ["auto", "reference"]


@torch.no_grad()
def test_every_pass_prepares_its_own(graph, batch: Batch, asked):
    model, other = make(graph).eval(), Batch(batch.plain, {**batch.links, "kg_priors": batch.links["kg_priors"] / 2})
    answers = [model(**inputs.all).logits for inputs in (batch, other, batch)]
    assert len(asked) == 3
    assert torch.equal(answers[0], answers[2])
    assert not torch.equal(answers[0], answers[1])


@torch.no_grad()
def test_a_layer_that_calls_otherwise_is_prepared_for(graph, batch: Batch, asked):
    model = make(graph).train()
    set_attention_dropout(find_architecture(model).attentions[1], 0.5)
    model(**batch.all)
    assert [arguments[6] for arguments in asked] == [0.0, 0.5]
    asked.clear()
    with torch.autocast("cpu", torch.bfloat16):
        model.eval()(**batch.all)
    assert [arguments[1].dtype for arguments in asked] == [torch.bfloat16]


@pytest.mark.filterwarnings("ignore:flex_attention called without torch.compile:UserWarning")
def test_a_layer_that_is_trained_is_not_served_by_what_a_frozen_one_was(graph, batch: Batch):
    model = make(graph, "flex").eval().requires_grad_(False)
    model(**batch.all)
    find_architecture(model).attentions[1].requires_grad_(True)
    with pytest.raises(KernelError, match="it is for inference"):
        model(**batch.all)
