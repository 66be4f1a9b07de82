"""A hash of what a graph says, whatever order it says it in."""

from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np

from kgattn.graph.strings import StringTable
from kgattn.shapes import Int

if TYPE_CHECKING:
    from kgattn.graph.content import GraphContent


def graph_fingerprint(graph: "GraphContent") -> str:
    """SHA-256, in hex, over entities, relations, types, triples, features and priors of names, each sorted by id.

    Licence, sources and provenance do not count.
    """
    digest = sha256(b"kgattn graph 1")
    entity_order, entity_rank = _order(graph.entity_ids)
    type_order, type_rank = _order(graph.type_ids)
    relation_order, relation_rank = _order(graph.relation_ids)

    for ids, labels, order in (
        (graph.relation_ids, graph.relation_labels, relation_order),
        (graph.type_ids, graph.type_labels, type_order),
        (graph.entity_ids, graph.labels, entity_order),
    ):
        digest.update(_join([text for row in order for text in (ids[row], labels[row])]))

    aliases = list(graph.alias_texts)
    bounds = graph.alias_offsets.tolist()
    for row in entity_order:
        digest.update(_join(sorted(aliases[bounds[row] : bounds[row + 1]])))

    owner = np.repeat(entity_rank, np.diff(graph.type_offsets))
    digest.update(_sorted_rows(owner, type_rank[graph.type_indices]))
    head, relation, tail = graph.triples.T
    digest.update(_sorted_rows(entity_rank[head], relation_rank[relation], entity_rank[tail]))
    if graph.features is not None:
        digest.update(graph.features.shape[1].to_bytes(8, "little"))
        digest.update(graph.features[entity_order].astype("<f4").tobytes())
    if graph.name_priors is not None:
        digest.update(b"priors of names")
        labelled, others = graph.name_priors[: len(bounds) - 1], graph.name_priors[len(bounds) - 1 :]
        for row in entity_order:
            own = sorted(range(bounds[row], bounds[row + 1]), key=aliases.__getitem__)
            digest.update(np.array([labelled[row], *others[own]], dtype="<f4").tobytes())
    return digest.hexdigest()


def _order(ids: StringTable) -> tuple[list[int], Int[np.ndarray, " item"]]:
    """Rows sorted by id, and the place of each row in that order."""
    texts = list(ids)
    order = sorted(range(len(texts)), key=texts.__getitem__)
    rank = np.empty(len(texts), dtype=np.int64)
    rank[order] = np.arange(len(texts))
    return order, rank


def _join(texts: list[str]) -> bytes:
    """Texts with their lengths before them, so that no two lists read alike."""
    encoded = [text.encode("utf-8") for text in texts]
    lengths = np.array([len(encoded), *map(len, encoded)], dtype="<i8")
    return lengths.tobytes() + b"".join(encoded)


def _sorted_rows(*columns: Int[np.ndarray, " row"]) -> bytes:
    """Rows of numbers in sorted order, with their count before them."""
    order = np.lexsort(columns[::-1])
    rows = np.stack([column[order] for column in columns], axis=1)
    return len(rows).to_bytes(8, "little") + rows.astype("<i8").tobytes()
