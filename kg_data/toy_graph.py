"""A tiny hand-written graph for tests and examples, as Turtle and as TSV tables that hold the same.

Sixteen entities, some of whose names mean two things: Paris (the city, Paris Hilton), Georgia (the country, the state),
Jordan (the country, Michael Jordan).
"""

from pathlib import Path

from kgattn.graph import KnowledgeGraph

FOLDER = Path(__file__).parent / "toy"
TURTLE = FOLDER / "toy.ttl"


def build(source: Path = FOLDER) -> KnowledgeGraph:
    """Load the tables.

    Args:
        source: The folder of the tables.

    Raises:
        GraphError: A table is absent or malformed; the message names file and line.
    """
    return KnowledgeGraph.load(source)
