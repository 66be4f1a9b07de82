from types import SimpleNamespace

import numpy as np
import pytest
import torch

from kgattn.errors import GraphError
from kgattn.graph import KnowledgeGraph

TRIPLES = [["berlin", "capitalOf", "germany"], ["paris", "capitalOf", "france"], ["germany", "partOf", "europe"]]
ENTITIES = ["berlin", "europe", "france", "germany", "paris"]
EXPECTED = {("berlin", "capitalOf", "germany"), ("paris", "capitalOf", "france"), ("germany", "partOf", "europe")}


def factory(relations=("capitalOf", "partOf"), extra=()):
    """An object with the attributes of a TriplesFactory that are read, for where PyKEEN is not installed."""
    return SimpleNamespace(
        entity_to_id={name: number for number, name in enumerate(ENTITIES)},
        relation_to_id={name: number for number, name in enumerate(relations)},
        mapped_triples=torch.tensor([[0, 0, 3], [4, 0, 2], [3, 1, 1], *extra]),
    )


def statements(graph):
    ids, relations = list(graph.entity_ids), list(graph.relation_ids)
    return {(ids[head], relations[relation], ids[tail]) for head, relation, tail in graph.triples.tolist()}


def test_triples_and_given_vectors():
    vectors = np.arange(10.0).reshape(5, 2)
    graph = KnowledgeGraph.from_pykeen(factory(), embeddings=vectors, labels={"berlin": "Berlin"})
    assert list(graph.entity_ids) == ENTITIES
    assert list(graph.labels) == ["Berlin", *ENTITIES[1:]]
    assert statements(graph) == EXPECTED
    assert graph.features.tolist() == vectors.tolist()
    assert KnowledgeGraph.from_pykeen(factory()).features is None


def test_complex_vectors_become_pairs_of_numbers():
    vectors = torch.tensor([[1 + 2j, 3 + 4j]] * 5)
    graph = KnowledgeGraph.from_pykeen(factory(), embeddings=vectors)
    assert graph.features[0].tolist() == [1.0, 2.0, 3.0, 4.0]


def test_inverse_relations_are_left_out():
    source = factory(("capitalOf", "partOf", "capitalOf_inverse"), ([3, 2, 0], [1, 4, 3]))
    graph = KnowledgeGraph.from_pykeen(source)
    assert statements(graph) == EXPECTED
    assert "is_inverse" in KnowledgeGraph.from_pykeen(factory(("capitalOf", "is_inverse"))).relation_ids


@pytest.mark.parametrize(
    ("source", "arguments", "message"),
    [
        (factory(), {"model": 1, "embeddings": 1}, "takes a model or embeddings, got both"),
        (TRIPLES, {}, "takes a pykeen TriplesFactory with names, got list"),
        (factory(), {"embeddings": np.ones((4, 2))}, r"one vector for each of 5 entities, got shape \(4, 2\)"),
        (factory(), {"embeddings": np.ones(5)}, r"got shape \(5,\) of float64"),
        (factory(), {"embeddings": np.full((5, 2), np.nan)}, "features must be finite"),
        (factory(), {"model": object()}, "with entity_representations, got object; pass embeddings"),
        (factory(), {"labels": {"rome": "Rome"}}, "labels must belong to entities of the triples, got 'rome'"),
        (
            SimpleNamespace(entity_to_id={"a": 1}, relation_to_id={}, mapped_triples=[]),
            {},
            "number from 0 without gaps",
        ),
    ],
)
def test_bad_input_is_refused(source, arguments, message):
    with pytest.raises(GraphError, match=message):
        KnowledgeGraph.from_pykeen(source, **arguments)


@pytest.fixture(scope="module")
def real():
    pytest.importorskip("pykeen", reason="PyKEEN is not installed; pip install pykeen")
    from pykeen.triples import TriplesFactory

    return TriplesFactory.from_labeled_triples(np.array(TRIPLES), create_inverse_triples=True)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "width"), [("TransE", 50), ("ComplEx", 400), ("RotatE", 400), ("TransD", 100)])
def test_a_model_of_pykeen(real, name, width):
    import pykeen.models

    model = getattr(pykeen.models, name)(triples_factory=real, random_seed=0)
    graph = KnowledgeGraph.from_pykeen(real, model=model)
    assert list(graph.entity_ids) == ENTITIES
    assert statements(graph) == EXPECTED
    assert graph.features.shape == (5, width)
    row = model.entity_representations[0](indices=None)[2].detach()
    flat = torch.view_as_real(row).flatten() if row.is_complex() else row
    torch.testing.assert_close(torch.tensor(graph.features[2][: len(flat)]), flat)
