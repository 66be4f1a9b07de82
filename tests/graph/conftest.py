"""A small graph with everything in it."""

import numpy as np
import pytest

from kgattn.graph import KnowledgeGraph


@pytest.fixture
def graph() -> KnowledgeGraph:
    return KnowledgeGraph.from_triples(
        [("Q64", "capitalOf", "Q183"), ("Q183", "partOf", "Q46"), ("Q64", "located in", "Q183")],
        labels={"Q64": "Berlin", "Q183": "Germany", "Q46": "Europe", "Q1": "Universe"},
        aliases={"Q183": ["Deutschland", "FRG"], "Q46": "European continent"},
        types={"Q64": ["City", "CapitalCity"], "Q183": "Country"},
        features=np.arange(12, dtype=np.float32).reshape(4, 3),
        relation_labels={"partOf": "belongs to"},
        licence="CC0",
        sources=["made up"],
    )
