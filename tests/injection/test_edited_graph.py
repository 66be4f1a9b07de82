"""What is added to a graph, the next prediction sees; what links to another graph is found out."""

import copy
import pickle

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import BertConfig, BertForTokenClassification, PreTrainedTokenizerFast

import kgattn
from kgattn.errors import LinkingError
from kgattn.graph import KnowledgeGraph
from kgattn.injection import InjectionConfig
from kgattn.linking import EntityLinker, LinkerConfig, Processor

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


def make_tagger(graph, **settings) -> BertForTokenClassification:
    torch.manual_seed(0)
    model = BertForTokenClassification(
        BertConfig(vocab_size=len(WORDS), hidden_size=32, num_hidden_layers=2, num_attention_heads=4, num_labels=5)
    )
    return open_gates(kgattn.inject(model.eval(), graph, InjectionConfig(**settings)), size=0.5)


@pytest.fixture
def model(graph, tokenizer) -> BertForTokenClassification:
    model = make_tagger(graph)
    config = LinkerConfig(stop_list=("cologne",), max_candidates=3)
    model.kgattn.processor = Processor(tokenizer, EntityLinker(graph, "xx", config), max_candidates=2)
    return model


def predict(model, processor):
    """Logits, and the text of each mention."""
    batch = processor([TEXT], return_tensors="pt", padding=True)
    (doc,) = processor.link([TEXT])
    with torch.no_grad():
        return model(**batch).logits, [span.text for span in doc.spans["kgattn"]]


@pytest.mark.parametrize("settings", [{}, {"num_hops": 2}], ids=str)
def test_a_new_triple_and_a_new_entity_reach_the_next_prediction(graph, tokenizer, settings):
    model = make_tagger(graph, **settings)
    model.kgattn.processor = Processor(tokenizer, EntityLinker(graph))
    before, mentions = predict(model, model.kgattn.processor)
    assert mentions == ["Rhine", "Basel", "Cologne"]

    model.kgattn.swap_graph(graph.with_triples([("Rhine", "flows through", "Cologne")]))
    with_triple, same_mentions = predict(model, model.kgattn.processor)
    assert same_mentions == mentions
    assert not torch.allclose(with_triple, before, atol=1e-4)

    model.kgattn.swap_graph(graph.with_entity("Worms", label="Worms", types="city"))
    with_entity, more = predict(model, model.kgattn.processor)
    assert more == [*mentions, "Worms"]
    assert not torch.allclose(with_entity, before, atol=1e-4)

    model.kgattn.swap_graph(graph)
    torch.testing.assert_close(predict(model, model.kgattn.processor)[0], before, **CLOSE)


def test_the_processor_goes_along_with_the_graph_once_it_is_asked_for(model, graph, monkeypatch):
    old = model.kgattn.processor
    assert model.kgattn.processor is old
    built = []
    with_graph = EntityLinker.with_graph
    monkeypatch.setattr(EntityLinker, "with_graph", lambda linker, new: built.append(new) or with_graph(linker, new))
    other = KnowledgeGraph.from_triples([("Worms", "on", "Rhine")])
    for new in (graph.with_triples([("Basel", "on", "Rhine")]), other):
        model.kgattn.swap_graph(new)
    assert built == [], "a swap builds no index"
    new = model.kgattn.processor
    assert model.kgattn.processor is new
    assert built == [other]
    assert (new.tokenizer, new.max_candidates, new.linker.config) == (old.tokenizer, 2, old.linker.config)
    assert (new.linker.nlp.lang, new.linker.graph) == ("xx", other)
    assert predict(model, new)[1] == ["Rhine", "Worms"]
    assert predict(model, old.with_graph(graph))[1] == ["Rhine", "Basel"]


@pytest.mark.parametrize(
    "again", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))], ids=["copy", "pickle"]
)
def test_copies_keep_their_processor(model, graph, again):
    with_worms = graph.with_entity("Worms", label="Worms")
    other = again(model)
    assert other.kgattn.processor.linker.graph is other.kgattn.graph
    other.kgattn.swap_graph(with_worms)
    assert predict(other, other.kgattn.processor)[1] == ["Rhine", "Basel", "Worms"]
    assert predict(model, model.kgattn.processor)[1] == ["Rhine", "Basel"]


def test_a_processor_over_other_entities_is_no_processor_of_the_model(model, graph, tokenizer):
    kept = model.kgattn.processor
    over_more = Processor(tokenizer, EntityLinker(graph.with_entity("Worms", label="Worms")))
    with pytest.raises(
        LinkingError, match=r"the model's graph, .*\(3 entities.* another graph, .*\(4 entities.*; take"
    ):
        model.kgattn.processor = over_more
    with pytest.raises(LinkingError, match=r"expected a kgattn\.Processor\(tokenizer, linker\), got EntityLinker"):
        model.kgattn.processor = kept.linker
    assert model.kgattn.processor is kept
    same_entities = Processor(tokenizer, EntityLinker(graph.with_triples([("Basel", "on", "Rhine")])))
    model.kgattn.processor = same_entities
    assert model.kgattn.processor is same_entities
    model.kgattn.processor = None
    model.kgattn.swap_graph(graph.with_entity("Worms", label="Worms"))
    assert model.kgattn.processor is None


def test_a_processor_from_before_a_swap_is_not_saved(model, graph, tmp_path):
    old = model.kgattn.processor
    model.kgattn.swap_graph(graph.with_entity("Worms", label="Worms", types="city"))
    with pytest.raises(LinkingError, match=r"processor\.with_graph\(model\.kgattn\.graph\)"):
        kgattn.save_pretrained(model, tmp_path / "model", old)
    assert not (tmp_path / "model").exists()
    kgattn.save_pretrained(model, tmp_path / "model")
    again = kgattn.from_pretrained(tmp_path / "model")
    logits, mentions = predict(model, model.kgattn.processor)
    assert mentions == ["Rhine", "Basel", "Worms"]
    loaded, same_mentions = predict(again, again.kgattn.processor)
    assert same_mentions == mentions
    torch.testing.assert_close(loaded, logits, **CLOSE)


def test_a_model_is_not_saved_with_a_graph_its_processor_could_not_link_to(model, tmp_path):
    model.kgattn.swap_graph(KnowledgeGraph.from_triples([], labels={"x": "17"}))
    with pytest.raises(LinkingError, match="expected a graph with labels to match"):
        kgattn.save_pretrained(model, tmp_path / "model")
    assert not (tmp_path / "model").exists()
