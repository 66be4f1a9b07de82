"""One layer of relational message passing on PyG."""

import torch
from torch import Tensor, nn
from torch_geometric.nn import MessagePassing

from kgattn.encoders.self_loops import with_self_loops
from kgattn.shapes import Float, Int


class RelationalLayer(MessagePassing):  # type: ignore[misc]  # torch_geometric ships no types
    """R-GCN with basis decomposition, basis first, and relations known by their codes.

    x_i' = norm(x_i + mean over edges (j, r, i) of sum_b c_b(r) V_b x_j), every node being its own neighbour by
    the identity relation. Schlichtkrull et al. 2018 (arXiv:1703.06103, eq. 2-3); we differ in that c_b(r) is a
    linear function of the relation's code, so relations of another graph need no new parameters, and in that
    V_b x is computed once per node, not once per edge and relation.
    """

    basis: nn.Linear
    coefficients: nn.Linear
    norm: nn.LayerNorm

    def __init__(self, dim: int, code_dim: int, num_bases: int) -> None:
        super().__init__(aggr="mean", node_dim=0)
        self.num_bases = num_bases
        self.basis = nn.Linear(dim, num_bases * dim, bias=False)
        self.coefficients = nn.Linear(code_dim, num_bases, bias=False)
        self.norm = nn.LayerNorm(dim)
        nn.init.normal_(self.coefficients.weight, std=1.0)  # codes have unit length: coefficients near 1

    def forward(
        self,
        nodes: Float[Tensor, "node dim"],
        edge_index: Int[Tensor, "2 edge"],
        edge_type: Int[Tensor, " edge"],
        relation_codes: Float[Tensor, "relation code"],
    ) -> Float[Tensor, "node dim"]:
        """One round of messages; see `kgattn.encoders.layers.GraphLayer`."""
        edge_index, edge_type = with_self_loops(edge_index, edge_type, nodes.shape[0], relation_codes.shape[0])
        projected = self.basis(nodes).view(-1, self.num_bases, nodes.shape[1])
        coefficients = self.coefficients(relation_codes)[edge_type]
        received = self.propagate(edge_index, x=projected, coefficients=coefficients)
        return self.norm(nodes + received)  # type: ignore[no-any-return]

    def message(  # noqa: D102 (PyG's hook: the message along each edge)
        self, x_j: Float[Tensor, "edge basis dim"], coefficients: Float[Tensor, "edge basis"]
    ) -> Float[Tensor, "edge dim"]:
        return torch.einsum("ebd,eb->ed", x_j, coefficients)
