"""The graph a model has now, and what an injection reads of it."""

from kgattn.bias import PairTerms
from kgattn.encoders import GraphFeatures
from kgattn.graph import KnowledgeGraph
from kgattn.injection.config import InjectionConfig
from kgattn.injection.graph_follower import GraphFollower


class GraphInUse:
    """One for all plugins of a model: PEFT trains a copy for each adapter and keeps the one that was there before.

    So what is put here reaches all of them, those that compute when an adapter is off too.

    Attributes:
        knowledge: Codes of the graph, and its rules and pair terms; replaced as one, for threads that are reading.
        follower: Makes the processor over it; None where none was given.
    """

    knowledge: tuple[GraphFeatures, PairTerms]
    follower: GraphFollower | None

    def __init__(self, graph: KnowledgeGraph, config: InjectionConfig) -> None:
        self._config = config
        self.follower = None
        self.put(graph)

    def put(self, graph: KnowledgeGraph) -> None:
        """Use a graph from now on.

        Raises:
            RuleError: A rule finds too many pairs in it, or takes too long; the graph before stays.
        """
        kinds, rules = (self._config.pair_terms, self._config.rules) if self._config.bias else ((), ())
        terms = PairTerms.of(graph, kinds, self._config.hub_degree, rules)
        self.knowledge = GraphFeatures(graph, self._config.code_dim), terms
