"""What the linker found, as something to learn: no gold label is among it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from kgattn.graph import KnowledgeGraph
from kgattn.ner.likeliest import likeliest
from kgattn.shapes import Float, Int

INSIDE, BEGINS = 0, 1
"""The first two targets of a token: it lies in a mention, it is the first of one."""
FIRST_TYPE = 2
MOST_TYPES = 64
FEWEST_MENTIONS = 10


@dataclass(frozen=True)
class DistantTargets:
    """For each token: whether a mention lies there, whether it begins there, and the graph's types of its entity.

    The entity is the likeliest candidate. Labels that come from a knowledge base in place of an annotator are distant
    supervision (Mintz et al. 2009, https://aclanthology.org/P09-1113/).

    Attributes:
        graph: Where the types come from.
        types: Rows of the types to learn, commonest first.
    """

    graph: KnowledgeGraph
    types: tuple[int, ...]

    @classmethod
    def of(cls, graph: KnowledgeGraph, windows: Iterable[Mapping[str, Any]]) -> "DistantTargets":
        """The commonest types among the mentions of these windows, up to 64, each of at least 10 mentions."""
        counts: Counter[int] = Counter()
        for window in windows:
            for entity in _entities(window):
                if entity >= 0:
                    counts.update(_types(graph, entity))
        ranked = sorted(counts.items(), key=lambda item: (-item[1], graph.type_ids[item[0]]))
        return cls(graph, tuple(row for row, count in ranked[:MOST_TYPES] if count >= FEWEST_MENTIONS))

    def __len__(self) -> int:
        """Targets of a token."""
        return FIRST_TYPE + len(self.types)

    def batch(
        self, windows: Sequence[Mapping[str, Any]], slots: Int[Tensor, "batch token"]
    ) -> Float[Tensor, "batch token target"]:
        """Targets of a padded batch, 1 where true, on the CPU.

        Args:
            windows: The windows of the batch, in order.
            slots: Their padded `kg_token_slot`.
        """
        column = {row: FIRST_TYPE + number for number, row in enumerate(self.types)}
        before = torch.nn.functional.pad(slots[:, :-1], (1, 0))
        table = torch.zeros(
            len(windows), 1 + max((len(window["kg_entities"]) for window in windows), default=0), len(self)
        )
        for number, window in enumerate(windows):
            for slot, entity in enumerate(_entities(window), start=1):
                named = [column[row] for row in _types(self.graph, entity) if row in column] if entity >= 0 else []
                table[number, slot, [INSIDE, *named]] = 1
        targets = table[torch.arange(len(windows))[:, None], slots]
        targets[..., BEGINS] = ((slots > 0) & (slots != before)).float()
        return targets


def _entities(window: Mapping[str, Any]) -> list[int]:
    return likeliest(window["kg_entities"], window["kg_priors"])


def _types(graph: KnowledgeGraph, entity: int) -> list[int]:
    start, stop = int(graph.type_offsets[entity]), int(graph.type_offsets[entity + 1])
    types: list[int] = np.asarray(graph.type_indices[start:stop]).tolist()
    return types
