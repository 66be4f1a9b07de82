"""The pipeline: the parent's results on a plain model, links of its own on an injected one."""

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer, BertForTokenClassification, pipeline

import kgattn
from kgattn.errors import InjectionError, LinkingError
from kgattn.graph import KnowledgeGraph
from kgattn.linking import EntityLinker, Processor
from kgattn.ner.collate import Collator
from kgattn.ner.corpus import Sentence
from kgattn.ner.features import encode_sentences
from kgattn.ner.labels import LabelSet
from kgattn.ner.pipeline import WORD_STRATEGIES, choose_together, stack_links
from kgattn.ner.predict import make_batches, predict_tags

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
    with pytest.raises(LinkingError, match=r"expected a kgattn\.Processor\(tokenizer, linker\), got Bert"):
        kgattn.pipeline(model, tokenizer)
    other = KnowledgeGraph.from_triples([("Rome", "capital of", "Italy")])
    renumbered = KnowledgeGraph.from_triples(
        [("Angela Merkel", "member of", "CDU"), ("Berlin", "capital of", "Germany")],
        types={"Berlin": ["city"], "CDU": ["party"]},
    )
    assert renumbered.fingerprint == graph.fingerprint
    for stranger in (other, renumbered):
        with pytest.raises(LinkingError, match=r"expected a processor that links to the model's graph, .* got one"):
            kgattn.pipeline(model, Processor(tokenizer, EntityLinker(stranger)))


def around(graph):
    """The same knowledge with a new entity and its triple before all others, so that every old row is another."""
    assert graph.label("Berlin") == "Berlin"
    triples = [
        ("train", "leaves", "Berlin"),
        ("Berlin", "capital of", "Germany"),
        ("Angela Merkel", "member of", "CDU"),
    ]
    return KnowledgeGraph.from_triples(triples, types={"Berlin": ["city"], "CDU": ["party"], "train": ["vehicle"]})


@pytest.mark.parametrize("own", [True, False], ids=["its own processor", "the model's processor"])
def test_it_goes_along_when_the_graph_is_swapped(parts, graph, own):
    model, tokenizer, processor = parts
    model = injected(model, graph)
    if not own:
        model.kgattn.processor = processor
    made = kgattn.pipeline(model, processor if own else None, ignore_labels=[])
    before = made(TEXTS[2])
    new = around(graph)
    assert not new.same_entities(graph)
    model.kgattn.swap_graph(new)
    after = made(TEXTS[2])
    assert made.links.linker.graph is new
    assert made.links is made.links, "linked to the new graph once, not for every text"
    assert own or made.links is model.kgattn.processor, "one index for both"
    fresh = kgattn.pipeline(model, Processor(tokenizer, EntityLinker(new)), ignore_labels=[])
    assert scores(after) == scores(fresh(TEXTS[2])) != scores(before)
    model.kgattn.swap_graph(graph)
    assert scores(made(TEXTS[2])) == scores(before)


def test_a_swap_while_texts_are_on_their_way_is_refused(parts, graph):
    model, _, processor = parts
    model = injected(model, graph)
    made = kgattn.pipeline(model, processor)
    (window,) = made.preprocess(TEXTS[0], is_split_into_words=False, delimiter=None)
    model.kgattn.swap_graph(graph.with_triples([("CDU", "member of", "Germany")]))
    assert made.forward(dict(window)), "the same entities: links are still right"
    model.kgattn.swap_graph(around(graph))
    with pytest.raises(LinkingError, match=r"another graph while texts .* were on their way to it; swap between calls"):
        made.forward(dict(window))


def test_a_graph_without_names_is_named_when_a_text_comes(parts, graph):
    model, _, processor = parts
    model = kgattn.inject(model, graph)
    made = kgattn.pipeline(model, processor)
    model.kgattn.swap_graph(KnowledgeGraph.from_triples([], labels={"x": "17"}))
    with pytest.raises(LinkingError, match="expected a graph with labels to match, got 1 entities"):
        made(TEXTS[0])
    model.kgattn.swap_graph(graph)
    assert made(TEXTS[0]) is not None


