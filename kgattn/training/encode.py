"""The three splits of a corpus, encoded once and shared by the runs of a comparison."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from kgattn.ner.corpus import Corpus, sample_indices
from kgattn.ner.features import KG_KEYS, EncodedSplit, encode_sentences, encode_texts
from kgattn.ner.labels import LabelSet
from kgattn.shapes import Int
from kgattn.training.config import TrainConfig

NO_TEXTS = EncodedSplit((), (), (), 0)


@dataclass(frozen=True)
class EncodedCorpus:
    """Windows of train, dev and test.

    Attributes:
        train: Sentences to learn from.
        dev: Sentences to choose by.
        test: Sentences to report on.
        has_links: Whether the sentences were linked to a graph.
        unlabelled: Windows of texts without tags, with links; no sentences and no labels.
    """

    train: EncodedSplit
    dev: EncodedSplit
    test: EncodedSplit
    has_links: bool
    unlabelled: EncodedSplit = NO_TEXTS

    def limit(self, config: TrainConfig) -> "EncodedCorpus":
        """The sample of train and dev that `config` asks for, just as `Corpus.limit` draws it."""
        train = sample_indices(len(self.train.sentences), config.limit_train, config.seed)
        dev = sample_indices(len(self.dev.sentences), config.dev_limit, config.seed)
        return replace(self, train=self.train.select(train), dev=self.dev.select(dev))

    def link_counts(self, num_entities: int) -> Int[np.ndarray, " entity"]:
        """How many mentions, over all splits and texts, have each entity among their candidates."""
        counts = np.zeros(num_entities, dtype=np.int64)
        for split in (self.train, self.dev, self.test, self.unlabelled):
            for feature in split.features:
                named = np.asarray(feature.get("kg_entities", ()), dtype=np.int64).ravel()
                np.add.at(counts, named[named >= 0], 1)
        return counts


def encode_corpus(corpus: Corpus, processor: Any, config: TrainConfig) -> EncodedCorpus:
    """Link and cut the sentences of a corpus; `limit_train` and `limit_dev` are not applied.

    Args:
        corpus: The corpus; its tags reach the labels, never the linker.
        processor: A `kgattn.Processor`, or a bare fast tokenizer to leave out links.
        config: For `max_length`, `stride` and `distant_epochs`: where these are 0, unlabelled texts are left out.
    """
    labels = LabelSet(corpus.entity_types)
    train, dev, test = (
        encode_sentences(sentences, processor, labels, config.max_length, config.stride)
        for sentences in (corpus.train, corpus.dev, corpus.test)
    )
    if not hasattr(processor, "linker"):
        return EncodedCorpus(train, dev, test, has_links=False)
    texts = corpus.unlabelled if config.distant_epochs else ()
    unlabelled = encode_texts(texts, processor, config.max_length, config.stride)
    return EncodedCorpus(train, dev, test, has_links=True, unlabelled=unlabelled)


def without_links(split: EncodedSplit) -> EncodedSplit:
    """The same windows without their mentions, for a plain model."""
    features = [{key: feature[key] for key in feature if key not in KG_KEYS} for feature in split.features]
    return replace(split, features=tuple(features))


def with_entities(split: EncodedSplit, entity_map: Int[np.ndarray, " entity"] | None) -> EncodedSplit:
    """The same windows with every entity row exchanged for `entity_map[row]`; unchanged when None."""
    if entity_map is None:
        return split
    table = np.append(entity_map, -1)  # the last place serves padding, -1
    features = [
        {**feature, "kg_entities": table[np.asarray(feature["kg_entities"], dtype=np.int64)].tolist()}
        for feature in split.features
    ]
    return replace(split, features=tuple(features))
