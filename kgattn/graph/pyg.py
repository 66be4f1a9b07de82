"""To and from PyTorch Geometric's graphs, which know numbers only: the texts ride along as lists."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from kgattn.errors import GraphError
from kgattn.graph.build import GraphBuilder
from kgattn.graph.knowledge_graph import KnowledgeGraph
from kgattn.graph.name_priors import checked_priors, priors_by_entity
from kgattn.shapes import Float, Int

if TYPE_CHECKING:
    from torch_geometric.data import Data, HeteroData

Names = Sequence[str] | Mapping[str, Sequence[str]] | None
_UNNAMED_RELATION = "related to"


@dataclass(frozen=True)
class _Nodes:
    """Nodes of one type."""

    entity_ids: list[str]
    labels: list[str]


def graph_from_pyg(
    data: "Data | HeteroData", *, labels: Names, entity_ids: Names, relations: Sequence[str] | None
) -> KnowledgeGraph:
    """What `KnowledgeGraph.from_pyg` says."""
    from torch_geometric.data import Data, HeteroData

    if isinstance(data, HeteroData):
        return _from_hetero(data, labels, entity_ids, relations)
    if not isinstance(data, Data):
        raise GraphError(f"from_pyg takes a torch_geometric Data or HeteroData, got {type(data).__name__}; make one")
    return _from_data(data, labels, entity_ids, relations)


def graph_to_pyg(graph: KnowledgeGraph) -> "Data":
    """What `KnowledgeGraph.to_pyg` says."""
    import torch
    from torch_geometric.data import Data

    head, relation, tail = graph.triples.T.astype(np.int64)
    data = Data(
        edge_index=torch.from_numpy(np.stack([head, tail])),
        edge_type=torch.from_numpy(np.array(relation)),
        num_nodes=graph.num_entities,
    )
    if graph.features is not None:
        data.x = torch.from_numpy(np.array(graph.features))
    type_ids = list(graph.type_ids)
    data.entity_id = list(graph.entity_ids)
    data.label = list(graph.labels)
    data.aliases = _nested(list(graph.alias_texts), graph.alias_offsets)
    if graph.name_priors is not None:
        data.name_priors = priors_by_entity(graph)
    data.types = _nested([type_ids[row] for row in graph.type_indices.tolist()], graph.type_offsets)
    data.relation_id, data.relation_label = list(graph.relation_ids), list(graph.relation_labels)
    data.type_id, data.type_label = type_ids, list(graph.type_labels)
    data.licence, data.sources = graph.licence, list(graph.sources)
    return data


def _from_data(data: "Data", labels: Names, entity_ids: Names, relations: Sequence[str] | None) -> KnowledgeGraph:
    if isinstance(labels, Mapping) or isinstance(entity_ids, Mapping):
        raise GraphError("labels and entity_ids of a Data must be lists in row order, got a mapping; pass lists")
    nodes = _nodes(data, labels, entity_ids, "")
    builder = GraphBuilder()
    aliases, types, priors = (
        data.get(name) or [()] * len(nodes.labels) for name in ("aliases", "types", "name_priors")
    )
    _add_nodes(builder, nodes)
    for entity_id, label, own, kinds, given in zip(nodes.entity_ids, nodes.labels, aliases, types, priors, strict=True):
        label_prior, *alias_priors = checked_priors(given, 1 + len(own), entity_id)
        builder.add_label(entity_id, label, label_prior)
        for alias, prior in zip(own, alias_priors, strict=True):
            builder.add_alias(entity_id, alias, prior)
        for kind in kinds:
            builder.add_type(entity_id, kind)
    heads, tails = _edges(data, len(nodes.labels), len(nodes.labels), "edge_index")
    names = _relation_names(data, relations, len(heads))
    for head, name, tail in zip(heads, names, tails, strict=True):
        builder.add_triple(nodes.entity_ids[head], name, nodes.entity_ids[tail])
    for ids, texts, add_name in (
        (data.get("relation_id"), data.get("relation_label"), builder.name_relation),
        (data.get("type_id"), data.get("type_label"), builder.name_type),
    ):
        for item, text in zip(ids or (), texts or (), strict=False):
            add_name(item, text)
    return builder.build(
        label_sources="the argument labels or data.label",
        features=_features({"": data.get("x")}),
        licence=data.get("licence") or "",
        sources=tuple(data.get("sources") or ()),
    )


def _from_hetero(
    data: "HeteroData", labels: Names, entity_ids: Names, relations: Sequence[str] | None
) -> KnowledgeGraph:
    for name, value in (("labels", labels), ("entity_ids", entity_ids)):
        if value is not None and not isinstance(value, Mapping):
            raise GraphError(f"{name} of a HeteroData must map each node type to a list, got a list; pass a dict")
    if relations is not None:
        raise GraphError("relations of a HeteroData are its edge types, got the argument relations; leave it out")
    builder = GraphBuilder()
    nodes: dict[str, _Nodes] = {}
    for kind in data.node_types:
        nodes[kind] = _nodes(
            data[kind],
            labels.get(kind) if isinstance(labels, Mapping) else None,
            entity_ids.get(kind) if isinstance(entity_ids, Mapping) else None,
            kind,
        )
        _add_nodes(builder, nodes[kind])
        for entity_id in nodes[kind].entity_ids:
            builder.add_type(entity_id, kind)
    for source, relation, target in data.edge_types:
        sources, targets = nodes[source].entity_ids, nodes[target].entity_ids
        store = data[source, relation, target]
        for head, tail in zip(*_edges(store, len(sources), len(targets), relation), strict=True):
            builder.add_triple(sources[head], relation, targets[tail])
    features = _features({kind: data[kind].get("x") for kind in data.node_types})
    return builder.build(label_sources="the argument labels or data[node_type].label", features=features)


def _nodes(store: Any, labels: Sequence[str] | None, entity_ids: Sequence[str] | None, kind: str) -> _Nodes:
    """Ids and labels of the nodes in one store."""
    where = f"node type {kind!r}" if kind else "data"
    labels = store.get("label") if labels is None else labels
    entity_ids = store.get("entity_id") if entity_ids is None else entity_ids
    if labels is None:
        raise GraphError(
            f"a graph without labels cannot be linked to text: {where} has none; pass labels=... or set its label"
        )
    texts = _text_list(labels, f"labels of {where}")
    rows = range(len(texts))
    ids = [f"{kind}/{row}" if kind else str(row) for row in rows]
    if entity_ids is not None:
        ids = _text_list(entity_ids, f"entity_ids of {where}")
    lengths = {"entity_ids": len(ids), "x": len(texts) if store.get("x") is None else len(store["x"])}
    if "num_nodes" in store:
        lengths["num_nodes"] = int(store["num_nodes"])
    wrong = next((name for name, length in lengths.items() if length != len(texts)), None)
    if wrong is not None:
        raise GraphError(
            f"{where} must have one label a node, got {len(texts)} labels and {lengths[wrong]} by {wrong}; align them"
        )
    if len(set(ids)) != len(ids):
        raise GraphError(f"entity_ids of {where} must be distinct, got one twice; make them unique")
    return _Nodes(ids, texts)


def _add_nodes(builder: GraphBuilder, nodes: _Nodes) -> None:
    for entity_id, label in zip(nodes.entity_ids, nodes.labels, strict=True):
        if entity_id in builder:
            raise GraphError(f"entity_ids must be distinct, got {entity_id!r} in two node types; make them unique")
        builder.add_label(entity_id, label)


def _edges(store: Any, num_heads: int, num_tails: int, name: str) -> tuple[list[int], list[int]]:
    edge_index = store.get("edge_index")
    if edge_index is None:
        return [], []
    if edge_index.ndim != 2 or edge_index.shape[0] != 2:
        raise GraphError(f"{name} must have shape [2, edge], got {tuple(edge_index.shape)}; transpose it?")
    heads, tails = edge_index.tolist()
    for ends, limit in ((heads, num_heads), (tails, num_tails)):
        if ends and not (min(ends) >= 0 and max(ends) < limit):
            raise GraphError(
                f"{name} names an unknown entity: rows must lie in [0, {limit}), got "
                f"{min(ends) if min(ends) < 0 else max(ends)}; give a label for every node"
            )
    return heads, tails


def _relation_names(data: "Data", relations: Sequence[str] | None, num_edges: int) -> list[str]:
    edge_type = data.get("edge_type")
    if edge_type is None:
        return [relations[0] if relations else _UNNAMED_RELATION] * num_edges
    numbers = edge_type.flatten().tolist()
    if len(numbers) != num_edges:
        raise GraphError(
            f"edge_type must have one number for each of {num_edges} edges, got {len(numbers)}; align them"
        )
    names = relations if relations is not None else data.get("relation_id")
    limit = len(names) if names is not None else max(numbers, default=0) + 1
    if numbers and not 0 <= min(numbers) <= max(numbers) < limit:
        raise GraphError(
            f"edge_type must lie in [0, {limit}), got {min(numbers)} to {max(numbers)}; name every relation"
        )
    return [names[number] if names is not None else f"relation {number}" for number in numbers]


def _features(vectors: Mapping[str, Any]) -> Float[np.ndarray, "entity dim"] | None:
    """Vectors of all nodes, of one type after the other; none, with a warning, where they make no one array."""
    widths = {kind: _width(x) for kind, x in vectors.items()}
    distinct = set(widths.values())
    if distinct <= {"none"}:
        return None
    if len(distinct) > 1 or any(x.ndim != 2 for x in vectors.values()):
        found = ", ".join(f"{width} for {kind!r}" if kind else width for kind, width in widths.items())
        warnings.warn(
            "the graph has no features: x must have the shape [node, dim], with one dim for all node types, got "
            f"{found}; bring all to one width (by a projection, or zeros where there are none), or delete x",
            stacklevel=5,  # the caller of from_pyg
        )
        return None
    return np.concatenate([x.detach().cpu().float().numpy() for x in vectors.values()])


def _width(x: Any) -> str:
    if x is None:
        return "none"
    return f"dim {x.shape[1]}" if x.ndim == 2 else f"shape {tuple(x.shape)}"


def _text_list(values: object, name: str) -> list[str]:
    if isinstance(values, str) or not isinstance(values, Sequence) or not all(isinstance(text, str) for text in values):
        raise GraphError(f"{name} must be a list of strings in row order, got {type(values).__name__}; convert it")
    return list(values)


def _nested(items: list[str], offsets: Int[np.ndarray, " row"]) -> list[list[str]]:
    bounds = offsets.tolist()
    return [items[start:end] for start, end in pairwise(bounds)]