def gather(made, rows):
    """What the parent would hand to `aggregate`: tokens of whole words and their scores."""
    return [
        {"word": word, "scores": np.array(scores, np.float32), "start": 10 * n, "end": 10 * n + 9, "index": n}
        | {"is_subword": word.startswith("##")}
        for n, (word, scores) in enumerate(rows)
    ]


@pytest.mark.parametrize("strategy", WORD_STRATEGIES)
def test_names_are_not_broken_into_pieces(parts, graph, strategy):
    model, _, processor = parts
    LabelSet(("DRUG",), ("DRUG",)).write_to(model.config)
    model.config.id2label = dict(enumerate(LabelSet(("DRUG",)).tags))
    made = kgattn.pipeline(kgattn.inject(model, graph), processor)
    rows = [  # O, B-DRUG, I-DRUG: a name of two words, each of which looks like a beginning
        ("with", [0.9, 0.05, 0.05]),
        ("nit", [0.1, 0.8, 0.1]),
        ("##ric", [0.3, 0.4, 0.3]),
        ("ox", [0.1, 0.5, 0.4]),
        ("##ide", [0.0, 0.7, 0.3]),
        (".", [0.98, 0.01, 0.01]),
    ]

    _, name, _ = made.aggregate(gather(made, rows), strategy)
    assert (name["entity_group"], name["start"], name["end"]) == ("DRUG", 10, 49)
    inside = {"first": 0.4, "average": 0.35, "max": 0.4}[strategy.value]  # the largest that is left of this tag
    first = {"first": 0.8, "average": 0.6, "max": 0.8}[strategy.value]
    assert name["score"] == pytest.approx((first + inside) / 2)

    model.config.kgattn_types_apart = []
    _, one, two, _ = made.aggregate(gather(made, rows), strategy)
    assert (one["end"], two["start"]) == (29, 30)


def test_texts_come_out_as_predict_tags_has_them(parts, graph):
    """With types apart, the pipeline's words of a tag are those of evaluation."""
    model, _, processor = parts
    labels = LabelSet(("X",), ("X",))
    model.config.id2label = dict(enumerate(labels.tags))
    with torch.no_grad():
        model.classifier.bias.copy_(torch.tensor([0.0, 0.3, 0.2]))
    model = injected(model, graph)
    words = TEXTS[0].replace(".", " .").split()
    split = encode_sentences([Sentence(tuple(words), ("O",) * len(words))], processor, labels)
    collator = Collator(processor)
    free = LabelSet(("X",))
    alone, together = (predict_tags(model, make_batches(split, collator), these)[0] for these in (free, labels))
    assert alone != together, "else this shows nothing"
    for these, expected in ((free, alone), (labels, together)):
        these.write_to(model.config)
        made = kgattn.pipeline(model, processor, aggregation_strategy="first", ignore_labels=[])
        found = made([words], is_split_into_words=True)[0]
        tags = [
            ("B-" if number == 0 else "I-") + entity["entity_group"] if entity["entity_group"] != "O" else "O"
            for entity in found
            for number, _ in enumerate(" ".join(words)[entity["start"] : entity["end"]].split())
        ]
        assert tags == expected


def test_each_strategy_weighs_the_tokens_of_a_word_as_the_parent_does():
    """Two ways to end a name: which is the likelier depends on what counts of the second word's tokens."""
    tags = ["O", "B-X", "I-X"]
    rows = [("a", [0.02, 0.9, 0.08]), ("b", [0.42, 0.48, 0.1]), ("##c", [0.02, 0.5, 0.48]), ("##d", [0.1, 0.6, 0.3])]
    chosen = {}
    for strategy in WORD_STRATEGIES:
        tokens = gather(None, rows)
        choose_together(tokens, tags, ["X"], strategy)
        chosen[strategy.value] = tags[int(np.flatnonzero(tokens[1]["scores"])[0])]
    assert chosen == {"first": "O", "average": "I-X", "max": "I-X"}
