"""Score the model of a finished run on a split of a corpus."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from kgattn.graph import KnowledgeGraph
from kgattn.ner.corpus import Corpus, Sentence
from kgattn.ner.labels import LabelSet
from kgattn.ner.metrics import EntityScores, entity_scores, entity_texts
from kgattn.ner.predict import Batches, make_batches, predict_tags
from kgattn.ner.slices import WordLinks, word_links
from kgattn.training.tagger import open_tagger


def evaluate_run(run: Path, corpus: Corpus, split: str = "test", graph: KnowledgeGraph | None = None) -> EntityScores:
    """Strict typed entity scores of a run's model, over all gold entities of a split; `open_run` says the rest."""
    return open_run(run, corpus, split, graph).score()


@dataclass(frozen=True)
class OpenRun:
    """A run's model and the sentences to score it on, ready to be scored any number of times.

    Attributes:
        model: The model, on the device it computes on.
        batches: The sentences.
        labels: Tags of the model's outputs.
        autocast: As `predict_tags` takes it.
        sentences: The sentences with their gold tags.
        linked: Of each gold entity, whether it was linked; None without a graph.
        seen: Texts of gold entities of the training sentences, None on another corpus.
        links: What the linker found at each word; None without a graph.
    """

    model: Any
    batches: Batches
    labels: LabelSet
    autocast: torch.dtype | None
    sentences: Sequence[Sentence]
    linked: Any
    seen: frozenset[str] | None
    links: tuple[WordLinks, ...] | None

    def score(self) -> EntityScores:
        """Scores of the model as it now is."""
        return entity_scores(
            [sentence.tags for sentence in self.sentences],
            predict_tags(self.model, self.batches, self.labels, autocast=self.autocast),
            words=[sentence.words for sentence in self.sentences],
            linked=self.linked,
            seen=self.seen,
            links=self.links,
        )


def open_run(run: Path, corpus: Corpus, split: str = "test", graph: KnowledgeGraph | None = None) -> OpenRun:
    """Load a finished run's model and encode a split for it.

    Args:
        run: Folder of a finished run.
        corpus: Any corpus whose types the model knows. If it is the one the run was trained on, gold entities are told
            apart by whether they were seen in training.
        split: `train`, `dev` or `test`.
        graph: Put in place of an injected model's own, which None leaves there. To a plain model it only tells linked
            gold entities from others. Either is linked with the linker settings of the run.

    Raises:
        ConfigError: A window is longer than the model has positions for.
        GraphError: The run was trained with entity vectors and the graph has none of that length, or the reverse.
        LinkingError: Nothing in the graph can be linked to.
        RuleError: A rule of the run finds too many pairs in the graph, or takes too long.
        RunError: The folder holds no finished run, its model is gone or damaged, or the run is a control with entities
            exchanged and the graph has other entities.
        CorpusError: The split is empty, or has types the model does not know.
    """
    tagger = open_tagger(run)
    sentences = corpus.split(split)
    if graph is not None:
        tagger = tagger.with_graph(graph)
    config = tagger.config
    linked = tagger.link(sentences)
    trained_here = corpus.fingerprint == tagger.corpus.get("fingerprint")
    return OpenRun(
        model=tagger.model,
        batches=make_batches(tagger.as_trained(linked), tagger.collator, config.eval_batch_size),
        labels=tagger.labels,
        autocast=tagger.autocast,
        sentences=sentences,
        linked=linked.linked if tagger.links else None,
        seen=entity_texts(corpus.limit(config.limit_train, seed=config.seed).train) if trained_here else None,
        links=word_links(linked, tagger.processor.linker.graph) if tagger.links else None,
    )
