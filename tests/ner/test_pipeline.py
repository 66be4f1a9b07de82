"""The pipeline: the parent's results on a plain model, links of its own on an injected one."""

import pytest
import torch
from transformers import AutoTokenizer, BertForTokenClassification, pipeline

import kgattn
from kgattn.errors import InjectionError, LinkingError
from kgattn.graph import KnowledgeGraph
from kgattn.linking import EntityLinker, Processor
from kgattn.ner.pipeline import stack_links

TEXTS = [
    "Angela Merkel led the CDU in Berlin.",
    "Nothing to see here.",
    "From Berlin to Germany, by train and on foot.",
]


@pytest.fixture(scope="module")
def graph():
    triples = [("Berlin", "capital of", "Germany"), ("Angela Merkel", "member of", "CDU")]
    return KnowledgeGraph.from_triples(triples, types={"Berlin": ["city"], "CDU": ["party"]})


@pytest.fixture
def parts(bert_tiny_path, graph):
    torch.manual_seed(0)
    model = BertForTokenClassification.from_pretrained(bert_tiny_path, num_labels=3, ignore_mismatched_sizes=True)
    tokenizer = AutoTokenizer.from_pretrained(bert_tiny_path)
    tokenizer.model_max_length = 64
    return model.eval(), tokenizer, Processor(tokenizer, EntityLinker(graph))


def injected(model, graph, gate=0.05):
    model = kgattn.inject(model, graph)
    with torch.no_grad():
        for name, parameter in model.kgattn.named_parameters():
            if name.endswith("gate"):
                parameter.fill_(gate)
    return model


def scores(entities):
    return [(e["start"], e["end"], e["entity"], pytest.approx(float(e["score"]), abs=1e-5)) for e in entities]


def test_closed_gates_give_what_the_plain_pipeline_gives(parts, graph):
    model, tokenizer, processor = parts
    plain = pipeline("token-classification", model=model, tokenizer=tokenizer, ignore_labels=[])
    expected = plain(TEXTS)
    made = kgattn.pipeline(kgattn.inject(model, graph), processor, ignore_labels=[])
    for mine, theirs in zip(made(TEXTS), expected, strict=True):
        assert scores(mine) == scores(theirs)


def test_it_links_by_itself_and_batches_change_nothing(parts, graph):
    model, _, processor = parts
    model = injected(model, graph)
    made = kgattn.pipeline(model, processor, ignore_labels=[])
    single = [made(text) for text in TEXTS]
    with model.kgattn.disabled():
        assert scores(made(TEXTS[0])) != scores(single[0])
        assert scores(made(TEXTS[1])) == scores(single[1])
    for batched, alone in zip(made(TEXTS, batch_size=3), single, strict=True):
        assert scores(batched) == scores(alone)


@pytest.mark.parametrize(("side", "row"), [("right", [1, 0, 0]), ("left", [0, 0, 1])])
def test_slots_are_padded_on_the_tokens_side_and_mentions_behind(side, row):
    short = {"kg_token_slot": [1], "kg_entities": [[4, -1]], "kg_priors": [[0.5, 0.0]]}
    long = {"kg_token_slot": [0, 2, 1], "kg_entities": [[1, 2], [3, -1]], "kg_priors": [[0.5, 0.5], [1.0, 0.0]]}
    windows = [{key: torch.tensor(value) for key, value in window.items()} for window in (short, long)]
    batch = stack_links(windows, 3, side)
    assert batch["kg_token_slot"].tolist() == [row, [0, 2, 1]]
    assert batch["kg_entities"].tolist() == [[[4, -1], [-1, -1]], [[1, 2], [3, -1]]]
    assert batch["kg_priors"].tolist() == [[[0.5, 0.0], [0.0, 0.0]], [[0.5, 0.5], [1.0, 0.0]]]


def test_words_and_long_texts_in_windows(parts, graph):
    model, _, processor = parts
    made = kgattn.pipeline(injected(model, graph), processor, ignore_labels=[], stride=8)
    long = " ".join(TEXTS * 8)
    found = made(long)
    assert found[-1]["end"] > 0.9 * len(long)
    words = kgattn.pipeline(model, processor, ignore_labels=[])([TEXTS[0].split()], is_split_into_words=True)
    assert words[0][0]["start"] == 0
    assert words[0][-1]["end"] == len(TEXTS[0])


def test_what_it_cannot_do_is_refused(parts, graph):
    model, tokenizer, processor = parts
    with pytest.raises(InjectionError, match="has no injection"):
        kgattn.pipeline(model, processor)
    model = kgattn.inject(model, graph)
    with pytest.raises(LinkingError, match=r"needs a kgattn\.Processor\(tokenizer, linker\), got none"):
        kgattn.pipeline(model)
    with pytest.raises(LinkingError, match=r"needs a kgattn\.Processor\(tokenizer, linker\), got Bert"):
        kgattn.pipeline(model, tokenizer)
    other = KnowledgeGraph.from_triples([("Rome", "capital of", "Italy")])
    renumbered = KnowledgeGraph.from_triples(
        [("Angela Merkel", "member of", "CDU"), ("Berlin", "capital of", "Germany")],
        types={"Berlin": ["city"], "CDU": ["party"]},
    )
    assert renumbered.fingerprint == graph.fingerprint
    for stranger in (other, renumbered):
        with pytest.raises(LinkingError, match="links to another graph than the model holds"):
            kgattn.pipeline(model, Processor(tokenizer, EntityLinker(stranger)))
