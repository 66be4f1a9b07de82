"""Freebase, DBpedia and places in one graph."""

from collections.abc import Callable

import pytest

from kg_data import encyclopedia
from kgattn.graph import KnowledgeGraph

RESOURCE = "http://dbpedia.org/resource/"


def labelled(labels: dict[str, str]) -> KnowledgeGraph:
    first, second = list(labels)[:2]
    return KnowledgeGraph.from_triples([(first, "near", second)], labels={name: [one] for name, one in labels.items()})


def test_a_name_unites_where_it_leaves_no_choice():
    freebase = labelled({"/m/1": "Bern", "/m/2": "Basel", "/m/3": "Springfield", "/m/4": "Springfield"})
    titles = {"Bern": "Bern", "Basel_(film)": "Basel", "Springfield": "Springfield", "Uri": "Uri"}
    dbpedia = labelled({RESOURCE + title: label for title, label in titles.items()})
    assert encyclopedia.same_names(freebase, dbpedia) == {RESOURCE + "Bern": "/m/1"}


@pytest.mark.slow
def test_on_the_real_sources(build_real: Callable[[str], KnowledgeGraph]):
    graph = build_real("encyclopedia")
    assert (graph.num_entities, graph.num_triples) == (64_363, 563_364)
    assert RESOURCE + "Linux" not in set(graph.entity_ids)
    assert "Linux" in set(graph.labels)
