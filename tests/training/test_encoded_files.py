"""An encoded corpus comes back from the disk as it was, or not at all."""

from dataclasses import replace

import numpy as np
import pytest

from kgattn.graph import KnowledgeGraph
from kgattn.linking import LinkerConfig
from kgattn.ner.corpus import Sentence
from kgattn.training.checkpoints import load_tokenizer
from kgattn.training.encode import encode_corpus
from kgattn.training.encoded_files import encoding_key, load_encoded, save_encoded
from kgattn.training.parts import make_processor


def same(one, other):
    assert one.has_links == other.has_links
    for name in ("train", "dev", "test", "unlabelled"):
        first, second = getattr(one, name), getattr(other, name)
        assert first.sentences == second.sentences
        assert first.features == second.features
        assert [list(feature) for feature in first.features] == [list(feature) for feature in second.features]
        assert [row.tolist() for row in first.linked] == [row.tolist() for row in second.linked]
        assert first.unread_words == second.unread_words


@pytest.mark.parametrize("linked", [True, False])
def test_windows_and_links_come_back(corpus, graph, config, tmp_path, linked):
    long = Sentence((*corpus.test[0].words, *("and",) * 300, "\x00"), (*corpus.test[0].tags, *("O",) * 301))
    corpus = replace(corpus, test=(*corpus.test, long), unlabelled=("Bob went to Rome.", "Nobody."))
    processor = make_processor(config.model, graph if linked else None, config.language)
    encoded = encode_corpus(corpus, processor, replace(config, distant_epochs=1.0))
    assert len(encoded.unlabelled.features) == (2 if linked else 0)
    assert len(encoded.test.features) > len(corpus.test)
    assert encoded.test.unread_words

    save_encoded(tmp_path / "new" / "encoded.safetensors", encoded, "key")

    same(load_encoded(tmp_path / "new" / "encoded.safetensors", corpus, "key"), encoded)


def test_unlabelled_texts_are_linked_only_where_they_are_learnt_from(corpus, graph, config):
    corpus = replace(corpus, unlabelled=("Bob went to Rome.",))
    assert encode_corpus(corpus, make_processor(config.model, graph, "en"), config).unlabelled.features == ()


def test_what_is_absent_damaged_or_of_something_else_is_not_taken(corpus, graph, config, tmp_path):
    path = tmp_path / "encoded.safetensors"
    assert load_encoded(path, corpus, "key") is None
    save_encoded(path, encode_corpus(corpus, load_tokenizer(config.model), config), "key")
    assert load_encoded(path, corpus, "other") is None
    path.write_bytes(path.read_bytes()[:-100])
    assert load_encoded(path, corpus, "key") is None


def test_the_key_knows_what_the_encoding_depends_on(corpus, graph, config, tmp_path):
    tokenizer = load_tokenizer(config.model)
    key = encoding_key(corpus, graph, tokenizer, config)
    assert key == encoding_key(corpus, graph, tokenizer, replace(config, seed=7, epochs=1, arm="biased"))
    assert key == encoding_key(corpus, graph, tokenizer, replace(config, linker=LinkerConfig()))
    ids = list(graph.entity_ids)
    names = {entity: [graph.label(entity), *graph.aliases(entity)] for entity in reversed(ids)}
    triples = [(ids[h], graph.relation_ids[r], ids[t]) for h, r, t in np.asarray(graph.triples).tolist()]
    types = {entity: graph.types(entity) for entity in ids}
    renumbered = KnowledgeGraph.from_triples(triples, labels=names, types=types)
    assert renumbered.fingerprint == graph.fingerprint
    decided = tmp_path / "graph" / "linker" / "common_words.tsv"
    replace(graph, path=None).save(tmp_path / "graph")  # and not the graph of all tests
    decided.parent.mkdir()
    decided.write_text("rome\t6.00\tRome\tdrop\t\n")
    assert key == encoding_key(corpus, KnowledgeGraph.load(tmp_path / "graph"), tokenizer, config)
    by_decision = []
    for verdict in ("keep", "exact"):
        decided.write_text(f"rome\t6.00\tRome\tdrop\t{verdict}\n")
        by_decision.append(encoding_key(corpus, KnowledgeGraph.load(tmp_path / "graph"), tokenizer, config))
    others = [
        *by_decision,
        encoding_key(replace(corpus, train=corpus.train[1:]), graph, tokenizer, config),
        encoding_key(corpus, graph.with_entity("new", label="new"), tokenizer, config),
        encoding_key(corpus, renumbered, tokenizer, config),
        encoding_key(corpus, graph, tokenizer, replace(config, max_length=64)),
        encoding_key(corpus, graph, tokenizer, replace(config, language="de")),
        encoding_key(corpus, graph, tokenizer, replace(config, distant_epochs=0.5)),
        encoding_key(corpus, graph, tokenizer, replace(config, linker=LinkerConfig(stop_list=("rome",)))),
        encoding_key(corpus, graph, tokenizer, replace(config, linker=LinkerConfig(stop_list=("paris",)))),
    ]
    assert len({key, *others}) == 1 + len(others)


def test_rows_of_ids_that_read_alike_side_by_side_have_keys_of_their_own(corpus, config):
    tokenizer = load_tokenizer(config.model)
    one, other = (
        KnowledgeGraph.from_triples([], labels={entity: f"town {entity}" for entity in ids})
        for ids in (("1", "11"), ("11", "1"))
    )
    assert one.fingerprint == other.fingerprint
    assert encoding_key(corpus, one, tokenizer, config) != encoding_key(corpus, other, tokenizer, config)
