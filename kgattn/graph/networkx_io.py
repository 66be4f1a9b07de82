"""To and from networkx graphs, and the GraphML and GEXF files networkx reads."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import networkx
import numpy as np

from kgattn.errors import GraphError
from kgattn.graph.build import GraphBuilder
from kgattn.graph.guards import check_xml
from kgattn.graph.knowledge_graph import KnowledgeGraph
from kgattn.graph.name_priors import checked_priors, priors_by_entity
from kgattn.graph.naming import ordered
from kgattn.graph.packed import READ_ERRORS, open_plain
from kgattn.shapes import Float

_LABEL_SOURCES = "the node attribute label"
_RELATION_KEYS = ("relation", "predicate", "label", "type")
_UNNAMED_RELATION = "related to"


def graph_from_networkx(graph: networkx.Graph) -> KnowledgeGraph:
    """What `KnowledgeGraph.from_networkx` says."""
    if not isinstance(graph, networkx.Graph):
        raise GraphError(
            f"from_networkx takes a networkx graph, got {type(graph).__name__}; read files by KnowledgeGraph.load"
        )
    return _convert(graph, keys_are_relations=True)


def graph_from_networkx_file(path: Path, suffix: str) -> KnowledgeGraph:
    """Read GraphML or GEXF; edge ids there are no relations.

    Raises:
        GraphError: The file is broken (names the line), hostile or holds no usable graph.
    """
    try:
        with open_plain(path) as file:
            check_xml(file, path)
            graphml = suffix == ".graphml"
            graph = networkx.read_graphml(file, node_type=_node_id) if graphml else networkx.read_gexf(file)
    except GraphError:
        raise
    except ParseError as error:
        raise GraphError(f"{path}:{error.position[0]}: broken XML ({error.msg}); repair the file") from None
    except READ_ERRORS as error:
        raise GraphError(f"{path}: cannot be read ({error}); check the file") from None
    except Exception as error:  # networkx raises all kinds of errors over a broken file
        reason = f"{type(error).__name__}: {error}"
        raise GraphError(f"{path}: not readable as {suffix} ({reason}); repair the file") from None
    return _convert(graph, keys_are_relations=False, origin=str(path), sources=(path.name,))


def graph_to_networkx(graph: KnowledgeGraph) -> networkx.MultiDiGraph:
    """What `KnowledgeGraph.to_networkx` says."""
    entity_ids, relation_ids, type_ids = list(graph.entity_ids), list(graph.relation_ids), list(graph.type_ids)
    relation_labels, type_labels = list(graph.relation_labels), dict(zip(type_ids, graph.type_labels, strict=True))
    aliases, types = list(graph.alias_texts), [type_ids[row] for row in graph.type_indices.tolist()]
    alias_bounds, type_bounds = graph.alias_offsets.tolist(), graph.type_offsets.tolist()
    priors = priors_by_entity(graph)
    result = networkx.MultiDiGraph(licence=graph.licence, sources=_joined(list(graph.sources)))
    for row, (entity_id, label) in enumerate(zip(entity_ids, graph.labels, strict=True)):
        own_types = types[type_bounds[row] : type_bounds[row + 1]]
        attributes: dict[str, Any] = {
            "label": label,
            "aliases": _joined(aliases[alias_bounds[row] : alias_bounds[row + 1]]),
            "types": _joined(own_types),
            "type_labels": _joined([type_labels[name] for name in own_types]),
        }
        if priors is not None and priors[row]:
            attributes["name_priors"] = _joined([str(prior) for prior in priors[row]])
        if graph.features is not None:
            attributes["features"] = np.array(graph.features[row])
        result.add_node(entity_id, **attributes)
    for head, relation, tail in graph.triples.tolist():
        name = relation_ids[relation]
        result.add_edge(entity_ids[head], entity_ids[tail], key=name, relation=name, label=relation_labels[relation])
    return result


def _node_id(value: str | None) -> str:
    """The id of a node or an end of an edge; networkx would name one that is left out "None"."""
    if value is None:
        raise ValueError("a node without an id, or an edge without a source or a target")
    return value


def _convert(
    graph: networkx.Graph, *, keys_are_relations: bool, origin: str = "", sources: tuple[str, ...] = ()
) -> KnowledgeGraph:
    builder = GraphBuilder()
    for node, attributes in graph.nodes(data=True):
        entity_id = str(node)
        if entity_id in builder:
            raise GraphError(f"nodes must differ as text, got {entity_id!r} twice; rename one of them")
        builder.add_entity(entity_id)
        label, aliases = str(attributes.get("label") or attributes.get("name") or ""), _texts(attributes.get("aliases"))
        label_prior, *priors = checked_priors(_numbers(attributes.get("name_priors")), 1 + len(aliases), entity_id)
        builder.add_label(entity_id, label, label_prior)
        for alias, prior in zip(aliases, priors, strict=True):
            builder.add_alias(entity_id, alias, prior)
        types = _texts(attributes.get("types")) or _texts(attributes.get("type"))
        type_labels = _texts(attributes.get("type_labels"))
        for place, type_id in enumerate(types):
            builder.add_type(entity_id, type_id)
            if len(type_labels) == len(types):
                builder.name_type(type_id, type_labels[place])
    for head, tail, key, attributes in _edges(graph):
        named = next((str(attributes[name]) for name in _RELATION_KEYS if attributes.get(name)), "")
        if not named:
            named = key if keys_are_relations and isinstance(key, str) and key else _UNNAMED_RELATION
        elif attributes.get("relation") and attributes.get("label"):
            builder.name_relation(named, str(attributes["label"]))
        builder.add_triple(str(head), named, str(tail))
    for kind, type_label in _mapping(graph.graph.get("type_labels")).items():
        builder.name_type(str(kind), str(type_label))
    return builder.build(
        label_sources=_LABEL_SOURCES,
        origin=origin,
        features=_features(graph),
        licence=str(graph.graph.get("licence", "")),
        sources=tuple(_texts(graph.graph.get("sources"))) or sources,
    )


def _edges(graph: networkx.Graph) -> Any:
    if graph.is_multigraph():
        return graph.edges(keys=True, data=True)
    return ((head, tail, None, attributes) for head, tail, attributes in graph.edges(data=True))


def _features(graph: networkx.Graph) -> Float[np.ndarray, "entity dim"] | None:
    vectors = [attributes.get("features") for _, attributes in graph.nodes(data=True)]
    given = [vector for vector in vectors if vector is not None]
    if not given:
        return None
    widths = {np.shape(vector) for vector in given}
    if len(given) < len(vectors) or len(widths) > 1 or len(widths.pop()) != 1:
        raise GraphError(
            "the node attribute features must be a vector of one width on every node, "
            f"got {len(given)} on {len(vectors)} nodes; complete or drop them"
        )
    return np.array(given, dtype=np.float32)


def _joined(texts: list[str]) -> str:
    """Several texts as one, which every file format of networkx can hold; `_texts` takes it apart again."""
    joined = "|".join(texts)
    return joined if _texts(joined) == texts else json.dumps(texts, ensure_ascii=False)


def _texts(value: object) -> list[str]:
    """Several texts in a list, a set or an array, or in one string: joined by `|`, or as a JSON list."""
    if value is None:
        return []
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, str):
        return _json_list(value) or [part.strip() for part in value.split("|") if part.strip()]
    return [str(part) for part in ordered(value)] if isinstance(value, Iterable) else [str(value)]


def _numbers(value: object) -> list[object]:
    """Several numbers in a collection or in one string, or one by itself; whether they are some is seen later."""
    if isinstance(value, str):
        return list(_texts(value))
    return [] if value is None else list(value) if isinstance(value, Iterable) else [value]


def _json_list(text: str) -> list[str] | None:
    """The strings of a JSON list of strings, None for any other text."""
    if not (text.startswith("[") and text.endswith("]")):
        return None
    try:
        parts = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return parts if all(isinstance(part, str) for part in parts) else None


def _mapping(value: object) -> Mapping[object, object]:
    return value if isinstance(value, Mapping) else {}
