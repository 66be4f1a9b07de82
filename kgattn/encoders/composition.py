"""CompGCN: a neighbour and the relation that leads to it are composed into one vector."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch_geometric.nn import MessagePassing

from kgattn.shapes import Float, Int


class CompositionLayer(MessagePassing):  # type: ignore[misc]  # torch_geometric ships no types
    """CompGCN with relations known by their codes.

    x_i' = norm(x_i + mean over edges (j, r, i), and the node itself by identity, of W_dir(r) (x_j o Z code(r))), where
    dir(r) is forward, inverse or self. Vashishth et al. 2020 (arXiv:1911.03082, eq. 4 and table 1); we differ in that
    relations are a linear function of their codes in each layer, in place of vectors that layers hand on, in the mean
    for the sum, and in the added x_i. The matrix follows the mean: once per node, not once per edge.

    Args:
        dim: Length of a node vector.
        code_dim: Length of a relation code.
        composition: One of `COMPOSITIONS`.
    """

    relation: nn.Linear
    forward_matrix: nn.Linear
    inverse_matrix: nn.Linear
    own_matrix: nn.Linear
    norm: nn.LayerNorm

    def __init__(self, dim: int, code_dim: int, composition: str) -> None:
        super().__init__(aggr="sum", node_dim=0)
        self.compose = COMPOSITIONS[composition]
        self.relation = nn.Linear(code_dim, dim, bias=False)
        # codes have unit length: composed vectors are as large as nodes; correlation sums over all elements
        nn.init.normal_(self.relation.weight, std=dim**-0.5 if composition == "correlation" else 1.0)
        self.forward_matrix = nn.Linear(dim, dim, bias=False)
        self.inverse_matrix = nn.Linear(dim, dim, bias=False)
        self.own_matrix = nn.Linear(dim, dim, bias=False)
        self.norm = nn.LayerNorm(dim)

    def forward(
        self,
        nodes: Float[Tensor, "node dim"],
        edge_index: Int[Tensor, "2 edge"],
        edge_type: Int[Tensor, " edge"],
        relation_codes: Float[Tensor, "relation code"],
    ) -> Float[Tensor, "node dim"]:
        """One round of messages; see `kgattn.encoders.layers.GraphLayer`."""
        num_nodes, relations = nodes.shape[0], self.relation(relation_codes)
        inverse = (edge_type >= (relation_codes.shape[0] - 1) // 2).long()
        place = torch.stack([edge_index[0], edge_index[1] + num_nodes * inverse])  # a row for each node and direction
        received = self.propagate(place, x=nodes, relations=relations[edge_type], size=(num_nodes, 2 * num_nodes))
        own = self.own_matrix(self.compose(nodes, relations[-1].expand_as(nodes)))
        total = own + self.forward_matrix(received[:num_nodes]) + self.inverse_matrix(received[num_nodes:])
        count = torch.ones(num_nodes, dtype=nodes.dtype, device=nodes.device)
        count = count.index_add(0, edge_index[1], torch.ones_like(edge_index[1], dtype=nodes.dtype))
        return self.norm(nodes + total / count[:, None])  # type: ignore[no-any-return]

    def message(  # noqa: D102 (PyG's hook: the message along each edge)
        self, x_j: Float[Tensor, "edge dim"], relations: Float[Tensor, "edge dim"]
    ) -> Float[Tensor, "edge dim"]:
        return self.compose(x_j, relations)


def _correlate(nodes: Tensor, relations: Tensor) -> Tensor:
    """Circular correlation: element k is the sum over i of x_i z_(i + k mod dim) (Nickel et al. 2016, eq. 4)."""
    if not len(nodes):  # which FFT libraries refuse
        return nodes * relations
    spectrum = torch.fft.rfft(nodes).conj() * torch.fft.rfft(relations)
    composed: Tensor = torch.fft.irfft(spectrum, n=nodes.shape[-1])
    return composed


COMPOSITIONS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "subtraction": torch.sub,
    "multiplication": torch.mul,
    "correlation": _correlate,
}
