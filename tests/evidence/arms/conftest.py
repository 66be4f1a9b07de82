"""A graph in which names are shared and relations differ, and sentences linked to it."""

from pathlib import Path

import numpy as np
import pytest

from kgattn.evidence.arms import Arm, ArmInput
from kgattn.graph import KnowledgeGraph
from kgattn.injection import InjectionConfig
from kgattn.ner.corpus import Corpus, Sentence
from kgattn.ner.features import EncodedSplit
from kgattn.training.checkpoints import load_tokenizer
from kgattn.training.config import TrainConfig
from kgattn.training.encode import EncodedCorpus, encode_corpus
from kgattn.training.parts import make_processor

RIVERS = ("Arlen", "Brooke", "Calder", "Dunmore", "Garry")
PLAYERS = ("Hodder", "Kennet", "Lorne", "Marsh", "Nolan", "Orton", "Selby")
NAMES = (*RIVERS, *PLAYERS)
TYPES = {name: ["river"] if name in RIVERS else ["player", "person"] for name in NAMES[:-1]}
ALIASES = {"Marsh": ["Brooke"], "Nolan": ["Calder", "Dunmore"]}  # three names that two entities share


def make_graph(order: list[str]) -> KnowledgeGraph:
    """The graph, with its entities and triples in another order."""
    place = {name: order.index(name) for name in order}
    triples = [
        (head, relation, NAMES[(number + step) % len(NAMES)])
        for number, head in enumerate(NAMES)
        for relation, step in (("flows into", 1), ("meets", 3), ("meets", 5), ("knows", 2))
    ]
    triples.sort(key=lambda triple: [place[triple[0]], triple[1], place[triple[2]]])
    return KnowledgeGraph.from_triples(
        triples, labels={name: name for name in order}, aliases=ALIASES, types=TYPES, licence="CC0"
    )


@pytest.fixture(scope="session")
def graph() -> KnowledgeGraph:
    return make_graph(list(NAMES))


@pytest.fixture(scope="session")
def renumbered() -> KnowledgeGraph:
    return make_graph([NAMES[number] for number in np.random.default_rng(1).permutation(len(NAMES))])


def sentences(*names: str) -> tuple[Sentence, ...]:
    found = []
    for name, other in zip(names, names[1:] + names[:1], strict=True):
        kinds = ["River" if TYPES.get(each, [""])[0] == "river" else "Player" for each in (name, other)]
        words = ("We", "saw", name, "and", other, "again", ".")
        found.append(Sentence(words, ("O", "O", f"B-{kinds[0]}", "O", f"B-{kinds[1]}", "O", "O")))
    return (*found, Sentence(("Nobody", "came", "."), ("O", "O", "O")))


@pytest.fixture(scope="session")
def corpus() -> Corpus:
    return Corpus(
        "names", sentences(*NAMES[:9]), sentences(*NAMES[3:8]), sentences(*NAMES, *NAMES[:3]), ("Player", "River")
    )


@pytest.fixture(scope="session")
def config(bert_tiny_path: Path) -> TrainConfig:
    return TrainConfig(model="bert-tiny", epochs=1, injection=InjectionConfig(entity_dim=16, code_dim=32))


def encode(corpus: Corpus, graph: KnowledgeGraph, config: TrainConfig) -> EncodedCorpus:
    return encode_corpus(corpus, make_processor(config.model, graph, config.language), config)


@pytest.fixture(scope="session")
def encoded(corpus: Corpus, graph: KnowledgeGraph, config: TrainConfig) -> EncodedCorpus:
    return encode(corpus, graph, config)


@pytest.fixture(scope="session")
def given(graph: KnowledgeGraph, config: TrainConfig) -> ArmInput:
    return ArmInput(graph, load_tokenizer(config.model), config)


def read_by(arm: Arm, encoded: EncodedCorpus, given: ArmInput) -> EncodedSplit:
    """The test windows as the arm reads them."""
    change = arm.rewriting(given, encoded.link_counts(given.graph.num_entities))
    return encoded.test if change is None else change(encoded.test)


def injected_by(arm: Arm, graph: KnowledgeGraph, seed: int = 0) -> KnowledgeGraph:
    return graph if arm.graph is None else arm.graph(graph, seed)
