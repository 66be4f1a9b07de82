"""What a process prepares once for all its runs, and how it does one of them."""

import gc
import multiprocessing
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch

from kgattn.evidence.arms import Arm
from kgattn.graph import KnowledgeGraph
from kgattn.ner.corpus import Corpus
from kgattn.shapes import Int
from kgattn.training.config import TrainConfig
from kgattn.training.encode import EncodedCorpus, encode_corpus
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
class ComparisonPlan:
    """Everything a worker process needs.

    Attributes:
        corpus: The whole corpus; each seed draws its own sample.
        graph: The graph to link and inject.
        config: Settings that all runs share.
    """

    corpus: Corpus
    graph: KnowledgeGraph
    config: TrainConfig

    def config_of(self, run: Run) -> TrainConfig:
        """The settings of one run."""
        return replace(self.config, arm=run.arm.name, seed=run.seed)

    def prepare(self) -> "ArmRunner":
        """Load the tokenizer and link and encode the corpus, once for all runs of a process."""
        if multiprocessing.parent_process() is not None:
            torch.set_num_threads(1)  # the other cores belong to the other workers
        processor = make_processor(self.config.model, self.graph, self.config.language)
        return ArmRunner(self, processor, encode_corpus(self.corpus, processor, self.config))


@dataclass(frozen=True)
class ArmRunner:
    """Does runs on a corpus that is encoded already."""

    plan: ComparisonPlan
    processor: Any
    encoded: EncodedCorpus

    @cached_property
    def link_counts(self) -> Int[np.ndarray, " entity"]:
        """How often the linker names each entity in the whole corpus, whatever sample a seed draws."""
        return self.encoded.link_counts(self.plan.graph.num_entities)

    def run(self, job: Run, progress: Callable[[float], None]) -> RunResult:
        """Train and test one arm with one seed.

        Args:
            job: The arm and the seed.
            progress: Told the share of the run done since the last call.
        """
        told = 0.0

        def step(done: int, total: int) -> None:
            nonlocal told
            share = TRAINING_SHARE * done / total
            progress(share - told)
            told = share

        config = self.plan.config_of(job)
        result = train_run(
            config,
            self.plan.corpus,
            self.plan.graph,
            None,
            injection=job.arm.injection(config.injection),
            entity_map=job.arm.entity_map(self.plan.graph, self.link_counts, job.seed),
            processor=self.processor,
            encoded=self.encoded,
            progress=step,
        )
        progress(1.0 - told)
        gc.collect()  # model and trainer hold each other
        return result
