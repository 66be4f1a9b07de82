"""The measurements of `kgattn bench`: whole steps of a model, and a sweep over attention operations."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from kgattn.attention import KERNELS
from kgattn.errors import ConfigError
from kgattn.graph import KnowledgeGraph
from kgattn.ner.labels import LabelSet
from kgattn.speed.kernels import Shape, measure_kernels
from kgattn.speed.measure import clock_for
from kgattn.speed.memory import keep_freed_memory
from kgattn.speed.report import KernelRow, SpeedReport, StepRow, fit_growth
from kgattn.speed.steps import StepSettings, make_graph, measure_step
from kgattn.training.checkpoints import load_tagger
from kgattn.training.environment import describe_environment

GRAPH_ENTITIES = 10_000
STEPS = (
    StepSettings(training=True),
    StepSettings(training=True, attention_dropout=0.1),
    StepSettings(training=True, attention_dropout=0.1, autocast=torch.bfloat16),
    StepSettings(training=False),
)
SWEEP_KERNELS = tuple(name for name in KERNELS if name not in ("reference", "flex"))


@dataclass(frozen=True)
class Size:
    """Examples, tokens of the longest, and mentions of each."""

    batch: int
    length: int
    mentions: int

    @classmethod
    def parse(cls, text: str) -> "Size":
        """From batch x tokens x mentions, such as `16x128x8`.

        Raises:
            ConfigError: It is not three positive numbers, or the mentions do not fit the shortest example.
        """
        parts = text.split("x")
        if len(parts) != 3 or not all(part.isdigit() and int(part) > 0 for part in parts):
            raise ConfigError(f"a size must be batch x tokens x mentions, such as 16x128x8, got {text!r}")
        size = cls(*map(int, parts))
        if 3 * size.mentions > size.length:
            raise ConfigError(f"a size needs 3 tokens a mention, got {size.mentions} mentions in {size.length} tokens")
        return size


@dataclass(frozen=True)
class Suite:
    """What to measure.

    Attributes:
        model: As `kgattn train --model`.
        graph: The graph to inject; None makes a random one of 10,000 entities.
        sizes: Batches for the whole steps.
        repeats: Rounds of a measurement.
        sweep: Shapes for attention alone, forward and backward; none leaves the sweep out.
        growth: Shapes that differ in length alone, for the growth of the extra cost; none leaves it out.
    """

    model: str
    graph: KnowledgeGraph | None
    sizes: tuple[Size, ...]
    repeats: int
    sweep: tuple[Shape, ...] = ()
    growth: tuple[Shape, ...] = ()

    def __len__(self) -> int:
        return len(STEPS) * len(self.sizes) + 2 * len(self.sweep) + len(self.growth)

    def run(self, device: torch.device, done: Callable[[], None] = lambda: None) -> SpeedReport:
        """Measure everything; `done` is called after each of `len(self)` measurements.

        Raises:
            ConfigError: The model is not to be had.
            KernelError: A kernel gave wrong outputs.
        """
        kept = keep_freed_memory()
        model: Any = load_tagger(self.model, LabelSet(("thing",))).to(device)
        graph = self.graph or make_graph(GRAPH_ENTITIES)
        steps = []
        for size in self.sizes:
            for settings in STEPS:
                cost = measure_step(model, graph, size.batch, size.length, size.mentions, settings, self.repeats)
                steps.append(StepRow(size.batch, size.length, size.mentions, settings, cost))
                done()
        rows = []
        for shape in self.sweep:
            for backward in (True, False):
                timings = measure_kernels(shape, SWEEP_KERNELS, backward=backward, repeats=self.repeats, device=device)
                rows.append(KernelRow(shape, backward, tuple(timings)))
                done()
        growth = []
        for shape in self.growth:
            timings = measure_kernels(shape, ("block", "fold"), backward=True, repeats=self.repeats, device=device)
            growth.append(KernelRow(shape, True, tuple(timings)))
            done()
        return SpeedReport(
            model=self.model,
            clock=clock_for(device)[0],
            freed_memory_kept=kept,
            repeats=self.repeats,
            steps=tuple(steps),
            kernels=(*rows, *growth),
            growth=fit_growth(growth),
            environment=describe_environment(device, None),
        )
