"""GraphSAGE: a node and the mean of its neighbours, each through its own matrix, blind to relations."""

from torch import Tensor, nn
from torch_geometric.nn import MessagePassing

from kgattn.shapes import Float, Int


class SageLayer(MessagePassing):  # type: ignore[misc]  # torch_geometric ships no types
    """x_i' = norm(x_i + A x_i + B mean over edges (j, r, i) of x_j).

    The mean aggregator of Hamilton et al. 2017 (arXiv:1706.02216, algorithm 1); we differ in the added x_i, in
    LayerNorm for the division by the length, and in that the norm is the only non-linearity.
    """

    own: nn.Linear
    neighbours: nn.Linear
    norm: nn.LayerNorm

    def __init__(self, dim: int) -> None:
        super().__init__(aggr="mean", node_dim=0)
        self.own = nn.Linear(dim, dim, bias=False)
        self.neighbours = nn.Linear(dim, dim, bias=False)
        self.norm = nn.LayerNorm(dim)

    def forward(
        self,
        nodes: Float[Tensor, "node dim"],
        edge_index: Int[Tensor, "2 edge"],
        edge_type: Int[Tensor, " edge"],
        relation_codes: Float[Tensor, "relation code"],
    ) -> Float[Tensor, "node dim"]:
        """One round of messages; see `kgattn.encoders.layers.GraphLayer`. Relations make no difference."""
        received = self.neighbours(self.propagate(edge_index, x=nodes))
        return self.norm(nodes + self.own(nodes) + received)  # type: ignore[no-any-return]
