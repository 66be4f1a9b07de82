"""What a process prepares once for all its jobs, and how it does one of them."""

import gc
import multiprocessing
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch

from kgattn.evidence.arms import ARMS, Arm, ArmInput, Tagger
from kgattn.evidence.tagger_run import tagger_result
from kgattn.graph import KnowledgeGraph
from kgattn.ner.corpus import Corpus
from kgattn.shapes import Int
from kgattn.training.checkpoints import load_tokenizer
from kgattn.training.config import TrainConfig
from kgattn.training.encode import EncodedCorpus, encode_corpus
from kgattn.training.encoded_files import encoding_key, load_encoded, save_encoded
from kgattn.training.parts import make_processor
from kgattn.training.result import RunResult
from kgattn.training.run import train_run

TRAINING_SHARE = 0.9
"""Share of a run's time that its training steps take; the rest is the test at the end. For progress only."""


@dataclass(frozen=True)
class Run:
    """One arm with one seed."""

    arm: Arm
    seed: int

    def __str__(self) -> str:
        return f"{self.arm.name} with seed {self.seed}"


@dataclass(frozen=True)
class Job:
    """One training, and the runs it gives: more than one where a trained model is also tested as other arms.

    Attributes:
        arm: What is trained. Its own run is among `runs` only if it is wanted.
        runs: The runs that come of it, all of one seed.
    """

    arm: Arm
    runs: tuple[Run, ...]

    @property
    def seed(self) -> int:
        """Seed of all its runs."""
        return self.runs[0].seed

    def __str__(self) -> str:
        return " and ".join(map(str, self.runs))


def jobs_of(runs: Sequence[Run]) -> list[Job]:
    """The jobs that give these runs, in the order of their first ones."""
    groups: dict[tuple[str, int], list[Run]] = {}
    for run in runs:
        groups.setdefault((run.arm.trained_as or run.arm.name, run.seed), []).append(run)
    return [
        Job(first.arm if first.arm.trained_as is None else ARMS[first.arm.trained_as], (first, *others))
        for first, *others in groups.values()
    ]


@dataclass(frozen=True)
class ComparisonPlan:
    """Everything a worker process needs.

    Attributes:
        corpus: The whole corpus; each seed draws its own sample.
        graph: The graph to link and inject.
        config: Settings that all runs share.
        cache: File of the encoded corpus, shared by all processes and sessions.
    """

    corpus: Corpus
    graph: KnowledgeGraph
    config: TrainConfig
    cache: Path

    def config_of(self, arm: Arm, seed: int) -> TrainConfig:
        """The settings of one run."""
        return replace(self.config, arm=arm.name, seed=seed)

    def prepare(self) -> "ArmRunner":
        """Load the tokenizer and the encoded corpus."""
        if multiprocessing.parent_process() is not None:
            torch.set_num_threads(1)  # the other cores belong to the other workers
        tokenizer = load_tokenizer(self.config.model)
        return ArmRunner(self, tokenizer, self.encode(tokenizer))

    def encode(self, tokenizer: Any) -> EncodedCorpus:
        """The corpus linked and encoded, read from the disk if that was done before, else done and kept there.

        Raises:
            LinkingError: Nothing in the graph can be matched.
            StorageError: The file cannot be written.
        """
        key = encoding_key(self.corpus, self.graph, tokenizer, self.config)
        encoded = load_encoded(self.cache, self.corpus, key)
        if encoded is None:
            processor = make_processor(self.config.model, self.graph, self.config.language, self.config.linker)
            encoded = encode_corpus(self.corpus, processor, self.config)
            save_encoded(self.cache, encoded, key)
        return encoded


@dataclass(frozen=True)
class ArmRunner:
    """Does jobs on a corpus that is encoded already."""

    plan: ComparisonPlan
    tokenizer: Any
    encoded: EncodedCorpus

    @cached_property
    def link_counts(self) -> Int[np.ndarray, " entity"]:
        """How often the linker names each entity in the whole corpus, whatever sample a seed draws."""
        return self.encoded.link_counts(self.plan.graph.num_entities)

    def run(self, job: Job, progress: Callable[[float], None]) -> tuple[RunResult, ...]:
        """Train and test one arm with one seed, and test what else is to be tested with it.

        Args:
            job: The arm and the runs wanted.
            progress: Told how many runs have been done since the last call, fractions included.
        """
        told = 0.0

        def step(done: int, total: int) -> None:
            nonlocal told
            share = len(job.runs) * TRAINING_SHARE * done / total
            progress(share - told)
            told = share

        results = self._train(job, step) if job.arm.tagger is None else {job.arm.name: self._tag(job, job.arm.tagger)}
        progress(len(job.runs) - told)
        gc.collect()  # model and trainer hold each other
        return tuple(results[run.arm.name] for run in job.runs)

    def _train(self, job: Job, step: Callable[[int, int], None]) -> dict[str, RunResult]:
        arm, graph = job.arm, self.plan.graph
        config = self.plan.config_of(arm, job.seed)
        given = ArmInput(graph, self.tokenizer, config)
        changes = {run.arm.name: run.arm.rewriting(given, self.link_counts) for run in job.runs if run.arm.trained_as}
        results: dict[str, RunResult] = {}

        def keep(result: RunResult) -> None:
            results[result.arm] = result

        trained = train_run(
            config,
            self.plan.corpus,
            graph,
            None,
            injection=arm.injection(config.injection),
            processor=self.tokenizer,
            encoded=self.encoded,
            progress=step,
            injected=arm.graph(graph, job.seed) if arm.graph is not None else None,
            windows=arm.rewriting(given, self.link_counts),
            distant=arm.distant,
            retests={name: change for name, change in changes.items() if change is not None},
            on_retest=keep,
        )
        return {arm.name: trained, **results}

    def _tag(self, job: Job, tagger: Tagger) -> RunResult:
        config = self.plan.config_of(job.arm, job.seed)
        given = ArmInput(self.plan.graph, self.tokenizer, config)
        return tagger_result(job.arm.name, tagger, self.plan.corpus, self.encoded.limit(config), given)
