import json
import pickle

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from kgattn.errors import LinkingError, StorageError
from kgattn.graph import KnowledgeGraph
from kgattn.linking import EntityLinker, LinkerConfig, Processor
from kgattn.linking.inputs import as_batch, check_docs
from kgattn.mentions import MentionBatch

KEYS = ["kg_token_slot", "kg_entities", "kg_priors"]
SENTENCES = [
    "Jordan flew from Amman to Chicago, and WHO experts stayed there.",
    "Nobody who lives in Saint-Étienne has ever seen the Jordan River!",
    "Michael Jordan has no diabetes mellitus.",
    "A quiet day without any names at all",
]
WORDS = [sentence.split() for sentence in SENTENCES]


@pytest.fixture
def processor(tokenizer, linker):
    return Processor(tokenizer, linker)


@pytest.fixture
def bert(bert_tokenizer, linker):
    return Processor(bert_tokenizer, linker)


def slow_slots(window, spans, owners):
    """Slots of a window: `owners(token)` gives the span numbers of what a token stands for."""
    seen, slots = [], []
    for token in range(len(window.ids)):
        found = owners(window, token)
        span = found.pop() if len(found) == 1 else None
        if span is not None and span not in seen:
            seen.append(span)
        slots.append(0 if span is None else seen.index(span) + 1)
    return slots, seen


def check(encoding, docs, graph, owners):
    """Every window equals what a look at each character or word says."""
    sample = encoding.get("overflow_to_sample_mapping", range(len(encoding.encodings)))
    for row, window in enumerate(encoding.encodings):
        doc = docs[int(sample[row])]
        spans = list(doc.spans["kgattn"])
        slots, seen = slow_slots(window, spans, lambda window, token, d=doc, s=spans: owners(d, s, window, token))
        assert list(encoding["kg_token_slot"][row]) == slots
        table = np.asarray(encoding["kg_entities"][row])
        for slot, span in enumerate(seen):
            ids = [one.entity_id for one in spans[span]._.kg_candidates]
            assert [graph.entity_ids[entity] for entity in table[slot].tolist() if entity >= 0] == ids
            priors = np.asarray(encoding["kg_priors"][row])[slot, : len(ids)]
            np.testing.assert_allclose(priors, [one.prior for one in spans[span]._.kg_candidates])
        assert (table[len(seen) :] == -1).all()


def by_character(doc, spans, window, token):
    start, end = window.offsets[token]
    return {
        next((n for n, span in enumerate(spans) if span.start_char <= at < span.end_char), None)
        for at in range(start, end)
        if not doc.text[at].isspace()
    }


def by_word(doc, spans, window, token):
    word = window.word_ids[token]
    return {next((n for n, span in enumerate(spans) if word is not None and span.start <= word < span.end), None)}


TEXTS = st.lists(
    st.sampled_from(
        ["Jordan", "river Jordan", "北京市", "Saint-Étienne", "WHO", "é̂", "🇩🇪", "\u00a0", "İ", " ", "  ", ".", "xy"]
    ),
    max_size=9,
).map(" ".join)


@given(texts=st.lists(TEXTS, min_size=1, max_size=3), max_length=st.integers(4, 20), stride=st.integers(0, 2))
@settings(max_examples=25, deadline=None)
def test_windows_over_any_text_equal_a_look_at_every_character(tokenizer, linker, texts, max_length, stride):
    processor = Processor(tokenizer, linker)
    docs = processor.link(texts)
    whole = processor(texts, docs=docs)
    check(whole, docs, linker.graph, by_character)
    windows = processor(
        texts, docs=docs, truncation=True, max_length=max_length, stride=min(stride, max_length - 3), padding=True,
        return_overflowing_tokens=True,
    )  # fmt: skip
    check(windows, docs, linker.graph, by_character)


@pytest.mark.parametrize("side", ["left", "right"])
def test_words_are_aligned_on_both_padding_sides(processor, side):
    docs = processor.link(WORDS, is_split_into_words=True)
    encoding = processor(
        WORDS, is_split_into_words=True, docs=docs, padding="max_length", max_length=16, truncation=True,
        padding_side=side, return_overflowing_tokens=True, stride=3, return_tensors="np",
    )  # fmt: skip
    assert encoding["kg_token_slot"].shape == encoding["input_ids"].shape
    assert encoding["kg_token_slot"].max() > 0
    check(encoding, docs, processor.linker.graph, by_word)


