"""The mean of the neighbours: no matrix and no relations."""

from torch import Tensor, nn
from torch_geometric.nn import MessagePassing

from kgattn.shapes import Float, Int


class MeanLayer(MessagePassing):  # type: ignore[misc]  # torch_geometric ships no types
    """x_i' = norm(x_i + mean over edges (j, r, i) of x_j); what every other encoder must be worth its price against."""

    norm: nn.LayerNorm

    def __init__(self, dim: int) -> None:
        super().__init__(aggr="mean", node_dim=0)
        self.norm = nn.LayerNorm(dim)

    def forward(
        self,
        nodes: Float[Tensor, "node dim"],
        edge_index: Int[Tensor, "2 edge"],
        edge_type: Int[Tensor, " edge"],
        relation_codes: Float[Tensor, "relation code"],
    ) -> Float[Tensor, "node dim"]:
        """One round of messages; see `kgattn.encoders.layers.GraphLayer`. Relations make no difference."""
        return self.norm(nodes + self.propagate(edge_index, x=nodes))  # type: ignore[no-any-return]
