"""Graphs with a little more in them: new arrays where something is added, the same ones everywhere else."""

import dataclasses
from collections.abc import Collection, Iterable, Sequence

import numpy as np

from kgattn.errors import GraphError
from kgattn.graph.knowledge_graph import KnowledgeGraph
from kgattn.graph.naming import clean_text, ordered, readable_name
from kgattn.graph.strings import StringTable
from kgattn.shapes import Float, Int

Texts = str | Collection[str]


def with_triples(graph: KnowledgeGraph, triples: Iterable[Sequence[str]]) -> KnowledgeGraph:
    """What `KnowledgeGraph.with_triples` says."""
    relations = {name: row for row, name in enumerate(graph.relation_ids)}
    known = len(relations)
    rows = []
    for number, triple in enumerate(triples):
        if isinstance(triple, str) or len(triple) != 3 or not all(isinstance(part, str) for part in triple):
            raise GraphError(
                f"triple {number} must be three strings (head, relation, tail), got {triple!r}; turn ids into strings"
            )
        head, relation, tail = triple
        if not clean_text(relation):
            raise GraphError(f"triple {number} must name a relation, got {relation!r}; name one")
        unknown = next((name for name in (head, tail) if name not in graph), None)
        if unknown is not None:
            raise GraphError(
                f"triple {number} {tuple(triple)} names an unknown entity {unknown!r}; add it first by "
                "graph.with_entity"
            )
        rows.append(
            (graph.entity_index(head), relations.setdefault(relation, len(relations)), graph.entity_index(tail))
        )
    added = list(relations)[known:]
    return dataclasses.replace(
        graph,
        relation_ids=_extended(graph.relation_ids, added),
        relation_labels=_extended(graph.relation_labels, map(readable_name, added)),
        triples=_inserted_triples(graph.triples, sorted(set(rows))),
        path=None,
    )


def with_entity(
    graph: KnowledgeGraph,
    entity_id: str,
    *,
    label: str | None,
    aliases: Texts,
    types: Texts,
    features: Sequence[float] | np.ndarray | None,
) -> KnowledgeGraph:
    """What `KnowledgeGraph.with_entity` says."""
    _check_strings("id", [entity_id])
    _check_strings("label", [] if label is None else [label])
    _check_strings("aliases", aliases)
    _check_strings("types", types)
    if not clean_text(entity_id):
        raise GraphError(f"an entity must have an id, got {entity_id!r}; give one")
    label = None if label is None else clean_text(label)
    if label == "" or (label is None and entity_id not in graph):
        raise GraphError(f"a new entity must have a label, got none for {entity_id!r}; pass label=...")
    vector = _checked_vector(graph, features)
    row = graph.entity_index(entity_id) if entity_id in graph else graph.num_entities
    before = graph
    if row == graph.num_entities:
        graph = _with_row(graph, entity_id, label or entity_id)
    texts = [clean_text(alias) for alias in _listed(aliases)]
    if label is not None and label != graph.labels[row]:
        texts = [graph.labels[row], *texts]
        graph = dataclasses.replace(graph, labels=_replaced(graph.labels, row, label))
    graph = _with_vector(_with_types(_with_aliases(graph, row, texts), row, _listed(types)), row, vector)
    return graph if before.name_priors is None else _with_priors(graph, before, row, before.name_priors)


def _check_strings(what: str, texts: object) -> None:
    """Refuse what is neither a string nor a collection of strings."""
    if not isinstance(texts, str | Collection):
        raise GraphError(f"{what} of an entity must be strings, got {texts!r}; pass a list of strings")
    wrong = [text for text in texts if not isinstance(text, str)]
    if wrong:
        raise GraphError(f"{what} of an entity must be strings, got {wrong[0]!r}; turn it into a string")


def _with_row(graph: KnowledgeGraph, entity_id: str, label: str) -> KnowledgeGraph:
    """One more entity, in the last row, so that the others keep theirs."""
    features = graph.features
    if features is not None:
        features = _frozen(np.concatenate([features, np.zeros((1, features.shape[1]), dtype=features.dtype)]))
    return dataclasses.replace(
        graph,
        entity_ids=_extended(graph.entity_ids, [entity_id]),
        labels=_extended(graph.labels, [label]),
        alias_offsets=_frozen(np.append(graph.alias_offsets, graph.alias_offsets[-1])),
        type_offsets=_frozen(np.append(graph.type_offsets, graph.type_offsets[-1])),
        features=features,
        path=None,
    )


def _with_aliases(graph: KnowledgeGraph, row: int, aliases: list[str]) -> KnowledgeGraph:
    first, last = int(graph.alias_offsets[row]), int(graph.alias_offsets[row + 1])
    before = graph.alias_texts[first:last]
    wanted = [alias for alias in dict.fromkeys([*before, *aliases]) if alias and alias != graph.labels[row]]
    if wanted == before:
        return graph
    data, offsets = graph.alias_texts.data, graph.alias_texts.offsets
    own = StringTable.from_strings(wanted)
    start, end = int(offsets[first]), int(offsets[last])
    moved = np.concatenate(
        [offsets[:first], own.offsets + start, offsets[last + 1 :] + (len(own.data) - (end - start))]
    )
    return dataclasses.replace(
        graph,
        alias_texts=StringTable(np.concatenate([data[:start], own.data, data[end:]]), _frozen(moved)),
        alias_offsets=_shifted(graph.alias_offsets, row, len(wanted) - len(before)),
        path=None,
    )


