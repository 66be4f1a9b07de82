"""Vectors of the entities a batch may name, from their labels, types, given vectors and neighbours."""

from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from kgattn.encoders.graph_features import GraphFeatures, SubgraphFeatures
from kgattn.encoders.layers import LAYERS, NO_NEIGHBOURS, LayerSettings
from kgattn.encoders.vector_cache import VectorCache, layout_of
from kgattn.shapes import Float, Int


class EntityEncoder(nn.Module):
    """A graph encoder whose parameters know no entity, type or relation by number.

    Everything a graph names is read through codes of its text, so the same parameters serve a graph with other
    entities, and renumbering changes nothing.

    Args:
        dim: Length of an entity vector.
        code_dim: Length of the codes of labels, types and relations.
        num_hops: Rounds of messages.
        fan_out: Most incoming edges of a node in a sampled subgraph.
        num_bases: Basis matrices of an "rgcn" layer.
        given_dim: Length of the vectors that come with the graph; None where there are none.
        has_types: Whether types are read.
        encoder: One of `kgattn.encoders.ENCODERS`: how a node takes its neighbours' messages.
        composition: One of `kgattn.encoders.COMPOSITIONS`, for "compgcn".
    """

    label_projection: nn.Linear
    type_projection: nn.Linear | None
    given_projection: nn.Linear | None
    norm: nn.LayerNorm
    layers: nn.ModuleList

    def __init__(
        self,
        dim: int,
        code_dim: int,
        num_hops: int,
        fan_out: int,
        num_bases: int,
        given_dim: int | None,
        has_types: bool,
        encoder: str = "rgcn",
        composition: str = "multiplication",
    ) -> None:
        super().__init__()
        self.num_hops, self.fan_out = 0 if encoder == NO_NEIGHBOURS else num_hops, fan_out
        self.label_projection = nn.Linear(code_dim, dim)
        self.type_projection = nn.Linear(code_dim, dim, bias=False) if has_types else None
        self.given_projection = nn.Linear(given_dim, dim, bias=False) if given_dim else None
        self.norm = nn.LayerNorm(dim)
        settings = LayerSettings(dim, code_dim, num_bases, composition)
        self.layers = nn.ModuleList(LAYERS[encoder](settings) for _ in range(self.num_hops))
        self._cache = VectorCache(layout_of(self))

    def forward(
        self, features: GraphFeatures, entities: Int[Tensor, "batch mention candidate"]
    ) -> Float[Tensor, "batch mention candidate dim"]:
        """Encode each entity once and hand it to every place that names it; without gradients, once for all batches.

        Args:
            features: Codes of the graph the entities are rows of.
            entities: Entity rows; -1 is padding and gets the zero vector. On the CPU: sampling is done there.

        Returns:
            Vectors on the device of the parameters.
        """
        seeds, place = np.unique(entities.numpy(), return_inverse=True)
        padded = int(len(seeds) > 0 and seeds[0] < 0)
        vectors = F.pad(self._of(features, seeds[padded:]), (0, 0, padded, 0))
        return vectors[torch.from_numpy(place.reshape(-1)).to(vectors.device)].view(*entities.shape, -1)

    def _of(self, features: GraphFeatures, seeds: Int[np.ndarray, " seed"]) -> Float[Tensor, "seed dim"]:
        device = self.label_projection.weight.device

        def encode(new: Int[np.ndarray, " new"]) -> Float[Tensor, "new dim"]:
            subgraph = _to(features.sample(new, self.num_hops, self.fan_out), device)
            codes = (features.relation_codes().to(device), features.type_codes().to(device))
            return self.encode(subgraph, *codes)

        if torch.is_grad_enabled() or not self._cache.serves(self):
            return encode(seeds)
        return self._cache.lookup(features, features.graph.num_entities, self, seeds, encode)

    def encode(
        self,
        subgraph: SubgraphFeatures,
        relation_codes: Float[Tensor, "relation code"],
        type_codes: Float[Tensor, "type code"],
    ) -> Float[Tensor, "seed dim"]:
        """Vectors of the seeds of a subgraph sampled with `num_hops`.

        Each layer leaves out what can no longer reach a seed: the nodes farthest out, and the edges towards them.
        """
        weight = self.label_projection.weight
        projected: Tensor = self.label_projection(subgraph.label_codes.to(weight.dtype))
        if self.type_projection is not None and len(type_codes):
            kinds, type_codes = _needed(subgraph.node_types, type_codes)
            projected = projected + F.embedding_bag(
                kinds,
                self.type_projection(type_codes.to(weight.dtype)),
                subgraph.type_offsets,
                mode="sum",
            )
        if self.given_projection is not None and subgraph.given is not None:
            projected = projected + self.given_projection(subgraph.given.to(weight.dtype))
        nodes: Tensor = self.norm(projected)
        codes = relation_codes.to(weight.dtype)
        for hops, layer in zip(range(self.num_hops, 0, -1), self.layers, strict=True):
            edges = slice(subgraph.edge_ends[hops])
            nodes = nodes[: subgraph.node_ends[hops]]
            nodes = layer(nodes, subgraph.edge_index[:, edges], subgraph.edge_type[edges], codes)
        return nodes[: subgraph.node_ends[0]]


def _needed(
    kinds: Int[Tensor, " node_type"], codes: Float[Tensor, "type code"]
) -> tuple[Int[Tensor, " node_type"], Float[Tensor, "needed code"]]:
    """Types as rows of the codes that are needed of them: all, unless a graph has more types than there are places."""
    if not 0 < len(kinds) < len(codes):
        return kinds, codes
    present, places = torch.unique(kinds, return_inverse=True)
    return places, codes[present]


def _to(subgraph: SubgraphFeatures, device: torch.device) -> SubgraphFeatures:
    if device.type == "cpu":
        return subgraph
    given = subgraph.given
    return replace(
        subgraph,
        label_codes=subgraph.label_codes.to(device),
        node_types=subgraph.node_types.to(device),
        type_offsets=subgraph.type_offsets.to(device),
        given=None if given is None else given.to(device),
        edge_index=subgraph.edge_index.to(device),
        edge_type=subgraph.edge_type.to(device),
    )
