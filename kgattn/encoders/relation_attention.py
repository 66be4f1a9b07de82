"""Attention over the neighbours, told apart by the relations that lead to them."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch_geometric.nn import MessagePassing
from torch_geometric.utils import softmax

from kgattn.encoders.self_loops import with_self_loops
from kgattn.shapes import Float, Int

MOST_HEADS = 4
NEGATIVE_SLOPE = 0.2


class RelationAttentionLayer(MessagePassing):  # type: ignore[misc]  # torch_geometric ships no types
    """GATv2 with relations known by their codes.

    With m_jr = V x_j + R code(r), per head, every node being its own neighbour by the identity relation:
    x_i' = norm(x_i + sum over edges (j, r, i) of a_jri m_jr), a_jri = softmax over the edges to i of
    w . LeakyReLU(Q x_i + m_jr). Brody et al. 2022 (arXiv:2105.14491, eq. 7) with an edge term as in PyG's GATv2Conv;
    we differ in that a message names its relation too (as in RGAT, Busbridge et al. 2019, arXiv:1904.05811) and in the
    added x_i.

    Args:
        dim: Length of a node vector, parted over the heads: as many as divide it, at most `MOST_HEADS`.
        code_dim: Length of a relation code.
    """

    query: nn.Linear
    message_of_node: nn.Linear
    message_of_relation: nn.Linear
    norm: nn.LayerNorm

    def __init__(self, dim: int, code_dim: int) -> None:
        super().__init__(aggr="sum", node_dim=0)
        self.num_heads = math.gcd(dim, MOST_HEADS)
        self.query = nn.Linear(dim, dim, bias=False)
        self.message_of_node = nn.Linear(dim, dim, bias=False)
        self.message_of_relation = nn.Linear(code_dim, dim, bias=False)
        nn.init.normal_(self.message_of_relation.weight, std=1.0)  # codes have unit length: elements near 1
        head_dim = dim // self.num_heads
        self.logit = nn.Parameter(torch.randn(self.num_heads, head_dim) / math.sqrt(head_dim))
        self.norm = nn.LayerNorm(dim)

    def forward(
        self,
        nodes: Float[Tensor, "node dim"],
        edge_index: Int[Tensor, "2 edge"],
        edge_type: Int[Tensor, " edge"],
        relation_codes: Float[Tensor, "relation code"],
    ) -> Float[Tensor, "node dim"]:
        """One round of messages; see `kgattn.encoders.layers.GraphLayer`."""
        edge_index, edge_type = with_self_loops(edge_index, edge_type, nodes.shape[0], relation_codes.shape[0])
        heads = (-1, self.num_heads, nodes.shape[1] // self.num_heads)
        messages = self.message_of_node(nodes)[edge_index[0]] + self.message_of_relation(relation_codes)[edge_type]
        received = self.propagate(
            edge_index,
            query=self.query(nodes).view(heads),
            messages=messages.view(heads),
            size=(nodes.shape[0], nodes.shape[0]),
        )
        return self.norm(nodes + received.flatten(1))  # type: ignore[no-any-return]

    def message(  # noqa: D102 (PyG's hook: the message along each edge)
        self,
        query_i: Float[Tensor, "edge head head_dim"],
        messages: Float[Tensor, "edge head head_dim"],
        index: Int[Tensor, " edge"],
        dim_size: int,
    ) -> Float[Tensor, "edge head head_dim"]:
        logits = (F.leaky_relu(query_i + messages, NEGATIVE_SLOPE) * self.logit).sum(dim=-1)
        weights: Tensor = softmax(logits, index, num_nodes=dim_size)
        return weights[:, :, None] * messages