def test_real_tokenizer(minilm_path, linker):
    processor = Processor(AutoTokenizer.from_pretrained(minilm_path), linker)
    encoding = processor(SENTENCES, padding=True, return_tensors="pt")
    docs = processor.link(SENTENCES)
    check(encoding, docs, linker.graph, by_character)
    rows = [encoding.tokens(0)[token] for token in encoding["kg_token_slot"][0].nonzero().flatten().tolist()]
    assert rows == ["jordan", "amman", "chicago", "who"]
    assert MentionBatch(*(encoding[key] for key in KEYS)).has_links()


def test_tensors_have_the_promised_types(bert):
    encoding = bert(SENTENCES, padding=True, return_tensors="pt")
    assert [encoding[key].dtype for key in KEYS] == [torch.int64, torch.int64, torch.float32]
    assert encoding["kg_token_slot"].shape == encoding["input_ids"].shape
    assert encoding["kg_entities"].shape == encoding["kg_priors"].shape == (4, 4, 4)


def test_without_mentions_nothing_is_empty(bert):
    encoding = bert("xyz", return_tensors="pt")
    assert encoding["kg_token_slot"].tolist() == [[0] * encoding["input_ids"].shape[1]]
    assert encoding["kg_entities"].tolist() == [[[-1] * 4]]
    assert bert("")["kg_entities"] == [[-1] * 4]


@pytest.mark.parametrize("in_words", [False, True])
def test_a_single_input_is_a_batch_of_one_without_its_axis(bert, in_words):
    inputs = WORDS if in_words else SENTENCES
    for one in inputs:
        single = bert(one, is_split_into_words=in_words)
        batch = bert([one], is_split_into_words=in_words)
        assert {key: [value] for key, value in single.items()} == dict(batch.items())
        assert single.word_ids() == batch.word_ids(0)
        tensors = bert(one, is_split_into_words=in_words, return_tensors="pt")
        assert tensors["kg_entities"].tolist() == batch["kg_entities"]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"padding": True, "return_tensors": "pt"},
        {"padding": "max_length", "max_length": 40, "padding_side": "left", "return_special_tokens_mask": True},
        {"truncation": True, "max_length": 8, "stride": 2, "return_overflowing_tokens": True},
        {"padding": "longest", "pad_to_multiple_of": 8, "return_offsets_mapping": True, "return_length": True},
        {"add_special_tokens": False, "return_attention_mask": False, "return_token_type_ids": False},
    ],
)
def test_everything_else_is_what_the_tokenizer_gives(processor, options):
    ours, plain = processor(SENTENCES, **options), processor.tokenizer(SENTENCES, **options)
    assert list(ours) == [*plain, *KEYS]
    for key in plain:
        torch.testing.assert_close(ours[key], plain[key], rtol=0, atol=0)


def test_more_padding_changes_no_slot(bert):
    short, long = bert(SENTENCES), bert(SENTENCES, padding="max_length", max_length=90)
    for row, slots in enumerate(short["kg_token_slot"]):
        assert long["kg_token_slot"][row] == slots + [0] * (90 - len(slots))
        table = long["kg_entities"][row]
        used = short["kg_entities"][row]
        assert table[: len(used)] == used


def test_mentions_cut_off_entirely_get_no_slot(bert):
    encoding = bert("Jordan saw Chicago", truncation=True, max_length=3)
    assert encoding["kg_token_slot"] == [0, 1, 0]
    assert len(encoding["kg_entities"]) == 1


def test_fewer_candidates_can_be_asked_for(bert_tokenizer, linker):
    encoding = Processor(bert_tokenizer, linker, max_candidates=2)("Jordan")
    assert encoding["kg_entities"] == [[linker.graph.entity_index("Q1"), linker.graph.entity_index("Q2")]]


