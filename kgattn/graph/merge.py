"""Several graphs as one."""

import dataclasses
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, count

import numpy as np

from kgattn.errors import GraphError
from kgattn.graph.build import GraphBuilder
from kgattn.graph.knowledge_graph import KnowledgeGraph
from kgattn.graph.naming import is_iri, local_name, readable_name
from kgattn.graph.same_as import SAME_RELATIONS, SameAs, united_names
from kgattn.shapes import Float


def merge_graphs(graphs: Sequence[KnowledgeGraph], *, same_as: SameAs, max_cluster: int) -> KnowledgeGraph:
    """What `KnowledgeGraph.merge` says."""
    if not graphs:
        raise GraphError("expected at least one graph to merge, got none; pass a list of graphs")
    graphs = list({id(graph): graph for graph in graphs}.values())  # blank nodes of a graph given twice are the same
    names = united_names(graphs, _entity_names(graphs), same_as, max_cluster)
    labels, priors = _entity_labels(graphs, names), _united_priors(graphs, names)
    builder = GraphBuilder()
    for graph, new_names in zip(graphs, names, strict=True):
        _add_graph(builder, graph, new_names, labels, priors)
    merged = builder.build(
        label_sources="the graphs",
        features=_merged_features(builder, graphs, names),
        licence="; ".join(dict.fromkeys(graph.licence for graph in graphs if graph.licence)),
        sources=tuple(dict.fromkeys(source for graph in graphs for source in graph.sources)),
    )
    records = {repr(record): record for graph in graphs for record in graph.provenance}
    return dataclasses.replace(merged, provenance=tuple(records.values()))


def _entity_names(graphs: Sequence[KnowledgeGraph]) -> list[dict[str, str]]:
    """Old to new names of the blank nodes of each graph, which say nothing outside it: those taken get a number."""
    names = []
    taken: set[str] = set()
    for graph in graphs:
        own = {name: name for name in chain(graph.entity_ids, graph.type_ids) if name.startswith("_:")}
        for name in sorted(own.keys() & taken):
            new_names = (f"{name}x{number}" for number in count(2))
            own[name] = next(new_name for new_name in new_names if new_name not in taken and new_name not in own)
        taken.update(own.values())
        names.append(own)
    return names


def _entity_labels(graphs: Sequence[KnowledgeGraph], names: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The first label given to each entity; one that is no more than its id as text counts only where it is all.

    Where one graph has several names for an entity, that of the name chosen comes first, then the alphabet decides.
    """
    given: dict[str, str] = {}
    derived: dict[str, str] = {}
    for graph, new_names in zip(graphs, names, strict=True):
        for row, entity_id in _in_order(graph.entity_ids, new_names):
            label = graph.labels[row]
            (derived if label == local_name(entity_id) else given).setdefault(
                new_names.get(entity_id, entity_id), label
            )
    return derived | given


def _in_order(entity_ids: Sequence[str], new_names: Mapping[str, str]) -> list[tuple[int, str]]:
    """Rows and ids as they come, but those that got another name last and in the order of the alphabet."""
    return sorted(enumerate(entity_ids), key=lambda item: item[1] if new_names.get(item[1], item[1]) != item[1] else "")


def _united_priors(
    graphs: Sequence[KnowledgeGraph], names: Sequence[Mapping[str, str]]
) -> dict[tuple[str, str], float]:
    """P(entity given name) by entity and name, where a graph gives it.

    What a graph says of several entities that are one now is added up. What several graphs say of a name is their mean,
    in which one that gives the name to other entities alone counts as 0: the sum over all entities stays at most 1.
    """
    shares: dict[tuple[str, str], list[float]] = defaultdict(list)
    givers: Counter[str] = Counter()
    for graph, new_names in zip(graphs, names, strict=True):
        if graph.name_priors is None:
            continue
        entity_ids, texts = _renamed(graph.entity_ids, new_names), [*graph.labels, *graph.alias_texts]
        rows = np.arange(graph.num_entities)
        owners = np.concatenate([rows, np.repeat(rows, np.diff(graph.alias_offsets))]).tolist()
        given = np.flatnonzero(~np.isnan(graph.name_priors)).tolist()
        for place in given:
            shares[entity_ids[owners[place]], texts[place]].append(float(graph.name_priors[place]))
        givers.update({texts[place] for place in given})
    return {use: min(math.fsum(parts) / givers[use[1]], 1.0) for use, parts in shares.items()}


def _add_graph(
    builder: GraphBuilder,
    graph: KnowledgeGraph,
    new_names: Mapping[str, str],
    labels: Mapping[str, str],
    priors: Mapping[tuple[str, str], float],
) -> None:
    entity_ids, type_ids = _renamed(graph.entity_ids, new_names), _renamed(graph.type_ids, new_names)
    old_ids, relation_ids = list(graph.entity_ids), list(graph.relation_ids)
    aliases, alias_bounds = list(graph.alias_texts), graph.alias_offsets.tolist()
    types, type_bounds = graph.type_indices.tolist(), graph.type_offsets.tolist()
    for row, (entity_id, label) in enumerate(zip(entity_ids, graph.labels, strict=True)):
        name = labels[entity_id]
        builder.add_label(entity_id, name, priors.get((entity_id, name), math.nan))
        if not (is_iri(old_ids[row]) and label == local_name(old_ids[row])):  # the end of an IRI is no alias
            builder.add_label(entity_id, label, priors.get((entity_id, label), math.nan))
        for place in range(alias_bounds[row], alias_bounds[row + 1]):
            builder.add_alias(entity_id, aliases[place], priors.get((entity_id, aliases[place]), math.nan))
        for type_row in types[type_bounds[row] : type_bounds[row + 1]]:
            builder.add_type(entity_id, type_ids[type_row])
    for head, relation, tail in graph.triples.tolist():
        if entity_ids[head] != entity_ids[tail] or relation_ids[relation] not in SAME_RELATIONS:
            builder.add_triple(entity_ids[head], relation_ids[relation], entity_ids[tail])
    for relation_id, label in zip(relation_ids, graph.relation_labels, strict=True):
        if label != readable_name(relation_id):
            builder.name_relation(relation_id, label)
    for type_id, label in zip(type_ids, graph.type_labels, strict=True):
        if label != readable_name(type_id):
            builder.name_type(type_id, label)


def _renamed(ids: Iterable[str], new_names: Mapping[str, str]) -> list[str]:
    return [new_names.get(name, name) for name in ids]


def _merged_features(
    builder: GraphBuilder, graphs: Sequence[KnowledgeGraph], names: Sequence[Mapping[str, str]]
) -> Float[np.ndarray, "entity dim"] | None:
    given = [(graph, own) for graph, own in zip(graphs, names, strict=True) if graph.features is not None]
    if not given:
        return None
    widths = {graph.features.shape[1] for graph, _ in given if graph.features is not None}
    if len(widths) > 1:
        raise GraphError(
            f"graphs to merge must have features of one width, got {sorted(widths)}; "
            "drop them with dataclasses.replace(graph, features=None)"
        )
    merged = np.zeros((len(builder), widths.pop()), dtype=np.float32)
    for graph, new_names in reversed(given):
        if graph.features is not None:
            for row, entity_id in reversed(_in_order(graph.entity_ids, new_names)):
                merged[builder.add_entity(new_names.get(entity_id, entity_id))] = graph.features[row]
    return merged
