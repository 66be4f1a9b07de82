"""Several graphs as one."""

from collections.abc import Sequence

import numpy as np

from kgattn.errors import GraphError
from kgattn.graph.build import GraphBuilder
from kgattn.graph.knowledge_graph import KnowledgeGraph
from kgattn.shapes import Float


def merge_graphs(graphs: Sequence[KnowledgeGraph]) -> KnowledgeGraph:
    """What `KnowledgeGraph.merge` says."""
    if not graphs:
        raise GraphError("expected at least one graph to merge, got none; pass a list of graphs")
    builder = GraphBuilder()
    for graph in graphs:
        _add_graph(builder, graph)
    return builder.build(
        label_sources="the graphs",
        features=_merged_features(builder, graphs),
        licence="; ".join(dict.fromkeys(graph.licence for graph in graphs if graph.licence)),
        sources=tuple(dict.fromkeys(source for graph in graphs for source in graph.sources)),
    )


def _add_graph(builder: GraphBuilder, graph: KnowledgeGraph) -> None:
    entity_ids, relation_ids, type_ids = list(graph.entity_ids), list(graph.relation_ids), list(graph.type_ids)
    aliases, alias_bounds = list(graph.alias_texts), graph.alias_offsets.tolist()
    types, type_bounds = graph.type_indices.tolist(), graph.type_offsets.tolist()
    for row, (entity_id, label) in enumerate(zip(entity_ids, graph.labels, strict=True)):
        builder.add_label(entity_id, label)
        for alias in aliases[alias_bounds[row] : alias_bounds[row + 1]]:
            builder.add_alias(entity_id, alias)
        for type_row in types[type_bounds[row] : type_bounds[row + 1]]:
            builder.add_type(entity_id, type_ids[type_row])
    for head, relation, tail in graph.triples.tolist():
        builder.add_triple(entity_ids[head], relation_ids[relation], entity_ids[tail])
    for relation_id, label in zip(relation_ids, graph.relation_labels, strict=True):
        builder.name_relation(relation_id, label)
    for type_id, label in zip(type_ids, graph.type_labels, strict=True):
        builder.name_type(type_id, label)


def _merged_features(builder: GraphBuilder, graphs: Sequence[KnowledgeGraph]) -> Float[np.ndarray, "entity dim"] | None:
    given = [graph for graph in graphs if graph.features is not None]
    if not given:
        return None
    widths = {graph.features.shape[1] for graph in given if graph.features is not None}
    if len(widths) > 1:
        raise GraphError(
            f"graphs to merge must have features of one width, got {sorted(widths)}; "
            "drop them with dataclasses.replace(graph, features=None)"
        )
    merged = np.zeros((len(builder), widths.pop()), dtype=np.float32)
    for graph in reversed(given):
        if graph.features is not None:
            merged[[builder.add_entity(entity_id) for entity_id in graph.entity_ids]] = graph.features
    return merged