@pytest.mark.parametrize("as_tensors", [False, True])
def test_padding_features_equals_padding_the_batch(linker, sided_tokenizer, as_tensors):
    processor = Processor(sided_tokenizer, linker)
    features = [dict(processor(text)) for text in SENTENCES]
    if as_tensors:
        features = [{key: torch.tensor(value) for key, value in one.items()} for one in features]
    padded = processor.pad(features)
    expected = processor(SENTENCES, padding=True, return_tensors="pt")
    assert set(padded) == set(expected)
    for key in expected:
        torch.testing.assert_close(padded[key], expected[key])


def test_labels_are_padded_and_other_forms_can_be_asked_for(bert):
    features = [{**bert(text), "labels": [7] * len(bert(text)["input_ids"])} for text in ("Jordan", "xy Chicago")]
    lists = bert.pad(features, return_tensors=None, pad_to_multiple_of=16)
    assert [row.count(-100) for row in lists["labels"]] == [16 - len(feature["input_ids"]) for feature in features]
    arrays = bert.pad(features, return_tensors="np", padding="max_length", max_length=24)
    assert arrays["kg_token_slot"].shape == arrays["labels"].shape == (2, 24)
    sentence = [{**feature, "labels": 1} for feature in features]
    assert bert.pad(sentence)["labels"].tolist() == [1, 1]


def test_features_without_mention_keys_are_padded_too(bert):
    batch = bert.pad([{"input_ids": [1, 2]}, {"input_ids": [1]}])
    assert set(batch) == {"input_ids", "attention_mask"}


def test_bad_features_are_refused(bert):
    with pytest.raises(LinkingError, match="at least one feature"):
        bert.pad([])
    with pytest.raises(LinkingError, match="same keys, got labels only in some"):
        bert.pad([{"input_ids": [1]}, {"input_ids": [1], "labels": [1]}])


def test_slow_tokenizers_are_refused(linker):
    class SlowTokenizer:
        is_fast = False

    with pytest.raises(LinkingError, match=r"slow tokenizer SlowTokenizer; load it .*use_fast=True"):
        Processor(SlowTokenizer(), linker)


@pytest.mark.parametrize("wanted", [0, 5])
def test_candidates_the_linker_does_not_keep_are_refused(bert_tokenizer, linker, wanted):
    with pytest.raises(LinkingError, match=rf"max_candidates must lie in \[1, 4\], .* got {wanted}"):
        Processor(bert_tokenizer, linker, max_candidates=wanted)


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ([], {}, "at least one text"),
        ([["Jordan"]], {}, "texts must be strings, got list; for lists of words pass is_split_into_words=True"),
        ("Jordan", {"is_split_into_words": True}, "must be lists of words, got one text"),
        ([["Jordan", ""]], {"is_split_into_words": True}, "words must not be empty, got an empty word in sentence 0"),
        (["Jordan", "\ud800"], {}, "must be valid Unicode, got half a surrogate pair at character 0"),
        ([["Jordan", "\ud800"]], {"is_split_into_words": True}, "must be valid Unicode"),
        ("Jordan", {"return_tensors": "tf"}, "return_tensors must be 'pt', 'np' or None, got 'tf'"),
        ("Jordan", {"docs": []}, "docs must be one document a text, got 0 for 1"),
    ],
)
def test_bad_input_is_refused(bert, text, options, message):
    with pytest.raises(LinkingError, match=message):
        bert(text, **options)


@pytest.mark.parametrize(
    ("text", "in_words", "message"),
    [
        (None, False, "expected a text or a list of texts, got NoneType"),
        (7, True, "expected a text or a list of texts, got int"),
        ([], True, "at least one text, got none"),
        (["a", 3], False, "texts must be strings, got int"),
        (["Jordan", ["flew"]], True, "every sentence must be a list of words, got str at 0"),
        ([["Jordan"], None], True, "every sentence must be a list of words, got NoneType at 1"),
        ([["Jordan"], {"flew"}], True, "every sentence must be a list of words, got set at 1"),
        ([["Jordan"], ["flew", 3]], True, "words must be strings, got another type in sentence 1"),
        ([["Jordan"], [["flew"]]], True, "words must be strings, got another type in sentence 1"),
    ],
)
def test_what_is_neither_text_nor_words_is_refused(text, in_words, message):
    with pytest.raises(LinkingError, match=message):
        as_batch(text, in_words)


