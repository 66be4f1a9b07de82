"""A corpus of own sentences and a graph of its cities, small enough to train on in a second."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from kgattn.graph import KnowledgeGraph
from kgattn.injection import InjectionConfig
from kgattn.ner.corpus import Corpus, Sentence
from kgattn.training.config import TrainConfig
from kgattn.training.result import RunResult

CITIES = ("Paris", "Berlin", "New York", "Rome", "Tokyo")
PEOPLE = ("Ada Stone", "Bob", "Carla Ray", "Dov")


def make_sentences(number: int, seed: int) -> tuple[Sentence, ...]:
    drawn = random.Random(seed)
    sentences = []
    for _ in range(number):
        parts = (
            (drawn.choice(PEOPLE), "PER"),
            (drawn.choice(("likes", "went to see")), ""),
            (drawn.choice(CITIES), "LOC"),
        )
        words: list[str] = []
        tags: list[str] = []
        for text, kind in parts:
            for place, word in enumerate(text.split()):
                words.append(word)
                tags.append(f"{'I' if place else 'B'}-{kind}" if kind else "O")
        sentences.append(Sentence(tuple(words), tuple(tags)))
    return tuple(sentences)


@pytest.fixture(scope="session")
def corpus() -> Corpus:
    return Corpus("cities", make_sentences(40, 0), make_sentences(12, 1), make_sentences(12, 2), ("LOC", "PER"))


@pytest.fixture(scope="session")
def graph() -> KnowledgeGraph:
    triples = [(city, "is a", "city") for city in CITIES] + [("Paris", "in", "France"), ("Rome", "in", "Italy")]
    return KnowledgeGraph.from_triples(triples)


@pytest.fixture
def config(bert_tiny_path) -> TrainConfig:
    return TrainConfig(model=str(bert_tiny_path), arm="plain", epochs=3, limit_train=24, evaluations=3, bf16="off")


@pytest.fixture(scope="session")
def injection() -> InjectionConfig:
    return InjectionConfig(entity_dim=16, code_dim=32)


@pytest.fixture(scope="session")
def untimed() -> Callable[[RunResult], dict[str, Any]]:
    """What two runs of the same settings must agree on: all but seconds, memory and environment."""
    measured = ("seconds", "environment", "peak_memory_mib")
    return lambda result: {k: v for k, v in result.to_json().items() if k not in measured}
