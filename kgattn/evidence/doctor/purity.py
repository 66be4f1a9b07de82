"""Whether the graph's types tell the corpus's labels apart."""

from collections import Counter, defaultdict
from dataclasses import asdict, dataclass
from typing import Any

from kgattn.evidence.doctor.coverage import share
from kgattn.evidence.doctor.linked import NO_LABEL, LinkedSplit
from kgattn.graph import KnowledgeGraph

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
    """Graph types against labels, over links that are gold mentions; an entity with three types counts for each.

    Attributes:
        purity: Share of (link, type) pairs whose label is the commonest of its type, in [0, 1] (Manning, Raghavan and
            Schütze 2008, sec. 16.3).
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
        from sklearn.metrics import normalized_mutual_info_score  # here, because it takes a second to import

        links, golden = Counter[str](), defaultdict[str, Counter[str]](Counter)
        for _, link, label in split.judged():
            for type_id in graph.types(link.best) or [UNTYPED]:
                links[type_id] += 1
                if label != NO_LABEL:
                    golden[type_id][label] += 1
        pairs = [(type_id, label) for type_id in sorted(golden) for label in golden[type_id].elements()]
        names = dict(zip(graph.type_ids, graph.type_labels, strict=True))
        spreads = tuple(
            TypeSpread(type_id, names.get(type_id, "no type"), number, dict(_by_count(golden[type_id])))
            for type_id, number in _by_count(links)
        )
        right = sum(max(labels.values()) for labels in golden.values() if labels)
        by_label = Counter(label for _, label in pairs)
        nmi = normalized_mutual_info_score(*zip(*pairs, strict=True)) if len(by_label) > 1 and len(golden) > 1 else 0.0
        return cls(share(right, len(pairs)), share(max(by_label.values(), default=0), len(pairs)), float(nmi), spreads)

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
