"""One training run: fine-tune, choose by dev, test once, leave a run folder."""

import hashlib
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import set_seed

from kgattn.errors import ConfigError
from kgattn.files import replacing
from kgattn.graph import KnowledgeGraph
from kgattn.injection import InjectionConfig, inject, save_pretrained
from kgattn.ner.collate import Collator
from kgattn.ner.corpus import Corpus
from kgattn.ner.features import EncodedSplit
from kgattn.ner.labels import LabelSet
from kgattn.ner.metrics import EntityScores, entity_scores, entity_texts
from kgattn.ner.predict import Batches, make_batches, predict_tags
from kgattn.shapes import Int
from kgattn.training.checkpoints import load_tagger, load_tokenizer, quiet_transformers
from kgattn.training.config import TrainConfig
from kgattn.training.encode import EncodedCorpus, encode_corpus, with_entities, without_links
from kgattn.training.environment import describe_environment
from kgattn.training.precision import autocast_type, training_device
from kgattn.training.result import RunResult
from kgattn.training.resume import latest_checkpoint, remove_checkpoints
from kgattn.training.run_folder import MODEL, RunFolder
from kgattn.training.token_dropout import TokenDropout
from kgattn.training.trainer import PLUGIN_PREFIX, Progress, TaggerTrainer


def train_run(
    config: TrainConfig,
    corpus: Corpus,
    graph: KnowledgeGraph | None,
    output: Path | None,
    *,
    injection: InjectionConfig | None = None,
    entity_map: Int[np.ndarray, " entity"] | None = None,
    processor: Any = None,
    encoded: EncodedCorpus | None = None,
    progress: Progress | None = None,
) -> RunResult:
    """Fine-tune a tagger, keep the weights of the best dev evaluation, and score test once with them.

    Runs that share a seed share the sampled sentences, the new head's weights and the order of the data, whatever is
    injected. With `output`, the run can be killed and called again: it goes on from its last whole checkpoint and ends
    with the same result; a finished run is returned as it is.

    Args:
        config: Settings.
        corpus: Sentences; `config.limit_train` and `config.limit_dev` are applied here.
        graph: The graph to inject, and to link for the scores by slice; a plain run can do without.
        output: The run's folder; None keeps nothing.
        injection: What to inject; None trains the plain model.
        entity_map: Entity row to use in place of each row, for a control.
        processor: A `kgattn.Processor` on the graph; None makes one with the default linker.
        encoded: The whole corpus as `encode_corpus` made it, to link only once for many runs.
        progress: Told after every step.

    Raises:
        ConfigError: Settings contradict each other or the model is not found.
        CorpusError: A split is missing or a file malformed.
        InjectionError: The model cannot be injected.
        RunError: `output` holds another run.
        StorageError: Writing failed.
    """
    _check(config, corpus, graph, injection, entity_map)
    folder = RunFolder(output) if output is not None else None
    identity = _identity(config, corpus, graph, injection, entity_map)
    if folder is not None and folder.is_finished(identity):
        return folder.result()
    parts = _Parts.gather(config, corpus, graph, injection, entity_map, processor, encoded)
    device = training_device()
    autocast = autocast_type(config.bf16, device)
    labels = LabelSet(corpus.entity_types)
    collator = Collator(parts.processor)

    def batches(split: EncodedSplit) -> Batches:
        return make_batches(split, collator, config.eval_batch_size)

    set_seed(config.seed)
    model = load_tagger(config.model, labels)
    if injection is not None and graph is not None:
        model = inject(model, graph, injection)
    if folder is not None:
        folder.claim(identity, entity_map)
    dev_batches, dev_gold = batches(parts.dev), [sentence.tags for sentence in parts.dev.sentences]

    def dev_f1(current: torch.nn.Module) -> float:
        return entity_scores(dev_gold, predict_tags(current, dev_batches, labels, autocast=autocast)).f1

    epochs = config.epochs_for(len(parts.train.sentences))
    with quiet_transformers():
        trainer = TaggerTrainer(
            model,
            config,
            parts.train.features,
            collator,
            dev_f1,
            token_dropout=TokenDropout(collator.tokenizer, config.token_dropout),
            folder=output,
            num_epochs=epochs,
            device=device,
            autocast=autocast,
            progress=progress,
            on_log=folder.write_log if folder is not None else None,
        )
        checkpoint = latest_checkpoint(output) if output is not None else None
        set_seed(config.seed)  # injecting may have drawn numbers; data order and dropout start alike in all arms
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    model.load_state_dict(trainer.best_weights)
    model.eval()
    started = time.perf_counter()
    seen = entity_texts(parts.train.sentences)
    dev = parts.score(model, dev_batches, parts.dev, labels, autocast, seen)
    test = parts.score(model, batches(parts.test), parts.test, labels, autocast, seen)
    sizes = {name: parameter.numel() for name, parameter in model.named_parameters()}
    result = RunResult(
        arm=config.arm,
        seed=config.seed,
        config=config.to_json(),
        injection=injection.to_json() if injection is not None else None,
        corpus=parts.describe_corpus(),
        graph=_describe_graph(graph),
        dev=dev.to_json(),
        test=test.to_json(),
        test_counts=test.sentence_counts,
        dev_curve=trainer.dev_curve(),
        best_epoch=trainer.best_epoch,
        epochs=epochs,
        steps=trainer.state.global_step,
        unread_words={
            "train": parts.train.unread_words,
            "dev": parts.dev.unread_words,
            "test": parts.test.unread_words,
        },
        seconds={"train": trainer.seconds(), "test": time.perf_counter() - started},
        parameters={
            "total": sum(sizes.values()),
            "plugin": sum(size for name, size in sizes.items() if name.startswith(PLUGIN_PREFIX)),
        },
        environment=describe_environment(device, autocast),
    )
    if folder is not None:
        shutil.rmtree(folder.path / MODEL, ignore_errors=True)  # what a killed run may have left half-written
        save_model(folder.path / MODEL, model, parts.processor, injected=injection is not None)
        folder.write_result(result)
        remove_checkpoints(folder.path)
    return result


