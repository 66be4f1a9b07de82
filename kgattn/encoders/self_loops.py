"""Every node as its own neighbour, by the identity relation."""

import torch
from torch import Tensor

from kgattn.shapes import Int


def with_self_loops(
    edge_index: Int[Tensor, "2 edge"], edge_type: Int[Tensor, " edge"], num_nodes: int, num_relations: int
) -> tuple[Int[Tensor, "2 edge_and_node"], Int[Tensor, " edge_and_node"]]:
    """The edges, then one from each node to itself.

    Args:
        edge_index: Source and target of each edge.
        edge_type: Relation of each edge.
        num_nodes: Nodes.
        num_relations: Relation codes; the last one is identity.
    """
    own = torch.arange(num_nodes, device=edge_index.device)
    identity = torch.full_like(own, num_relations - 1)
    return torch.cat([edge_index, torch.stack([own, own])], dim=1), torch.cat([edge_type, identity])
