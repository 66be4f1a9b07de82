"""The measurements of `kgattn bench`: whole steps of a model, and a sweep over attention operations."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from kgattn.attention import KERNELS
from kgattn.errors import ConfigError
from kgattn.graph import KnowledgeGraph
from kgattn.ner.labels import LabelSet
from kgattn.speed.growth import GrowthRow, fit_growth, measure_growth
from kgattn.speed.kernels import Shape, measure_kernels
from kgattn.speed.measure import clock_for
from kgattn.speed.memory import give_back_freed_memory, keep_freed_memory
from kgattn.speed.progress import Progress
from kgattn.speed.report import KernelRow, SpeedReport, StepRow
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
GROWN = ("block", "fold")


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
        growth: Shapes that differ in length alone, for the growth of the extra cost, on the CPU; none leaves it out.
    """

    model: str
    graph: KnowledgeGraph | None
    sizes: tuple[Size, ...]
    repeats: int
    sweep: tuple[Shape, ...] = ()
    growth: tuple[Shape, ...] = ()

    def __len__(self) -> int:
        return len(STEPS) * len(self.sizes) + 2 * len(self.sweep) + len(self.growth)

    def run(
        self, device: torch.device, done: Callable[[], None] = lambda: None, progress: Path | None = None
    ) -> SpeedReport:
        """Measure everything; `done` is called after each of `len(self)` measurements.

        Args:
            device: Where.
            done: Told of each measurement.
            progress: File to keep each measurement in until the last is made; what it holds is not measured again.

        Raises:
            ConfigError: The model is not to be had.
            KernelError: A kernel gave wrong outputs.
            StorageError: The progress cannot be written.
        """
        freed_memory_kept = keep_freed_memory()
        model: Any = load_tagger(self.model, LabelSet(("thing",))).to(device)
        graph = self.graph or make_graph(GRAPH_ENTITIES)
        environment, clock = describe_environment(device, None), clock_for(device)[0]
        settings = {"clock": clock, "model": self.model, "graph": graph.fingerprint, "repeats": self.repeats}
        kept = Progress(progress, {**environment, **settings})

        def measured(name: str, measure: Callable[[], StepRow | KernelRow | GrowthRow]) -> dict[str, Any]:
            values = kept.measured(name, lambda: measure().to_json())
            give_back_freed_memory()
            done()
            return values

        steps = [
            StepRow.from_json(measured(f"{size} {kind}", partial(self._step, model, graph, size, kind)))
            for size in self.sizes
            for kind in STEPS
        ]
        rows = [
            KernelRow.from_json(measured(f"{shape} {way}", partial(self._attention, shape, SWEEP_KERNELS, way, device)))
            for shape in self.sweep
            for way in (True, False)
        ]
        growth = [
            GrowthRow.from_json(measured(f"growth {shape}", partial(measure_growth, shape, GROWN, self.repeats)))
            for shape in self.growth
        ]
        report = SpeedReport(
            model=self.model,
            clock=clock,
            freed_memory_kept=freed_memory_kept,
            repeats=self.repeats,
            steps=tuple(steps),
            kernels=tuple(rows),
            growth=fit_growth(growth),
            environment=environment,
        )
        kept.finish()
        return report

    def _step(self, model: Any, graph: KnowledgeGraph, size: Size, settings: StepSettings) -> StepRow:
        cost = measure_step(model, graph, size.batch, size.length, size.mentions, settings, self.repeats)
        return StepRow(size.batch, size.length, size.mentions, settings, cost)

    def _attention(self, shape: Shape, names: tuple[str, ...], backward: bool, device: torch.device) -> KernelRow:
        timings = measure_kernels(shape, names, backward=backward, repeats=self.repeats, device=device)
        return KernelRow(shape, backward, tuple(timings))
