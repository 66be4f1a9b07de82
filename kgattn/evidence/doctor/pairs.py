"""How often the graph says something about two mentions of one sentence: what a bias between mentions can live on."""

from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np

from kgattn.evidence.doctor.coverage import share
from kgattn.evidence.doctor.linked import LinkedText
from kgattn.graph import KnowledgeGraph
from kgattn.graph.paths import HUB_DEGREE, pair_nearness


@dataclass(frozen=True)
class JoinedPairs:
    """Pairs of linked mentions of one sentence, and sentences with such a pair; any candidate of each may do.

    Attributes:
        sentences: Sentences.
        pairs: Pairs of mentions that do not overlap and name different entities.
        joined: Pairs that one triple joins.
        joined_sentences: Sentences with one.
        near: Pairs that two triples join, or a shared neighbour by the same relation; or one triple.
        near_sentences: Sentences with one.
    """

    sentences: int
    pairs: int
    joined: int
    joined_sentences: int
    near: int
    near_sentences: int

    @classmethod
    def of(cls, text: LinkedText, graph: KnowledgeGraph) -> "JoinedPairs":
        """Look up all pairs of a linked text at once."""
        owner: list[tuple[int, int]] = []  # sentence and pair of each pair of candidates
        ends: list[tuple[int, int]] = []
        number = 0
        for sentence, row in enumerate(text.links):
            for one, other in combinations(row, 2):
                entities = [
                    (graph.entity_index(a), graph.entity_index(b))
                    for a, _ in one.candidates
                    for b, _ in other.candidates
                ]
                if one.best == other.best or max(one.start, other.start) < min(one.end, other.end):
                    continue
                owner.extend([(sentence, number)] * len(entities))
                ends.extend(entities)
                number += 1
        places = np.array(owner, dtype=np.int64).reshape(-1, 2)
        rows = np.array(ends, dtype=np.int64).reshape(-1, 2)
        distinct, back = np.unique(np.sort(rows, axis=1), axis=0, return_inverse=True)
        found = pair_nearness(graph, distinct[:, 0], distinct[:, 1], HUB_DEGREE)
        length, siblings = found.length[back.reshape(-1)], found.siblings[back.reshape(-1)]
        joined, near = places[length == 1], places[((length >= 1) & (length <= 2)) | siblings]
        return cls(
            len(text.links), number, _distinct(joined, 1), _distinct(joined, 0), _distinct(near, 1), _distinct(near, 0)
        )

    @property
    def joined_sentence_share(self) -> float:
        """Share of the sentences with a pair that one triple joins, in [0, 1]."""
        return share(self.joined_sentences, self.sentences)

    @property
    def near_sentence_share(self) -> float:
        """Share of the sentences with a pair at most two triples apart, in [0, 1]."""
        return share(self.near_sentences, self.sentences)

    def to_json(self) -> dict[str, Any]:
        """Counts and shares."""
        return {
            **asdict(self),
            "joined_per_sentence": share(self.joined, self.sentences),
            "joined_sentence_share": self.joined_sentence_share,
            "near_sentence_share": self.near_sentence_share,
        }


def _distinct(places: np.ndarray, column: int) -> int:
    return len(np.unique(places[:, column]))