def _with_types(graph: KnowledgeGraph, row: int, types: list[str]) -> KnowledgeGraph:
    known = {name: number for number, name in enumerate(graph.type_ids)}
    own = graph.type_indices[graph.type_offsets[row] : graph.type_offsets[row + 1]]
    before = {graph.type_ids[number] for number in own.tolist()}
    wanted = [name for name in dict.fromkeys(types) if name not in before]
    if not all(clean_text(name) for name in wanted):
        raise GraphError(f"types must be ids, got {types!r}; leave out the empty one")
    if not wanted:
        return graph
    added = [name for name in wanted if name not in known]
    known |= {name: len(known) + place for place, name in enumerate(added)}
    place = int(graph.type_offsets[row + 1])
    numbers = np.array([known[name] for name in wanted], dtype=graph.type_indices.dtype)
    return dataclasses.replace(
        graph,
        type_ids=_extended(graph.type_ids, added),
        type_labels=_extended(graph.type_labels, map(readable_name, added)),
        type_indices=_frozen(np.insert(graph.type_indices, place, numbers)),
        type_offsets=_shifted(graph.type_offsets, row, len(wanted)),
        path=None,
    )


def _with_vector(graph: KnowledgeGraph, row: int, vector: Float[np.ndarray, " dim"] | None) -> KnowledgeGraph:
    if vector is None or graph.features is None:
        return graph
    features = np.array(graph.features)
    features[row] = vector
    return dataclasses.replace(graph, features=_frozen(features), path=None)


def _with_priors(
    graph: KnowledgeGraph, before: KnowledgeGraph, row: int, priors: Float[np.ndarray, " name"]
) -> KnowledgeGraph:
    """The priors that names had before one entity was changed; its new names have none."""
    labels, aliases = priors[: before.num_entities], priors[before.num_entities :]
    known = {}
    first, last = int(graph.alias_offsets[row]), int(graph.alias_offsets[row + 1])
    last_before = first if row == before.num_entities else int(before.alias_offsets[row + 1])
    if row < before.num_entities:
        known = dict(zip(before.alias_texts[first:last_before], aliases[first:last_before].tolist(), strict=True))
        known[before.labels[row]] = float(labels[row])
    own = [known.get(text, np.nan) for text in (graph.labels[row], *graph.alias_texts[first:last])]
    parts = (labels[:row], own[:1], labels[row + 1 :], aliases[:first], own[1:], aliases[last_before:])
    return dataclasses.replace(graph, name_priors=_frozen(np.concatenate(parts).astype(np.float32)))


def _checked_vector(
    graph: KnowledgeGraph, features: Sequence[float] | np.ndarray | None
) -> Float[np.ndarray, " dim"] | None:
    if features is None:
        return None
    vector = np.asarray(features, dtype=np.float32)
    width = None if graph.features is None else graph.features.shape[1]
    if vector.shape != (width,) or not np.isfinite(vector).all():
        wanted = f"{width} finite numbers, as of the other entities" if width else "left out, as the graph has none"
        raise GraphError(f"features must be {wanted}, got shape {vector.shape}; give such a vector")
    return vector


def _inserted_triples(
    triples: Int[np.ndarray, "triple 3"], rows: list[tuple[int, int, int]]
) -> Int[np.ndarray, "more 3"]:
    """Sorted triples with some more in their places; those there already are left out."""
    places, new = [], []
    heads = np.ascontiguousarray(triples[:, 0])
    for row in rows:
        first, last = _between(heads, 0, len(heads), row[0])
        first, last = _between(triples[:, 1], first, last, row[1])
        first, last = _between(triples[:, 2], first, last, row[2])
        if first == last:
            places.append(first)
            new.append(row)
    if not new:
        return triples
    return _frozen(np.insert(triples, places, np.array(new, dtype=triples.dtype), axis=0))


def _between(column: Int[np.ndarray, " triple"], first: int, last: int, value: int) -> tuple[int, int]:
    """Where a value stands in a stretch of a column that is sorted there."""
    stretch = column[first:last]
    return first + int(np.searchsorted(stretch, value, "left")), first + int(np.searchsorted(stretch, value, "right"))


def _extended(table: StringTable, texts: Iterable[str]) -> StringTable:
    more = StringTable.from_strings(texts)
    if not len(more):
        return table
    offsets = np.concatenate([table.offsets, more.offsets[1:] + table.offsets[-1]])
    return StringTable(_frozen(np.concatenate([table.data, more.data])), _frozen(offsets))


def _replaced(table: StringTable, row: int, text: str) -> StringTable:
    encoded = StringTable.from_strings([text]).data
    start, end = int(table.offsets[row]), int(table.offsets[row + 1])
    offsets = np.array(table.offsets)
    offsets[row + 1 :] += len(encoded) - (end - start)
    return StringTable(_frozen(np.concatenate([table.data[:start], encoded, table.data[end:]])), _frozen(offsets))


def _shifted(offsets: Int[np.ndarray, " row"], row: int, by: int) -> Int[np.ndarray, " row"]:
    moved = np.array(offsets)
    moved[row + 1 :] += by
    return _frozen(moved)


def _listed(texts: Texts) -> list[str]:
    return [texts] if isinstance(texts, str) else ordered(texts)


def _frozen(values: np.ndarray) -> np.ndarray:
    values.flags.writeable = False
    return values
