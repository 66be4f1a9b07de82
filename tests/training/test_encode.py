import numpy as np

from kgattn.linking import EntityLinker, Processor
from kgattn.training.checkpoints import load_tokenizer
from kgattn.training.encode import encode_corpus, with_entities, without_links


def test_limits_before_and_after_encoding_agree(corpus, graph, config):
    processor = Processor(load_tokenizer(config.model), EntityLinker(graph))
    whole = encode_corpus(corpus, processor, config)
    late = whole.limit(config)
    early = encode_corpus(corpus.limit(config.limit_train, config.dev_limit, config.seed), processor, config)
    assert late.train.sentences == early.train.sentences
    assert late.train.features == early.train.features
    assert len(late.train.sentences) == 24
    assert late.test is whole.test
    assert late.has_links


def test_links_are_counted_exchanged_and_left_out(corpus, graph, config):
    processor = Processor(load_tokenizer(config.model), EntityLinker(graph))
    encoded = encode_corpus(corpus, processor, config)
    counts = encoded.link_counts(graph.num_entities)
    cities = sum(tag == "B-LOC" for split in (corpus.train, corpus.dev, corpus.test) for s in split for tag in s.tags)
    assert counts.sum() == cities
    assert counts[graph.entity_index("France")] == 0
    swap = np.arange(graph.num_entities)[::-1].copy()
    exchanged = with_entities(encoded.test, swap)
    for before, after in zip(encoded.test.features, exchanged.features, strict=True):
        rows, new = np.array(before["kg_entities"]), np.array(after["kg_entities"])
        assert np.array_equal(new, np.where(rows >= 0, swap[rows], -1))
    assert with_entities(encoded.test, None) is encoded.test
    assert not any(key.startswith("kg_") for feature in without_links(encoded.test).features for key in feature)


def test_a_bare_tokenizer_encodes_without_links(corpus, config):
    encoded = encode_corpus(corpus, load_tokenizer(config.model), config)
    assert not encoded.has_links
    assert encoded.link_counts(3).tolist() == [0, 0, 0]
