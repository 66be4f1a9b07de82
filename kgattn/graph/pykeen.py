"""From PyKEEN's triples and trained models; PyKEEN itself is never imported, its objects are asked."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from kgattn.errors import GraphError
from kgattn.graph.build import GraphBuilder
from kgattn.graph.knowledge_graph import KnowledgeGraph
from kgattn.shapes import Float

_INVERSE = "_inverse"  # pykeen.triples.triples_factory.INVERSE_SUFFIX


def graph_from_pykeen(
    triples_factory: Any, *, model: Any, embeddings: Any, labels: Mapping[str, str] | None
) -> KnowledgeGraph:
    """What `KnowledgeGraph.from_pykeen` says."""
    if model is not None and embeddings is not None:
        raise GraphError("from_pykeen takes a model or embeddings, got both; leave one out")
    entities, relations = (_names(triples_factory, kind) for kind in ("entity", "relation"))
    builder = GraphBuilder()
    for name in entities:
        builder.add_entity(name)
    for name, label in (labels or {}).items():
        if name not in builder:
            raise GraphError(f"labels must belong to entities of the triples, got {name!r}; leave it out")
        builder.add_label(name, label)
    inverse = {
        number
        for number, name in enumerate(relations)
        if name.endswith(_INVERSE) and name.removesuffix(_INVERSE) in relations
    }
    for head, relation, tail in triples_factory.mapped_triples.tolist():
        if relation < len(relations) and relation not in inverse:
            builder.add_triple(entities[head], relations[relation], entities[tail])
    vectors = None
    if model is not None:
        vectors = _trained(model, len(entities))
    elif embeddings is not None:
        vectors = _as_rows(embeddings, len(entities), "embeddings")
    return builder.build(label_sources="the argument labels", features=vectors)


def _names(triples_factory: Any, kind: str) -> list[str]:
    """Names by number, without the inverse relations that PyKEEN numbers behind the real ones."""
    numbers = getattr(triples_factory, f"{kind}_to_id", None)
    if not isinstance(numbers, Mapping) or not hasattr(triples_factory, "mapped_triples"):
        raise GraphError(
            "from_pykeen takes a pykeen TriplesFactory with names, got "
            f"{type(triples_factory).__name__}; make one by TriplesFactory.from_labeled_triples"
        )
    names = sorted(numbers, key=numbers.__getitem__)
    if [numbers[name] for name in names] != list(range(len(names))):
        raise GraphError(f"{kind}_to_id must number from 0 without gaps, got {len(names)} names; condense the triples")
    return [str(name) for name in names]


def _trained(model: Any, num_entities: int) -> Float[np.ndarray, "entity dim"]:
    """All representations of each entity, side by side."""
    representations = getattr(model, "entity_representations", None)
    if not representations:
        raise GraphError(
            f"expected a pykeen model with entity_representations, got {type(model).__name__}; pass embeddings=..."
        )
    return np.concatenate(
        [
            _as_rows(representation(indices=None), num_entities, f"the vectors of {type(model).__name__}")
            for representation in representations
        ],
        axis=1,
    )


def _as_rows(values: Any, num_entities: int, name: str) -> Float[np.ndarray, "entity dim"]:
    """One real vector an entity: the real and imaginary part of each complex number next to each other."""
    array = np.asarray(values.detach().cpu().numpy() if hasattr(values, "detach") else values)
    if array.ndim < 2 or array.shape[0] != num_entities or array.dtype.kind not in "iufc":
        raise GraphError(
            f"{name} must have one vector for each of {num_entities} entities, got shape {array.shape} of "
            f"{array.dtype}; give them in the order of entity_to_id"
        )
    array = array.reshape(num_entities, -1)
    if array.dtype.kind == "c":
        array = np.stack([array.real, array.imag], axis=2).reshape(num_entities, -1)
    return array.astype(np.float32)
