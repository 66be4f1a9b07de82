"""The toy graph: Turtle and tables hold the same."""

from kg_data import toy_graph
from kgattn.graph import KnowledgeGraph

TOY = "https://example.org/toy/"


def test_turtle_and_tables_are_the_same() -> None:
    tables, turtle = toy_graph.build(), KnowledgeGraph.load(toy_graph.TURTLE)
    assert tables.fingerprint == turtle.fingerprint


def test_names_that_mean_two_things() -> None:
    graph = toy_graph.build()
    assert graph.label(f"{TOY}Georgia") == graph.label(f"{TOY}GeorgiaUS") == "Georgia"
    assert graph.label(f"{TOY}Paris") in graph.aliases(f"{TOY}ParisHilton")
    assert graph.types(f"{TOY}Jordan") == [f"{TOY}Country"]
    assert {"member of", "capital of", "head of"} <= set(graph.relation_labels)
