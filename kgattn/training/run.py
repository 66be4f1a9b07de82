"""One training run: fine-tune, choose by dev, test once, leave a run folder."""

import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
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
from kgattn.ner.metrics import entity_scores, entity_texts
from kgattn.ner.predict import Batches, make_batches, predict_tags
from kgattn.ner.transitions import types_apart
from kgattn.shapes import Int
from kgattn.training.checkpoints import load_tagger, quiet_transformers
from kgattn.training.config import TrainConfig
from kgattn.training.distant import distant_steps, learn_links
from kgattn.training.encode import EncodedCorpus
from kgattn.training.environment import describe_environment
from kgattn.training.gates import describe_gates
from kgattn.training.parameter_groups import PLUGIN_PREFIX
from kgattn.training.parts import RunParts, SplitChange, describe_graph, identity_of
from kgattn.training.peak_memory import PeakMemory
from kgattn.training.precision import autocast_type, training_device
from kgattn.training.quiet_trainer import Progress, count_steps
from kgattn.training.result import RunResult
from kgattn.training.resume import latest_checkpoint, remove_checkpoints
from kgattn.training.run_checks import check_run, check_windows
from kgattn.training.run_folder import MODEL, RunFolder
from kgattn.training.token_dropout import TokenDropout
from kgattn.training.trainer import TaggerTrainer


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
    injected: KnowledgeGraph | None = None,
    windows: SplitChange | None = None,
    distant: bool | None = None,
    retests: Mapping[str, SplitChange] = MappingProxyType({}),
    on_retest: Callable[[RunResult], None] | None = None,
) -> RunResult:
    """Fine-tune a tagger, keep the weights of the best dev evaluation, and score test once with them.

    With `distant_epochs`, the model first learns types and places of the mentions of all training sentences, sampled or
    not, and of the unlabelled texts, without gold.

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
        processor: A `kgattn.Processor` on the graph with the linker settings of `config`, or a bare tokenizer where
            `encoded` is given or nothing is linked; None makes a processor.
        encoded: The whole corpus as `encode_corpus` made it, to link only once for many runs.
        progress: Told after every step, of `distant_epochs` and of fine-tuning alike.
        injected: The graph to inject where it is not the one that was linked to, for a control.
        windows: Changes what is read, after `entity_map`.
        distant: Whether `distant_epochs` are for this run; None is whether something is injected.
        retests: Names of arms that test this model once more, and how their windows differ from the linked ones.
        on_retest: Given the result of each of them.

    Raises:
        ConfigError: Settings contradict each other or the processor, the model is not found, several processes are
            started together, or a run with another graph or other windows is to leave a folder, whose model would then
            not be given them.
        CorpusError: A split is missing or a file malformed.
        InjectionError: The model cannot be injected.
        LinkingError: The processor links to other entities than the graph has.
        RunError: `output` holds another run.
        StorageError: Writing failed.
    """
    distant = injection is not None if distant is None else distant
    check_run(config, corpus, graph, injection, entity_map, windows, distant, processor)
    if output is not None and (injected is not None or windows is not None):
        raise ConfigError(
            f"the arm {config.arm} trains on another graph or other windows, which a model in a folder would not be "
            "given; leave output out"
        )
    folder = RunFolder(output) if output is not None else None
    identity, about_graph = (
        identity_of(config, corpus, graph, injection, entity_map, processor, distant=distant),
        describe_graph(graph, processor),
    )
    if folder is not None and folder.is_finished(identity):
        return folder.result()
    parts = RunParts.gather(config, corpus, graph, injection, entity_map, processor, encoded, windows, distant)
    device = training_device()
    memory = PeakMemory(device)
    autocast = autocast_type(config.bf16, device)
    labels = LabelSet(
        corpus.entity_types, types_apart((row.tags for row in parts.train.sentences), corpus.entity_types)
    )
    collator = Collator(parts.processor)

    def batches(split: EncodedSplit) -> Batches:
        return make_batches(split, collator, config.eval_batch_size)

    set_seed(config.seed)
    model = load_tagger(config.model, labels)
    check_windows(model, (parts.train, parts.dev, parts.test, *([parts.unlabelled] if parts.unlabelled else [])))
    if injection is not None and graph is not None:
        model = inject(model, injected or graph, injection)
    if folder is not None:
        folder.claim(identity, entity_map)
    checkpoint = latest_checkpoint(output) if output is not None else None
    steps_before, steps, epochs = _count_steps(parts, config)
    seconds_before = 0.0
    if checkpoint is None:
        seconds_before = _learn_links(
            model, injected or graph, parts, collator, config, device, autocast, _shifted(progress, 0, steps)
        )
    dev_batches, dev_gold = batches(parts.dev), [sentence.tags for sentence in parts.dev.sentences]

    def dev_f1(current: torch.nn.Module) -> float:
        return entity_scores(dev_gold, predict_tags(current, dev_batches, labels, autocast=autocast)).f1

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
            progress=_shifted(progress, steps_before, steps),
            on_log=folder.write_log if folder is not None else None,
            seconds_before=seconds_before,
        )
        set_seed(config.seed)  # injecting may have drawn numbers; data order and dropout start alike in all arms
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    train_seconds = trainer.seconds()
    model.load_state_dict(trainer.best_weights)
    model.eval()
    started = time.perf_counter()
    seen = entity_texts(parts.train.sentences)
    dev = parts.score(model, dev_batches, parts.dev, labels, autocast, seen, parts.dev_links)
    test = parts.score(model, batches(parts.test), parts.test, labels, autocast, seen, parts.test_links)
    sizes = {name: parameter.numel() for name, parameter in model.named_parameters()}
    result = RunResult(
        arm=config.arm,
        seed=config.seed,
        config=config.to_json(),
        injection=injection.to_json() if injection is not None else None,
        corpus=parts.describe_corpus(),
        graph=about_graph,
        dev=dev.to_json(),
        test=test.to_json(),
        test_counts=test.sentence_counts,
        dev_curve=trainer.dev_curve(),
        best_epoch=trainer.best_epoch,
        epochs=epochs,
        steps=steps_before + trainer.state.global_step,
        unread_words={
            "train": parts.train.unread_words,
            "dev": parts.dev.unread_words,
            "test": parts.test.unread_words,
        },
        seconds={"train": train_seconds, "test": time.perf_counter() - started},
        parameters={
            "total": sum(sizes.values()),
            "plugin": sum(size for name, size in sizes.items() if name.startswith(PLUGIN_PREFIX)),
        },
        environment=describe_environment(device, autocast),
        outcomes=tuple(outcome.spell(corpus.entity_types) for outcome in test.outcomes),
        loss_curve=trainer.loss_curve(),
        gates=describe_gates(model),
        peak_memory_mib=memory.mib(),
    )
    for name, change in retests.items():
        retest = _tested_again(result, name, change, parts, model, batches, labels, autocast, seen)
        if on_retest is not None:
            on_retest(retest)
    if folder is not None:
        shutil.rmtree(folder.path / MODEL, ignore_errors=True)  # what a killed run may have left half-written
        save_model(folder.path / MODEL, model, parts.processor, injected=injection is not None)
        folder.write_result(result)
        remove_checkpoints(folder.path)
    return result


