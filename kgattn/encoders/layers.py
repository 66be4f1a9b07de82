"""Graph encoders by name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor, nn

from kgattn.encoders.composition import CompositionLayer
from kgattn.encoders.mean_of_neighbours import MeanLayer
from kgattn.encoders.relation_attention import RelationAttentionLayer
from kgattn.encoders.relational import RelationalLayer
from kgattn.encoders.sage import SageLayer
from kgattn.shapes import Float, Int


class GraphLayer(Protocol):
    """One round of messages along the edges of a subgraph: what every encoder is made of."""

    def __call__(
        self,
        nodes: Float[Tensor, "node dim"],
        edge_index: Int[Tensor, "2 edge"],
        edge_type: Int[Tensor, " edge"],
        relation_codes: Float[Tensor, "relation code"],
    ) -> Float[Tensor, "node dim"]:
        """New vectors of all nodes.

        Args:
            nodes: Vector of each node.
            edge_index: Source and target of each edge, without self loops.
            edge_type: Row of each edge's relation in `relation_codes`.
            relation_codes: Codes of relations, of their inverses in the same order and, last, of identity. A layer
                knows a relation by nothing else.
        """
        ...


@dataclass(frozen=True)
class LayerSettings:
    """What a layer is made from.

    Attributes:
        dim: Length of a node vector.
        code_dim: Length of a relation code.
        num_bases: Basis matrices, for "rgcn".
        composition: How neighbour and relation are composed, for "compgcn".
    """

    dim: int
    code_dim: int
    num_bases: int
    composition: str


LAYERS: dict[str, Callable[[LayerSettings], nn.Module]] = {
    "rgcn": lambda given: RelationalLayer(given.dim, given.code_dim, given.num_bases),
    "rgat": lambda given: RelationAttentionLayer(given.dim, given.code_dim),
    "compgcn": lambda given: CompositionLayer(given.dim, given.code_dim, given.composition),
    "sage": lambda given: SageLayer(given.dim),
    "mean": lambda given: MeanLayer(given.dim),
}
"""How to make one layer of each encoder that looks at neighbours; each result is a `GraphLayer`."""

NO_NEIGHBOURS = "none"
ENCODERS = (*LAYERS, NO_NEIGHBOURS)
"""Names of all encoders."""
