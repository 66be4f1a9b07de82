"""Whether the graph's types tell the corpus's labels apart."""

from collections import Counter, defaultdict
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from kgattn.evidence.doctor.coverage import share
from kgattn.evidence.doctor.linked import NO_LABEL, LinkedSplit
from kgattn.graph import KnowledgeGraph
from kgattn.shapes import Float

UNTYPED = ""
"""Stands for "no type" beside type ids."""


@dataclass(frozen=True)
class TypeSpread:
    """Where the links of one graph type lie.

    Attributes:
        type_id: The type; empty for entities without one.
        label: How it reads.
        links: Links whose best candidate has it.
        labels: Those that are gold, by gold label, most first.
    """

    type_id: str
    label: str
    links: int
    labels: dict[str, int]

    @property
    def gold_share(self) -> float:
        """Share of the links that are gold mentions, in [0, 1]."""
        return share(sum(self.labels.values()), self.links)

    @property
    def purity(self) -> float:
        """Share of the gold ones that have the commonest of their labels, in [0, 1]."""
        return share(max(self.labels.values(), default=0), sum(self.labels.values()))

    def to_json(self) -> dict[str, Any]:
        """Counts and shares."""
        return {**asdict(self), "gold_share": self.gold_share, "purity": self.purity}


@dataclass(frozen=True)
class TypePurity:
    """Graph types against labels, over links that are gold mentions; of an entity with three types each counts a third.

    Attributes:
        purity: Share of the links whose label is the commonest of their type, in [0, 1] (Manning, Raghavan and Schütze
            2008, sec. 16.3).
        commonest: The same for one type that everything has: the share of the commonest label.
        nmi: Normalised mutual information of types and labels, in [0, 1], arithmetic mean (the same section). 0 says
            that types tell nothing.
        types: Every type that was linked, most links first.
    """

    purity: float
    commonest: float
    nmi: float
    types: tuple[TypeSpread, ...]

    @classmethod
    def of(cls, split: LinkedSplit, graph: KnowledgeGraph) -> "TypePurity":
        """Compare the types of linked entities with gold labels."""
        links, golden = Counter[str](), defaultdict[str, Counter[str]](Counter)
        weights = defaultdict[tuple[str, str], float](float)
        for _, link, label in split.judged():
            kinds = graph.types(link.best) or [UNTYPED]
            links.update(kinds)
            if label != NO_LABEL:
                for type_id in kinds:
                    golden[type_id][label] += 1
                    weights[type_id, label] += 1 / len(kinds)
        rows = {type_id: row for row, type_id in enumerate(sorted(golden))}
        columns = {label: column for column, label in enumerate(sorted({label for _, label in weights}))}
        table = np.zeros((max(len(rows), 1), max(len(columns), 1)))
        for (type_id, label), weight in weights.items():
            table[rows[type_id], columns[label]] = weight
        names = dict(zip(graph.type_ids, graph.type_labels, strict=True))
        spreads = tuple(
            TypeSpread(type_id, names.get(type_id, "no type"), number, dict(_by_count(golden[type_id])))
            for type_id, number in _by_count(links)
        )
        total = float(table.sum())
        return cls(
            share(float(table.max(axis=1).sum()), total),
            share(float(table.sum(axis=0).max()), total),
            _normalised_information(table),
            spreads,
        )

    def to_json(self) -> dict[str, Any]:
        """Scores and every type."""
        return {
            "purity": self.purity,
            "commonest": self.commonest,
            "nmi": self.nmi,
            "types": [spread.to_json() for spread in self.types],
        }


def _by_count(counts: Counter[str]) -> list[tuple[str, int]]:
    """Most first, equal ones by name."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _normalised_information(table: Float[np.ndarray, "type label"]) -> float:
    """Mutual information over the mean of the two entropies; 0 where one of them is 0."""
    from scipy.stats import entropy  # here, because it takes a second to import

    if 1 in table.shape or not table.any():
        return 0.0
    of_types, of_labels, of_both = (
        float(entropy(part)) for part in (table.sum(axis=1), table.sum(axis=0), table.ravel())
    )
    return min(max(2 * (of_types + of_labels - of_both) / (of_types + of_labels), 0.0), 1.0)
