"""A graph of ten rivers and ten players, and sentences in which only the graph tells them apart."""

from itertools import pairwise

import pytest

from kgattn.graph import KnowledgeGraph
from kgattn.ner.corpus import Corpus, Sentence

RIVERS = ("Arlen", "Brooke", "Calder", "Dunmore", "Esk", "Fal", "Garry", "Hodder", "Irthing", "Kennet")
PLAYERS = ("Lorne", "Marsh", "Nolan", "Orton", "Piers", "Quinn", "Rowan", "Selby", "Tovey", "Usher")
PATTERNS = ("Yesterday we saw {} again .", "{} was in the news .", "They wrote about {} at length .")


def make_graph() -> KnowledgeGraph:
    flows = [(first, "flows into", second) for first, second in pairwise(RIVERS)]
    plays = [(first, "plays with", second) for first, second in pairwise(PLAYERS)]
    types = {name: ["river"] if name in RIVERS else ["player"] for name in RIVERS + PLAYERS}
    return KnowledgeGraph.from_triples([*flows, *plays], types=types)


def sentences(start: int, stop: int) -> tuple[Sentence, ...]:
    found = []
    for names, kind in ((RIVERS, "River"), (PLAYERS, "Player")):
        for name in names[start:stop]:
            for pattern in PATTERNS:
                words = tuple(pattern.format(name).split())
                found.append(Sentence(words, tuple(f"B-{kind}" if word == name else "O" for word in words)))
    return tuple(found)


def make_corpus() -> Corpus:
    return Corpus("names", sentences(0, 5), sentences(5, 7), sentences(7, 10), ("Player", "River"))


@pytest.fixture(scope="session")
def graph() -> KnowledgeGraph:
    return make_graph()


@pytest.fixture(scope="session")
def corpus() -> Corpus:
    return make_corpus()
