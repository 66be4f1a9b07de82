"""The arms of a comparison: the same training run with more, less or wrong knowledge."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

import numpy as np

from kgattn.errors import ConfigError
from kgattn.evidence.shuffle import shuffle_entities
from kgattn.graph import KnowledgeGraph
from kgattn.injection import InjectionConfig
from kgattn.shapes import Int

Role = Literal["plain", "biased", "part", "control"]


@dataclass(frozen=True)
class Arm:
    """How one arm's runs differ from the biased ones; everything else is shared.

    Attributes:
        name: As on the command line and in results.
        description: What the arm holds, in a few words.
        role: `plain` and `biased` are what a comparison is about; a `part` leaves out half of the method;
            a `control` has all of its parameters but no right knowledge.
        bias: Whether mentions bias attention logits.
        values: Whether mentions add to attention values.
        shuffled: Whether every linked entity is exchanged for a wrong one that is linked about as often.
    """

    name: str
    description: str
    role: Role
    bias: bool = True
    values: bool = True
    shuffled: bool = False

    def injection(self, base: InjectionConfig) -> InjectionConfig | None:
        """The arm's injection settings, or None when nothing is injected."""
        if not (self.bias or self.values):
            return None
        return replace(base, bias=base.bias and self.bias, values=base.values and self.values)

    def entity_map(
        self, graph: KnowledgeGraph, link_counts: Int[np.ndarray, " entity"], seed: int
    ) -> Int[np.ndarray, " entity"] | None:
        """The row to use in place of each entity row, or None when entities stay as they are.

        Args:
            graph: The graph the entity rows belong to.
            link_counts: How often the linker names each entity in the corpus.
            seed: Seed of the run; each seed has its own exchange.
        """
        return shuffle_entities(graph.entity_ids, link_counts, seed) if self.shuffled else None


ARMS: Mapping[str, Arm] = MappingProxyType(
    {
        arm.name: arm
        for arm in (
            Arm("plain", "the model alone, nothing injected", "plain", bias=False, values=False),
            Arm("biased", "attention bias and mention values from the graph", "biased"),
            Arm("bias-only", "attention bias alone, values untouched", "part", values=False),
            Arm("values-only", "mention values alone, no attention bias", "part", bias=False),
            Arm(
                "shuffled-entities",
                "as biased, but every entity exchanged for one that is linked about as often",
                "control",
                shuffled=True,
            ),
        )
    }
)


def parse_arms(names: str) -> tuple[Arm, ...]:
    """Read arm names with commas between them, in the order given.

    Raises:
        ConfigError: No name, an unknown one, or one given twice.
    """
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in ARMS]
    if unknown or not wanted:
        got = f"{unknown[0]!r}" if unknown else "none"
        raise ConfigError(f"arms must be among {', '.join(ARMS)} with commas between them, got {got}")
    if len(set(wanted)) < len(wanted):
        raise ConfigError(f"each arm runs once, got {', '.join(wanted)}; name every arm a single time")
    return tuple(ARMS[name] for name in wanted)