def _count_steps(parts: RunParts, config: TrainConfig) -> tuple[int, int, int]:
    """Steps of distant supervision, those with fine-tuning, and epochs of fine-tuning."""
    epochs = config.epochs_for(len(parts.train.sentences))
    before = distant_steps(len(parts.unlabelled.features), config) if parts.unlabelled is not None else 0
    windows = len(parts.train.features)
    return before, before + count_steps(windows, epochs, config.batch_size, config.gradient_accumulation), epochs


def _shifted(progress: Progress | None, before: int, total: int) -> Progress | None:
    """Tell of the steps of one phase as part of all."""
    return progress and (lambda done, _: progress(before + done, total))


def _learn_links(
    model: torch.nn.Module,
    graph: KnowledgeGraph | None,
    parts: RunParts,
    collator: Collator,
    config: TrainConfig,
    device: torch.device,
    autocast: torch.dtype | None,
    progress: Progress | None,
) -> float:
    """Distant supervision before fine-tuning, where it is wanted; returns the seconds it took."""
    if parts.unlabelled is None or graph is None:
        return 0.0
    started = time.perf_counter()
    set_seed(config.seed)  # injecting may have drawn numbers
    windows = parts.unlabelled.features
    with quiet_transformers():
        learn_links(model, graph, windows, collator, config, device=device, autocast=autocast, progress=progress)
    return time.perf_counter() - started


def _tested_again(
    result: RunResult,
    name: str,
    change: SplitChange,
    parts: RunParts,
    model: torch.nn.Module,
    batches: Callable[[EncodedSplit], Batches],
    labels: LabelSet,
    autocast: torch.dtype | None,
    seen: frozenset[str],
) -> RunResult:
    """The result of an arm that tests a trained model under other conditions."""
    started = time.perf_counter()
    dev, test = (
        parts.score(model, batches(split), split, labels, autocast, seen, links)
        for split, links in (
            (change(parts.linked_dev), parts.dev_links),
            (change(parts.linked_test), parts.test_links),
        )
    )
    return replace(
        result,
        arm=name,
        config={**result.config, "arm": name},
        dev=dev.to_json(),
        test=test.to_json(),
        test_counts=test.sentence_counts,
        dev_curve=(),
        loss_curve=(),
        seconds={"train": 0.0, "test": time.perf_counter() - started},
        outcomes=tuple(outcome.spell(parts.corpus.entity_types) for outcome in test.outcomes),
    )


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
