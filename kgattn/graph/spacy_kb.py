"""From spaCy's `InMemoryLookupKB`; spaCy itself is never imported, the object is asked."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from kgattn.errors import GraphError
from kgattn.graph.build import GraphBuilder
from kgattn.graph.knowledge_graph import KnowledgeGraph
from kgattn.shapes import Float

_METHODS = ("get_entity_strings", "get_alias_strings", "get_alias_candidates", "get_vector")


def graph_from_spacy_kb(kb: Any, *, labels: Mapping[str, str] | None) -> KnowledgeGraph:
    """What `KnowledgeGraph.from_spacy_kb` says."""
    if not all(callable(getattr(kb, name, None)) for name in _METHODS):
        raise GraphError(
            f"from_spacy_kb takes a spaCy InMemoryLookupKB, got {type(kb).__name__}; read one by "
            "InMemoryLookupKB(vocab, entity_vector_length).from_disk(path)"
        )
    builder = GraphBuilder()
    for entity_id in sorted(kb.get_entity_strings()):
        builder.add_entity(entity_id)
    for entity_id, label in (labels or {}).items():
        if entity_id not in builder:
            raise GraphError(f"labels must belong to entities of the knowledge base, got {entity_id!r}; leave it out")
        builder.add_label(entity_id, label)
    for less_prior, _, alias, entity_id in sorted(_uses(kb)):
        builder.add_label(entity_id, alias, prior=min(-less_prior, 1.0))  # spaCy lets sums be a little more
    return builder.build(
        label_sources="the aliases of the knowledge base or the argument labels",
        features=_vectors(kb, list(builder.entity_ids())),
    )


def _uses(kb: Any) -> list[tuple[float, int, str, str]]:
    """Every alias of an entity, the likeliest to mean it first, then the longest, then by the alphabet."""
    return [
        (-candidate.prior_prob, -len(alias), alias, candidate.entity_)
        for alias in kb.get_alias_strings()
        for candidate in kb.get_alias_candidates(alias)
    ]


def _vectors(kb: Any, entity_ids: list[str]) -> Float[np.ndarray, "entity dim"] | None:
    """Given vectors, unless none says anything."""
    rows = np.array([kb.get_vector(entity_id) for entity_id in entity_ids], dtype=np.float32)
    return rows if rows.ndim == 2 and rows.any() else None
