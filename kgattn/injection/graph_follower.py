"""A processor that goes along when a model is given another graph."""

from typing import TYPE_CHECKING, Any

from kgattn.errors import LinkingError
from kgattn.graph import KnowledgeGraph

if TYPE_CHECKING:
    from kgattn.linking import Processor


class GraphFollower:
    """Holds a processor over the graph a model has, and makes one over the graph it has next, once that is asked for.

    So a swap is cheap, and what links afterwards never links to the graph before.
    """

    def __init__(self, processor: "Processor", graph: KnowledgeGraph) -> None:
        """Take a processor.

        Args:
            processor: Over `graph`; kept as it is until another graph is asked for.
            graph: The graph the model has now.

        Raises:
            LinkingError: It is no processor, or its linker is over other entities.
        """
        check_processor(processor, graph)
        self._latest = processor, graph

    def over(self, graph: KnowledgeGraph) -> "Processor":
        """The processor over a graph: the same one as long as it is the same graph.

        Raises:
            LinkingError: Nothing in the graph can be linked to.
        """
        processor, known = self._latest  # read once, and set once below: another thread may be in here
        if graph is not known:
            processor = processor.with_graph(graph)
            self._latest = processor, graph
        return processor


def check_processor(processor: Any, graph: KnowledgeGraph) -> None:
    """Raise unless the rows of entities a processor gives are those of a graph.

    A graph that differs in its triples alone is as good: entities have the same rows in it.

    Raises:
        LinkingError: It is no processor, or its linker is over other entities.
    """
    linker = getattr(processor, "linker", None)
    if linker is None:
        raise LinkingError(
            f"expected a kgattn.Processor(tokenizer, linker), got {type(processor).__name__}; make one with a linker "
            "over model.kgattn.graph"
        )
    if not linker.graph.same_entities(graph):
        raise LinkingError(
            f"expected a processor that links to the model's graph, {graph}, got one over another graph, "
            f"{linker.graph}; take processor.with_graph(model.kgattn.graph)"
        )
