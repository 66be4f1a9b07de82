"""What a training run is made of, once its arguments are checked: sentences ready for the model, and who it is."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from kgattn.errors import ConfigError
from kgattn.graph import KnowledgeGraph
from kgattn.injection import InjectionConfig
from kgattn.injection.graph_follower import check_processor
from kgattn.ner.corpus import Corpus
from kgattn.ner.features import EncodedSplit
from kgattn.ner.labels import LabelSet
from kgattn.ner.metrics import EntityScores, entity_scores
from kgattn.ner.predict import Batches, predict_tags
from kgattn.ner.slices import WordLinks, word_links
from kgattn.shapes import Int
from kgattn.training.checkpoints import load_tokenizer
from kgattn.training.config import TrainConfig
from kgattn.training.encode import EncodedCorpus, encode_corpus, with_entities, without_links

if TYPE_CHECKING:
    from kgattn.linking import LinkerConfig

SplitChange = Callable[[EncodedSplit], EncodedSplit]
"""Gives other windows of the same sentences."""


def make_processor(
    model: str, graph: KnowledgeGraph | None, language: str, linker: "LinkerConfig | None" = None
) -> Any:
    """A processor for a model's tokenizer that links to `graph`, or the bare tokenizer without one.

    Args:
        model: As `TrainConfig.model`.
        graph: The graph, or None.
        language: As `TrainConfig.language`.
        linker: As `TrainConfig.linker`.

    Raises:
        ConfigError: The model is not found or has no fast tokenizer.
    """
    tokenizer = load_tokenizer(model)
    if graph is None:
        return tokenizer
    from kgattn.linking import EntityLinker, Processor  # here, because spaCy takes seconds to import

    return Processor(tokenizer, EntityLinker(graph, nlp=language, config=linker))


def decisions_of(graph: KnowledgeGraph | None, processor: Any = None) -> dict[str, str]:
    """The digest of what the user decided in a `common_words.tsv`, by which texts are linked; empty without decisions.

    So what was recorded before there were any, or without a word on them, is still known again.

    Args:
        graph: The graph; None where nothing is linked.
        processor: What links to it; None and a bare tokenizer stand for what is made by the graph's folder.

    Raises:
        LinkingError: The file is malformed, or gone while the index beside it was built by it.
    """
    if graph is None:
        return {}
    from kgattn.linking.decisions import decisions_digest, index_folders, read_decisions  # here, because of spaCy

    linker = getattr(processor, "linker", None)
    decided = read_decisions(index_folders(graph)) if linker is None else linker.component.index.decisions
    digest = decisions_digest(decided)
    return {} if digest is None else {"common_words": digest}


def identity_of(
    config: TrainConfig,
    corpus: Corpus,
    graph: KnowledgeGraph | None,
    injection: InjectionConfig | None,
    entity_map: Int[np.ndarray, " entity"] | None,
    processor: Any = None,
    *,
    distant: bool = False,
) -> dict[str, Any]:
    """Everything the outcome depends on beside the machine, as JSON values."""
    return {
        "config": config.to_json(),
        "injection": injection.to_json() if injection is not None else None,
        "corpus": {"name": corpus.name, "fingerprint": corpus.fingerprint},
        "distant": distant and config.distant_epochs > 0,
        "graph": graph.fingerprint if graph is not None else None,
        "linker": processor.linker.config.to_dict() if hasattr(processor, "linker") else None,
        "entity_map": None if entity_map is None else hashlib.sha256(entity_map.tobytes()).hexdigest(),
        **decisions_of(graph, processor),
    }


@dataclass(frozen=True)
class RunParts:
    """What a run is made of once its arguments are checked.

    `unlabelled` are windows of all training sentences and texts, with links, for distant supervision; None without it.
    `linked_dev` and `linked_test` are as the linker left them, for tests under other conditions. `dev_links` and
    `test_links` say what it found, in every arm alike and only for scoring; None without links.
    """

    config: TrainConfig
    corpus: Corpus
    graph: KnowledgeGraph | None
    injection: InjectionConfig | None
    processor: Any
    unlabelled: EncodedSplit | None
    train: EncodedSplit
    dev: EncodedSplit
    test: EncodedSplit
    has_links: bool
    linked_dev: EncodedSplit
    linked_test: EncodedSplit
    dev_links: tuple[WordLinks, ...] | None
    test_links: tuple[WordLinks, ...] | None

    @classmethod
    def gather(
        cls,
        config: TrainConfig,
        corpus: Corpus,
        graph: KnowledgeGraph | None,
        injection: InjectionConfig | None,
        entity_map: Int[np.ndarray, " entity"] | None,
        processor: Any,
        encoded: EncodedCorpus | None,
        windows: SplitChange | None = None,
        distant: bool = False,
    ) -> "RunParts":
        """Link and cut the sentences, or take them encoded, and leave in what the arm may see.

        Raises:
            ConfigError: Links are to be used of sentences without any.
            LinkingError: The processor links to other entities than the graph has.
        """
        if processor is None:
            processor = make_processor(config.model, graph, config.language, config.linker)
        elif graph is not None and hasattr(processor, "linker"):
            check_processor(processor, graph)
        learns_links = distant and config.distant_epochs > 0
        if encoded is None:
            wanted = None if learns_links else config.limit_train
            encoded = encode_corpus(corpus.limit(wanted, config.dev_limit, config.seed), processor, config)
        whole_train, encoded = encoded.train, encoded.limit(config)
        if injection is None:
            processor = getattr(processor, "tokenizer", processor)
        if config.arm != "plain" and not encoded.has_links:
            raise ConfigError(f"the arm {config.arm} needs linked sentences; encode them with a kgattn.Processor")

        def change(split: EncodedSplit) -> EncodedSplit:
            mapped = with_entities(split, entity_map)
            return mapped if windows is None else windows(mapped)

        def read(split: EncodedSplit) -> EncodedSplit:
            return without_links(split) if injection is None and windows is None else change(split)

        train, dev, test = (read(split) for split in (encoded.train, encoded.dev, encoded.test))
        dev_links, test_links = (
            word_links(split, graph) if encoded.has_links and graph is not None else None
            for split in (encoded.dev, encoded.test)
        )
        return cls(
            config=config,
            corpus=corpus,
            graph=graph,
            injection=injection,
            processor=processor,
            unlabelled=_joined(change(whole_train), change(encoded.unlabelled)) if learns_links else None,
            train=train,
            dev=dev,
            test=test,
            has_links=encoded.has_links,
            linked_dev=encoded.dev,
            linked_test=encoded.test,
            dev_links=dev_links,
            test_links=test_links,
        )

    def score(
        self,
        model: torch.nn.Module,
        batches: Batches,
        split: EncodedSplit,
        labels: LabelSet,
        autocast: torch.dtype | None,
        seen: frozenset[str],
        links: tuple[WordLinks, ...] | None,
    ) -> EntityScores:
        """Scores over all gold entities of a split, with slices."""
        return entity_scores(
            [sentence.tags for sentence in split.sentences],
            predict_tags(model, batches, labels, autocast=autocast),
            words=[sentence.words for sentence in split.sentences],
            linked=split.linked if self.has_links else None,
            seen=seen,
            links=links,
        )

    def describe_corpus(self) -> dict[str, Any]:
        """Name, types and sizes, after limits."""
        return {
            "name": self.corpus.name,
            "fingerprint": self.corpus.fingerprint,
            "entity_types": list(self.corpus.entity_types),
            "sentences": {
                "train": len(self.train.sentences),
                "dev": len(self.dev.sentences),
                "test": len(self.test.sentences),
            },
        }


def _joined(sentences: EncodedSplit, texts: EncodedSplit) -> EncodedSplit:
    """The windows of both, for training without gold."""
    return replace(sentences, features=(*sentences.features, *texts.features))


def describe_graph(graph: KnowledgeGraph | None, processor: Any = None) -> dict[str, Any] | None:
    """Fingerprint and sizes of a graph, and the decisions it is linked by, as for `decisions_of`, for the record."""
    if graph is None:
        return None
    return {
        "fingerprint": graph.fingerprint,
        "num_entities": graph.num_entities,
        "num_relations": graph.num_relations,
        "num_triples": graph.num_triples,
        "licence": graph.licence,
        "sources": list(graph.sources),
        **decisions_of(graph, processor),
    }