@pytest.mark.parametrize("kind", [list, tuple, np.array])
def test_words_come_in_any_sequence(kind):
    assert as_batch([kind(["Jordan", "flew"]), kind(["a"])], in_words=True) == ([["Jordan", "flew"], ["a"]], False)
    assert as_batch(kind(["Jordan", "flew"]), in_words=True) == ([["Jordan", "flew"]], True)


def test_docs_of_other_words_are_refused(bert):
    docs = bert.link([["Jordan", "flew"]], is_split_into_words=True)
    with pytest.raises(LinkingError, match="docs must come from the input itself, got another at 0"):
        bert([["Amman", "rests"]], is_split_into_words=True, docs=docs)
    assert bert([["Jordan", "flew"]], is_split_into_words=True, docs=docs)["kg_token_slot"][0][1] == 1


def test_docs_that_are_no_documents_are_refused(bert):
    with pytest.raises(LinkingError, match="docs must be a list of documents, got Doc; give what link returned"):
        check_docs(bert.linker("Jordan"), ["Jordan"], False)
    with pytest.raises(LinkingError, match="docs must be documents, got str at 0"):
        check_docs(["Jordan"], ["Jordan"], False)


def test_docs_of_other_input_or_another_graph_are_refused(bert):
    with pytest.raises(LinkingError, match="docs must come from the input itself, got another at 0"):
        bert("Jordan", docs=bert.link("Amman"))
    other = EntityLinker(KnowledgeGraph.from_triples([], labels={"X1": "Jordan"}))
    with pytest.raises(LinkingError, match="linked to the processor's graph, got the entity 'X1'"):
        bert("Jordan", docs=[other("Jordan")])


def test_a_processor_survives_pickling(bert):
    again = pickle.loads(pickle.dumps(bert))
    assert dict(again("Jordan").items()) == dict(bert("Jordan").items())


def test_with_graph_gives_rows_of_another_graph(bert_tokenizer, graph):
    config = LinkerConfig(max_candidates=3)
    processor = Processor(bert_tokenizer, EntityLinker(graph, "xx", config), max_candidates=2)
    other = KnowledgeGraph.from_triples([], labels={"X1": "Amman", "X2": "Chicago"})
    moved = processor.with_graph(other)
    assert (moved.tokenizer, moved.max_candidates, moved.linker.config) == (bert_tokenizer, 2, config)
    assert moved.linker.nlp.lang == "xx"
    assert moved("Chicago")["kg_entities"] == [[other.entity_index("X2"), -1]]
    assert processor("Chicago")["kg_entities"] == [[graph.entity_index("Q7"), -1]]


def test_saving_and_loading(tmp_path, bert_tokenizer, graph):
    config = LinkerConfig(max_candidates=3, case="ignore")
    processor = Processor(bert_tokenizer, EntityLinker(graph, "xx", config), max_candidates=2)
    processor.save_pretrained(tmp_path)
    tokenizer = PreTrainedTokenizerFast.from_pretrained(tmp_path)
    again = Processor.from_pretrained(tmp_path, tokenizer, graph)
    assert again.linker.config == config
    assert again.linker.nlp.lang == "xx"
    text = "who likes chicago"
    assert dict(again(text).items()) == dict(processor(text).items())


def test_folders_without_a_processor_are_refused(tmp_path, bert):
    with pytest.raises(LinkingError, match=r"no readable kgattn_processor\.json"):
        Processor.from_pretrained(tmp_path, bert.tokenizer, bert.linker.graph)
    (tmp_path / "kgattn_processor.json").write_text(json.dumps({"format_version": 9}))
    with pytest.raises(LinkingError, match="must be of format version 1, got 9"):
        Processor.from_pretrained(tmp_path, bert.tokenizer, bert.linker.graph)


def test_a_folder_that_cannot_be_written_is_a_storage_error(tmp_path, bert):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot write"):
        bert.save_pretrained(tmp_path / "file")
