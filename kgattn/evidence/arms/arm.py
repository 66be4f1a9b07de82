"""What an arm is: how its runs differ from the biased ones; everything else is shared."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from kgattn.graph import KnowledgeGraph
from kgattn.injection import InjectionConfig
from kgattn.ner.features import EncodedSplit
from kgattn.shapes import Int
from kgattn.training.config import TrainConfig
from kgattn.training.encode import EncodedCorpus, with_entities

Role = Literal["plain", "biased", "part", "control", "rival", "transfer"]


@dataclass(frozen=True)
class ArmInput:
    """What an arm may draw on beside the sentences; gold is not among it.

    Attributes:
        graph: The graph of the comparison, to which the sentences are linked.
        tokenizer: The model's.
        config: Settings of the run, its seed among them.
    """

    graph: KnowledgeGraph
    tokenizer: Any
    config: TrainConfig


GraphChange = Callable[[KnowledgeGraph, int], KnowledgeGraph]
"""From graph and seed to the graph that is injected; a ConfigError where there is nothing to change."""
EntityExchange = Callable[[KnowledgeGraph, np.ndarray, int], np.ndarray]
"""From graph, links of each entity and seed to the row that stands for each: of the graph that is injected."""
Rewriting = Callable[[EncodedSplit, ArmInput], EncodedSplit]
"""Gives other windows of the same sentences; labels stay at their words."""
Tagger = Callable[[EncodedCorpus, ArmInput], tuple[Sequence[Sequence[str]], Sequence[Sequence[str]]]]
"""Tags of dev and test without a model, from what train has; gold of dev and test is not for it."""


def as_given(base: InjectionConfig) -> InjectionConfig | None:
    """The injection of the biased arm."""
    return base


@dataclass(frozen=True)
class Arm:
    """One row of a comparison.

    Attributes:
        name: As on the command line and in results.
        description: What the arm holds, in a few words.
        role: `plain` and `biased` are what a comparison is about; a `part` is some of the method with right knowledge;
            a `control` is the method with wrong, less or no knowledge; a `rival` uses the graph without the method; a
            `transfer` is the biased model tested under other conditions than it was trained.
        injection: From the settings of the biased arm to those of this one, or None when nothing is injected.
        graph: Changes the graph that is injected; links are made with the true one, whose rows it keeps if there is no
            `entities`.
        entities: Exchanges the entities that links name.
        windows: Changes the windows the model reads.
        distant: Whether the model learns links without gold before it is fine-tuned, where the settings have that;
            None is whether something is injected.
        trained_as: Name of the arm whose trained model this one tests; the changes above then come after training.
        tagger: What predicts in place of a model.
    """

    name: str
    description: str
    role: Role
    injection: Callable[[InjectionConfig], InjectionConfig | None] = as_given
    graph: GraphChange | None = None
    entities: EntityExchange | None = None
    windows: Rewriting | None = None
    distant: bool | None = None
    trained_as: str | None = None
    tagger: Tagger | None = None

    @property
    def leaves_model(self) -> bool:
        """Whether what it trains can be used outside of a comparison, on the graph and text as they are."""
        return not (self.graph or self.windows or self.distant or self.trained_as or self.tagger)

    def entity_map(
        self, graph: KnowledgeGraph, link_counts: Int[np.ndarray, " entity"], seed: int
    ) -> Int[np.ndarray, " entity"] | None:
        """The row to use in place of each entity row, or None when entities stay as they are.

        Args:
            graph: The graph the entity rows belong to.
            link_counts: How often the linker names each entity in the corpus.
            seed: Seed of the run; each seed has its own exchange.
        """
        return None if self.entities is None else self.entities(graph, link_counts, seed)

    def rewriting(
        self, given: ArmInput, link_counts: Int[np.ndarray, " entity"]
    ) -> Callable[[EncodedSplit], EncodedSplit] | None:
        """From windows as they were linked to those the arm reads; None where these are the same.

        Args:
            given: Graph, tokenizer and settings of the run.
            link_counts: How often the linker names each entity in the corpus.
        """
        entity_map, windows = self.entity_map(given.graph, link_counts, given.config.seed), self.windows
        if entity_map is None and windows is None:
            return None

        def change(split: EncodedSplit) -> EncodedSplit:
            mapped = with_entities(split, entity_map)
            return mapped if windows is None else windows(mapped, given)

        return change