def make_processor(model: str, graph: KnowledgeGraph | None, language: str) -> Any:
    """A processor for a model's tokenizer that links to `graph`, or the bare tokenizer without one.

    Raises:
        ConfigError: The model is not found or has no fast tokenizer.
    """
    tokenizer = load_tokenizer(model)
    if graph is None:
        return tokenizer
    from kgattn.linking import EntityLinker, Processor  # here, because spaCy takes seconds to import

    return Processor(tokenizer, EntityLinker(graph, nlp=language))


def save_model(folder: Path, model: Any, processor: Any, *, injected: bool) -> None:
    """Save model and tokenizer, with plugin, graph and linker if there is one.

    Raises:
        StorageError: Writing failed.
    """
    with quiet_transformers():
        if injected:
            save_pretrained(model, folder, processor)
            return
        with replacing(folder, last="config.json") as scratch:
            model.save_pretrained(scratch)
            getattr(processor, "tokenizer", processor).save_pretrained(scratch)


def _check(
    config: TrainConfig,
    corpus: Corpus,
    graph: KnowledgeGraph | None,
    injection: InjectionConfig | None,
    entity_map: Int[np.ndarray, " entity"] | None,
) -> None:
    if (config.arm == "plain") != (injection is None):
        given = "nothing" if injection is None else "an injection"
        raise ConfigError(f"the arm plain injects nothing and every other arm something; got {config.arm}, {given}")
    if injection is not None and graph is None:
        raise ConfigError(f"the arm {config.arm} needs a graph; give one, or choose the arm plain")
    if entity_map is not None and (graph is None or entity_map.shape != (graph.num_entities,)):
        raise ConfigError(f"entity_map must have one row for each entity of the graph, got shape {entity_map.shape}")
    for split in ("train", "dev", "test"):
        corpus.split(split)


def _identity(
    config: TrainConfig,
    corpus: Corpus,
    graph: KnowledgeGraph | None,
    injection: InjectionConfig | None,
    entity_map: Int[np.ndarray, " entity"] | None,
) -> dict[str, Any]:
    """Everything the outcome depends on beside the machine, as JSON values."""
    return {
        "config": config.to_json(),
        "injection": injection.to_json() if injection is not None else None,
        "corpus": {"name": corpus.name, "fingerprint": corpus.fingerprint},
        "graph": graph.fingerprint if graph is not None else None,
        "entity_map": None if entity_map is None else hashlib.sha256(entity_map.tobytes()).hexdigest(),
    }


@dataclass(frozen=True)
class _Parts:
    """What a run is made of once its arguments are checked."""

    config: TrainConfig
    corpus: Corpus
    graph: KnowledgeGraph | None
    injection: InjectionConfig | None
    processor: Any
    train: EncodedSplit
    dev: EncodedSplit
    test: EncodedSplit
    has_links: bool

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
    ) -> "_Parts":
        if processor is None:
            processor = make_processor(config.model, graph, config.language)
        if encoded is None:
            encoded = encode_corpus(corpus.limit(config.limit_train, config.dev_limit, config.seed), processor, config)
        else:
            encoded = encoded.limit(config)
        change: Callable[[EncodedSplit], EncodedSplit]
        if injection is None:
            processor = getattr(processor, "tokenizer", processor)
            change = without_links
        elif not encoded.has_links:
            raise ConfigError(f"the arm {config.arm} needs linked sentences; encode them with a kgattn.Processor")
        else:
            change = partial(with_entities, entity_map=entity_map)
        train, dev, test = (change(split) for split in (encoded.train, encoded.dev, encoded.test))
        return cls(config, corpus, graph, injection, processor, train, dev, test, encoded.has_links)

    def score(
        self,
        model: torch.nn.Module,
        batches: Batches,
        split: EncodedSplit,
        labels: LabelSet,
        autocast: torch.dtype | None,
        seen: frozenset[str],
    ) -> EntityScores:
        """Scores over all gold entities of a split, with slices."""
        return entity_scores(
            [sentence.tags for sentence in split.sentences],
            predict_tags(model, batches, labels, autocast=autocast),
            words=[sentence.words for sentence in split.sentences],
            linked=split.linked if self.has_links else None,
            seen=seen,
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


def _describe_graph(graph: KnowledgeGraph | None) -> dict[str, Any] | None:
    if graph is None:
        return None
    return {
        "fingerprint": graph.fingerprint,
        "num_entities": graph.num_entities,
        "num_relations": graph.num_relations,
        "num_triples": graph.num_triples,
        "licence": graph.licence,
        "sources": list(graph.sources),
    }
