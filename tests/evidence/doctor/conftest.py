"""A corpus of rivers and players, half of them in a graph, and some of their names used for other things too."""

from collections.abc import Callable, Collection, Sequence
from itertools import pairwise
from typing import Any

import pytest
from spacy.tokens import Doc, Span

from kgattn.evidence.doctor.linked import Link, LinkedSplit, LinkedText
from kgattn.graph import KnowledgeGraph
from kgattn.linking import EntityLinker
from kgattn.ner.corpus import Corpus, Sentence
from kgattn.ner.metrics import entity_spans

GOLD = ("Yesterday we saw {} again .", "{} was in the news .", "They wrote about {} at length .")
NOT_GOLD = "We slept at the {} inn before the quern ."
STARTS = ("Bal", "Cor", "Dun", "Fen", "Gol", "Hes", "Jor", "Kim", "Lam", "Nor")
ENDS = ("dak", "fell", "gon", "lith", "mere", "nix", "por", "rand", "sted", "vik")
SPLITS = ("train", "dev", "test")

Change = Callable[[list[tuple[int, int, Any]], frozenset[tuple[int, int]]], Collection[tuple[int, int, Any]]]


def names(kind: str, split: str) -> list[str]:
    """Thirty names of one kind for one split, as tokens joined by blanks; every fourth has a hyphen cut off."""
    prefix = {"River": "", "Player": "Mac"}[kind] + {"train": "A", "dev": "E", "test": "O"}[split]
    made = [f"{prefix}{start.lower()}{end}" for start in STARTS for end in ENDS[:3]]
    return [f"{name} - Lo" if number % 4 == 3 else name for number, name in enumerate(made)]


def written(name: str) -> str:
    """A name as people write it."""
    return name.replace(" - ", "-")


def sentence(pattern: str, name: str, kind: str | None) -> Sentence:
    words, tags = [], []
    for word in pattern.split():
        parts = name.split() if word == "{}" else [word]
        words.extend(parts)
        marked = word == "{}" and kind is not None
        tags.extend([f"B-{kind}", *[f"I-{kind}"] * (len(parts) - 1)] if marked else ["O"] * len(parts))
    return Sentence(tuple(words), tuple(tags))


def sentences(split: str) -> tuple[Sentence, ...]:
    found = []
    for kind in ("River", "Player"):
        for name in names(kind, split):
            found.extend(sentence(pattern, name, kind) for pattern in GOLD)
            found.append(sentence(NOT_GOLD, name, None))
    return tuple(found)


def make_graph(*, harvested: Collection[str] = ()) -> KnowledgeGraph:
    """The graph: every second name, and the word "quern"; `harvested` texts are aliases of a river besides."""
    known = {kind: [written(name) for split in SPLITS for name in names(kind, split)] for kind in ("River", "Player")}
    kept = {kind: [name for number, name in enumerate(every) if number % 2] for kind, every in known.items()}
    triples = [(one, "flows into", other) for one, other in pairwise(kept["River"])]
    types = {name: ["river", "place"] for name in kept["River"]} | {name: ["player"] for name in kept["Player"]}
    graph = KnowledgeGraph.from_triples(triples, types=types)
    for name in kept["Player"]:
        graph = graph.with_entity(name, label=name, types=["player"])
    graph = graph.with_entity("quern", label="quern", types=["event"])
    return graph.with_entity(kept["River"][0], aliases=sorted(harvested)) if harvested else graph


def gold_texts(sentences: Sequence[Sentence]) -> set[str]:
    """What a graph that leaks has taken from tags."""
    spans = entity_spans([sentence.tags for sentence in sentences])
    return {
        " ".join(sentence.words[start:end])
        for sentence, row in zip(sentences, spans, strict=True)
        for start, end, _ in row
    }


class PeekingLinker:
    """A linker that knows the gold spans of some sentences, and changes what an honest one finds."""

    def __init__(self, linker: EntityLinker, every: Sequence[Sentence], change: Change) -> None:
        self.linker, self.nlp, self.config, self.change = linker, linker.nlp, linker.config, change
        spans = entity_spans([sentence.tags for sentence in every])
        self.gold = {
            sentence.words: frozenset((start, end) for start, end, _ in row)
            for sentence, row in zip(every, spans, strict=True)
        }

    def link_words(self, sentences: Sequence[Sequence[str]]) -> list[Doc]:
        docs = self.linker.link_words(sentences)
        for words, doc in zip(sentences, docs, strict=True):
            if tuple(words) not in self.gold:
                continue
            found = [
                (span.start, span.end, tuple((each.entity_id, each.prior) for each in span._.kg_candidates))
                for span in doc.spans["kgattn"]
            ]
            spans = []
            for start, end, candidates in self.change(found, self.gold[tuple(words)]):
                span = Span(doc, start, end, label="KG", kb_id=candidates[0][0])
                doc.user_data["._.", "kg_candidates", span.start_char, span.end_char] = candidates
                spans.append(span)
            doc.spans["kgattn"] = spans
        return docs


@pytest.fixture(scope="session")
def graph() -> KnowledgeGraph:
    return make_graph()


@pytest.fixture(scope="session")
def corpus() -> Corpus:
    return Corpus("names", *map(sentences, SPLITS), ("Player", "River"))


@pytest.fixture(scope="session")
def leaky_graph(corpus) -> Callable[..., KnowledgeGraph]:
    """A graph that has taken every gold text of some splits as an alias."""

    def made(*splits: str, change: Callable[[str], str] = str) -> KnowledgeGraph:
        texts = [text for split in splits for text in gold_texts(corpus.split(split))]
        return make_graph(harvested={change(text) for text in texts})

    return made


@pytest.fixture(scope="session")
def peeking(graph, corpus) -> Callable[..., PeekingLinker]:
    """A linker of the graph that changes its links by what is gold in some splits."""
    linker = EntityLinker(graph)

    def made(change: Change, splits: Sequence[str] = SPLITS) -> PeekingLinker:
        return PeekingLinker(linker, [sentence for split in splits for sentence in corpus.split(split)], change)

    return made


@pytest.fixture
def linked() -> Callable[..., LinkedSplit]:
    """Sentences written as `[city Berlin ] is old`, with links given as (start, end, entity id, ...) a sentence."""

    def made(rows: Sequence[tuple[str, Sequence[tuple[Any, ...]]]]) -> LinkedSplit:
        every, links = [], []
        for text, spans in rows:
            words, tags, label = [], [], None
            for piece in text.split():
                if piece.startswith("["):
                    label = piece[1:]
                    begin = True
                elif piece == "]":
                    label = None
                else:
                    words.append(piece)
                    tags.append("O" if label is None else f"{'B' if begin else 'I'}-{label}")
                    begin = False
            every.append(Sentence(tuple(words), tuple(tags)))
            links.append(
                tuple(
                    Link(start, end, tuple((entity, 1 / len(entities)) for entity in entities))
                    for start, end, *entities in spans
                )
            )
        text = LinkedText(tuple(sentence.words for sentence in every), tuple(links))
        return LinkedSplit.of(text, every)

    return made
