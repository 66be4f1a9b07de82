"""What is asked of a pair of linked entities beside its relations: how near they are, how alike, and rules."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from kgattn.bias.entity_pairs import EntityPairs
from kgattn.graph import KnowledgeGraph, Rule, match_pairs, rule_pairs
from kgattn.graph.adjacency import PairIndex
from kgattn.graph.paths import pair_nearness
from kgattn.graph.shared_types import shared_types
from kgattn.shapes import Float, Int

EDGES, PATHS, TYPES, SIBLINGS = KINDS = ("edges", "paths", "types", "siblings")
_NAMES = {EDGES: ("edge",), PATHS: ("path of 2", "path of 3"), TYPES: ("shared types",), SIBLINGS: ("siblings",)}
"""Paths begin at 2: one edge is a relation already, or a term of its own where relations are left out."""


def term_names(kinds: tuple[str, ...], rules: tuple[Rule, ...]) -> tuple[str, ...]:
    """The terms in the order of their strengths: those of each kind, then the rules."""
    return (*(name for kind in kinds for name in _NAMES[kind]), *(rule.name for rule in rules))


@dataclass(frozen=True, eq=False)
class PairTerms:
    """The terms of one graph; rules are evaluated once, so that a batch costs a look into a sorted index.

    The truth of a term for two entities lies in [0, 1], as in logits += rho * truth (Li and Srikumar 2019,
    arXiv:1906.06298, sec. 3.2), where rho is here a learned strength: 1 where a shortest path has that length, where
    an edge joins them, they are siblings or a rule holds; the share of types they have in common.

    Attributes:
        graph: The graph.
        kinds: Any of `KINDS`.
        hub_degree: As `pair_nearness` says.
        names: Name of each term.
        rules: Pairs on which the rules hold, by number of the rule.
    """

    graph: KnowledgeGraph
    kinds: tuple[str, ...]
    hub_degree: int
    names: tuple[str, ...]
    rules: PairIndex

    def __deepcopy__(self, memo: dict[int, Any]) -> "PairTerms":
        return self

    @classmethod
    def of(cls, graph: KnowledgeGraph, kinds: tuple[str, ...], hub_degree: int, rules: tuple[Rule, ...]) -> "PairTerms":
        """Evaluate the rules over the graph.

        Raises:
            RuleError: A rule is no SELECT rule, finds too many pairs, or takes too long.
        """
        return cls(graph, kinds, hub_degree, term_names(kinds, rules), rule_pairs(graph, rules))

    def matches(
        self, pairs: EntityPairs, off: Collection[str] = ()
    ) -> tuple[Int[np.ndarray, " match"], Int[np.ndarray, " match"], Float[np.ndarray, " match"]]:
        """Number of the pair, number of the term, and its truth, wherever it is not 0.

        Args:
            pairs: Pairs of entities of this graph.
            off: Names of terms to pass over.
        """
        if not self.names:
            none = np.zeros(0, dtype=np.int64)
            return none, none, np.zeros(0, dtype=np.float32)
        kept = np.array([name not in off for name in self.names], dtype=bool)
        found = list(self._nearness(pairs)) if self.kinds and kept.any() else []
        first_rule = len(self.names) - self._num_rules
        pair, rule = match_pairs(self.rules, self.graph.num_entities, pairs.head, pairs.tail)
        found.append((pair, rule + first_rule, np.ones(len(pair), dtype=np.float32)))
        pair, term, truth = (np.concatenate(parts) for parts in zip(*found, strict=True))
        chosen = kept[term]
        return pair[chosen], term[chosen], truth[chosen]

    @property
    def _num_rules(self) -> int:
        return len(self.names) - sum(len(_NAMES[kind]) for kind in self.kinds)

    def _nearness(self, pairs: EntityPairs) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        size = self.graph.num_entities
        keys = np.minimum(pairs.head, pairs.tail) * size + np.maximum(pairs.head, pairs.tail)
        keys, place = np.unique(keys[pairs.head != pairs.tail], return_inverse=True)
        first, second = np.divmod(keys, max(size, 1))
        number = np.flatnonzero(pairs.head != pairs.tail)
        truths: dict[str, np.ndarray] = {}
        if {EDGES, PATHS, SIBLINGS} & set(self.kinds):
            near = pair_nearness(self.graph, first, second, self.hub_degree)
            truths["edge"] = near.length == 1
            truths["path of 2"], truths["path of 3"] = near.length == 2, near.length == 3
            truths["siblings"] = near.siblings
        if TYPES in self.kinds:
            truths["shared types"] = shared_types(self.graph, first, second)
        for term, name in enumerate(self.names[: len(self.names) - self._num_rules]):
            truth = truths[name].astype(np.float32)[place.reshape(-1)]
            holds = np.flatnonzero(truth)
            yield number[holds], np.full(len(holds), term), truth[holds]
