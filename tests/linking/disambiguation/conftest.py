"""A graph in which several names are shared: places, persons, an illness and a drug."""

import numpy as np
import pytest

from kgattn.graph import KnowledgeGraph

LABELS = {
    "paris-fr": "Paris",
    "paris-us": "Paris",
    "france": "France",
    "usa": "United States",
    "texas": "Texas",
    "lamar": "Lamar County",
    "seine": "Seine",
    "merkel": "Angela Merkel",
    "merkel-town": "Merkel",
    "carolina": "South Carolina",
    "party": "Labour Party",
    "hilton": "Paris Hilton",
    "aml": "acute myeloid leukemia",
    "lab": "AML",
    "csa": "cyclosporine",
}
ALIASES = {"aml": ["myeloid leukemia"], "hilton": ["Paris"]}
TYPES = {
    "paris-fr": ["city"],
    "paris-us": ["city"],
    "france": ["country"],
    "usa": ["country"],
    "merkel": ["person"],
    "hilton": ["person"],
    "merkel-town": ["city"],
    "carolina": ["state"],
    "party": ["organisation"],
    "aml": ["disease"],
    "csa": ["drug"],
}
TRIPLES = [
    ("paris-fr", "capital of", "france"),
    ("paris-fr", "lies on", "seine"),
    ("paris-us", "seat of", "lamar"),
    ("lamar", "part of", "texas"),
    ("texas", "part of", "usa"),
    ("carolina", "part of", "usa"),
    ("merkel-town", "part of", "texas"),
]


def make_graph(seed: int | None = None) -> KnowledgeGraph:
    """The graph, its rows shuffled by a seed."""
    if seed is None:
        return KnowledgeGraph.from_triples(TRIPLES, labels=LABELS, aliases=ALIASES, types=TYPES)
    generator = np.random.default_rng(seed)

    def shuffled(table):
        keys = list(table)
        return {keys[at]: table[keys[at]] for at in generator.permutation(len(keys))}

    triples = [TRIPLES[at] for at in generator.permutation(len(TRIPLES))]
    return KnowledgeGraph.from_triples(
        triples, labels=shuffled(LABELS), aliases=shuffled(ALIASES), types=shuffled(TYPES)
    )


@pytest.fixture(scope="session")
def shared_graph() -> KnowledgeGraph:
    return make_graph()
