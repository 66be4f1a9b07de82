"""What is added to a graph, the next prediction sees."""

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import BertConfig, BertForTokenClassification, PreTrainedTokenizerFast

import kgattn
from kgattn.graph import KnowledgeGraph
from kgattn.injection import InjectionConfig

from .conftest import CLOSE, open_gates

TEXT = "Rhine flows from Basel to Cologne past Worms"
WORDS = ["[UNK]", "[PAD]", *TEXT.split()]


@pytest.fixture
def graph() -> KnowledgeGraph:
    return KnowledgeGraph.from_triples(
        [("Rhine", "flows through", "Basel")],
        labels={name: name for name in ("Rhine", "Basel", "Cologne")},
        types={"Rhine": "river", "Basel": "city", "Cologne": "city"},
    )


@pytest.fixture
def tokenizer() -> PreTrainedTokenizerFast:
    fast = Tokenizer(models.WordLevel({word: row for row, word in enumerate(WORDS)}, unk_token="[UNK]"))
    fast.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(tokenizer_object=fast, pad_token="[PAD]", unk_token="[UNK]")


def predict(model, tokenizer, graph):
    """Logits after the model and the linker have moved on to a graph, and the text of each mention."""
    model.kgattn.swap_graph(graph)
    linker = kgattn.EntityLinker(graph, nlp="en")
    batch = kgattn.Processor(tokenizer, linker)([TEXT], return_tensors="pt", padding=True)
    doc = linker(TEXT)
    with torch.no_grad():
        return model(**batch).logits, [span.text for span in doc.spans["kgattn"]]


@pytest.mark.parametrize("settings", [{}, {"num_hops": 2}], ids=str)
def test_a_new_triple_and_a_new_entity_reach_the_next_prediction(graph, tokenizer, settings):
    torch.manual_seed(0)
    model = BertForTokenClassification(
        BertConfig(vocab_size=len(WORDS), hidden_size=32, num_hidden_layers=2, num_attention_heads=4, num_labels=5)
    )
    model = open_gates(kgattn.inject(model.eval(), graph, InjectionConfig(**settings)), size=0.5)
    before, mentions = predict(model, tokenizer, graph)
    assert mentions == ["Rhine", "Basel", "Cologne"]

    with_triple, same_mentions = predict(model, tokenizer, graph.with_triples([("Rhine", "flows through", "Cologne")]))
    assert same_mentions == mentions
    assert not torch.allclose(with_triple, before, atol=1e-4)

    with_entity, more = predict(model, tokenizer, graph.with_entity("Worms", label="Worms", types="city"))
    assert more == [*mentions, "Worms"]
    assert not torch.allclose(with_entity, before, atol=1e-4)

    torch.testing.assert_close(predict(model, tokenizer, graph)[0], before, **CLOSE)
