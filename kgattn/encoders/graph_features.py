"""What an encoder reads of a graph: codes of labels, types and relations, and given vectors, for sampled nodes."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from kgattn.encoders.label_codes import LabelCodes
from kgattn.encoders.text_codes import text_codes
from kgattn.graph import KnowledgeGraph, Subgraph, sample_subgraph
from kgattn.shapes import Float, Int


@dataclass(frozen=True)
class SubgraphFeatures:
    """A sampled subgraph as tensors on the encoder's device.

    Attributes:
        label_codes: Code of each node's label.
        node_types: Type of each (node, type) pair, nodes in order; `type_offsets` says where a node's begin.
        type_offsets: Start of each node's types in `node_types`.
        given: Vectors that came with the graph, if it has any.
        edge_index: Source (row 0) and target (row 1) node of each edge.
        edge_type: Relation of each edge; r + relation is the inverse of r.
        node_ends: As in `Subgraph`.
        edge_ends: As in `Subgraph`.
    """

    label_codes: Float[Tensor, "node code"]
    node_types: Int[Tensor, " node_type"]
    type_offsets: Int[Tensor, " node"]
    given: Float[Tensor, "node given"] | None
    edge_index: Int[Tensor, "2 edge"]
    edge_type: Int[Tensor, " edge"]
    node_ends: tuple[int, ...]
    edge_ends: tuple[int, ...]


class GraphFeatures:
    """Codes of one graph, computed when first asked for."""

    def __init__(self, graph: KnowledgeGraph, code_dim: int) -> None:
        self.graph = graph
        self.code_dim = code_dim
        self._clear()

    def _clear(self) -> None:
        self._label_codes: LabelCodes | None = None
        self._relation_codes: Tensor | None = None
        self._type_codes: Tensor | None = None

    def __getstate__(self) -> dict[str, object]:
        """Leave the caches behind: they are computed again where the copy is used."""
        return {"graph": self.graph, "code_dim": self.code_dim}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)
        self._clear()

    @property
    def identity_relation(self) -> int:
        """Row of "is the same as" in `relation_codes`, after every relation and every inverse."""
        return 2 * self.graph.num_relations

    def relation_codes(self) -> Float[Tensor, "relation code"]:
        """Codes of the relations, then of their inverses, then of identity."""
        if self._relation_codes is None:
            labels = [str(label) for label in self.graph.relation_labels]
            texts = [*labels, *(f"inverse of {label}" for label in labels), "is the same as"]
            with torch.inference_mode(False):  # kept for training too
                self._relation_codes = torch.from_numpy(text_codes(texts, self.code_dim))
        return self._relation_codes

    def type_codes(self) -> Float[Tensor, "type code"]:
        """Codes of the types; by id, so that types of one label but different ids differ."""
        if self._type_codes is None:
            with torch.inference_mode(False):
                self._type_codes = torch.from_numpy(text_codes(self.graph.type_ids, self.code_dim))
        return self._type_codes

    def label_codes(self, entities: Int[np.ndarray, " node"]) -> Float[np.ndarray, "node code"]:
        """Codes of the labels of these entities, each given once."""
        if self._label_codes is None:
            self._label_codes = LabelCodes(self.graph, self.code_dim)
        return self._label_codes.of(entities)

    def sample(self, seeds: Int[np.ndarray, " seed"], num_hops: int, fan_out: int) -> SubgraphFeatures:
        """Sample around the seeds (unique entity rows) and collect the features of all nodes, seeds first."""
        subgraph: Subgraph = sample_subgraph(self.graph, seeds, num_hops, fan_out)
        nodes = subgraph.entities
        type_rows, offsets = csr_rows(self.graph.type_offsets, self.graph.type_indices, nodes)
        given = self.graph.features
        return SubgraphFeatures(
            label_codes=torch.from_numpy(self.label_codes(nodes)),
            node_types=torch.from_numpy(type_rows),
            type_offsets=torch.from_numpy(offsets),
            given=None if given is None else torch.from_numpy(np.asarray(given[nodes], dtype=np.float32)),
            edge_index=torch.from_numpy(np.asarray(subgraph.edge_index, dtype=np.int64)),
            edge_type=torch.from_numpy(np.asarray(subgraph.edge_type, dtype=np.int64)),
            node_ends=subgraph.node_ends,
            edge_ends=subgraph.edge_ends,
        )


def csr_rows(
    offsets: Int[np.ndarray, " row_and_one"],
    values: Int[np.ndarray, " value"],
    rows: Int[np.ndarray, " pick"],
) -> tuple[Int[np.ndarray, " picked"], Int[np.ndarray, " pick"]]:
    """Values of the picked rows one after the other, and where each row's values begin."""
    starts = np.asarray(offsets[rows], dtype=np.int64)
    counts = np.asarray(offsets[rows + 1], dtype=np.int64) - starts
    begins = np.cumsum(counts) - counts
    index = np.repeat(starts - begins, counts) + np.arange(int(counts.sum()))
    return np.asarray(values[index], dtype=np.int64), begins
