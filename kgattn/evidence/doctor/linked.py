"""Sentences with what a linker found in them beside what is gold: the only place of doctor where the two meet."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from kgattn.errors import LinkingError
from kgattn.graph import KnowledgeGraph
from kgattn.mentions.mention import SPANS_KEY
from kgattn.ner.corpus import Sentence
from kgattn.ner.metrics import Span, entity_spans

NO_LABEL = "O"


class Link(NamedTuple):
    """A linked mention of one sentence.

    Attributes:
        start: Its first word.
        end: One past its last word.
        candidates: (entity id, prior), likeliest first, at least one.
    """

    start: int
    end: int
    candidates: tuple[tuple[str, float], ...]

    @property
    def best(self) -> str:
        """Id of the likeliest entity."""
        return self.candidates[0][0]


@dataclass(frozen=True)
class LinkedText:
    """Sentences as words, and the links found in them.

    Attributes:
        words: The words of each sentence.
        links: The links of each sentence, in order of text; alternatives may overlap.
    """

    words: tuple[tuple[str, ...], ...] = field(repr=False)
    links: tuple[tuple[Link, ...], ...] = field(repr=False)

    @property
    def num_links(self) -> int:
        """Links in all sentences."""
        return sum(map(len, self.links))

    @property
    def num_words(self) -> int:
        """Words in all sentences."""
        return sum(map(len, self.words))

    @cached_property
    def num_linked_words(self) -> int:
        """Words that lie in a link."""
        return sum(len({word for link in row for word in range(link.start, link.end)}) for row in self.links)

    def form(self, sentence: int, start: int, end: int) -> str:
        """Words `[start, end)` of a sentence, joined by blanks, as written."""
        return " ".join(self.words[sentence][start:end])


@dataclass(frozen=True)
class LinkedSplit(LinkedText):
    """The same with gold.

    Attributes:
        sentences: The sentences with their tags.
        gold: The gold entities of each sentence.
    """

    sentences: tuple[Sentence, ...] = field(repr=False, default=())
    gold: tuple[frozenset[Span], ...] = field(repr=False, default=())

    @classmethod
    def of(cls, text: LinkedText, sentences: Sequence[Sentence]) -> "LinkedSplit":
        """Lay gold beside links that are already made."""
        kept = tuple(sentences)
        return cls(text.words, text.links, kept, tuple(entity_spans([sentence.tags for sentence in kept])))

    @cached_property
    def labels(self) -> tuple[dict[tuple[int, int], str], ...]:
        """Gold label of each gold span, sentence by sentence."""
        return tuple({(start, end): label for start, end, label in spans} for spans in self.gold)

    def judged(self) -> Iterator[tuple[int, Link, str]]:
        """Every link with its sentence and the gold label of exactly its span, `O` where there is none."""
        for number, (links, labels) in enumerate(zip(self.links, self.labels, strict=True)):
            for link in links:
                yield number, link, labels.get((link.start, link.end), NO_LABEL)

    def gold_forms(self) -> Iterator[tuple[int, Span, str]]:
        """Every gold entity with its sentence and its text, as written."""
        for number, spans in enumerate(self.gold):
            for span in sorted(spans):
                yield number, span, self.form(number, span[0], span[1])

    @cached_property
    def spans(self) -> tuple[frozenset[tuple[int, int]], ...]:
        """Spans of the links, sentence by sentence."""
        return tuple(frozenset((link.start, link.end) for link in row) for row in self.links)


def link_text(linker: Any, graph: KnowledgeGraph, sentences: Sequence[Sentence]) -> LinkedText:
    """Have a linker mark sentences; it sees the words alone.

    Args:
        linker: An `EntityLinker`, or anything with its `link_words`.
        graph: The graph it links to.
        sentences: Their tags are not looked at.

    Raises:
        LinkingError: It gave other documents than it was asked for, or an entity that is not in the graph.
    """
    words = tuple(sentence.words for sentence in sentences)
    docs = linker.link_words(words)
    if [len(doc) for doc in docs] != list(map(len, words)):
        raise LinkingError(
            "expected one document a sentence with its very words from link_words, got others; repair it"
        )
    links = tuple(
        tuple(
            Link(span.start, span.end, candidates)
            for span in doc.spans.get(SPANS_KEY, ())
            if (candidates := tuple((each.entity_id, each.prior) for each in span._.kg_candidates))
        )
        for doc in docs
    )
    strange = next((e for row in links for link in row for e, _ in link.candidates if e not in graph), None)
    if strange is not None:
        raise LinkingError(f"the linker must link to the given graph, got its entity {strange!r}; give that graph")
    return LinkedText(words, links)


def overlaps(start: int, end: int, spans: frozenset[tuple[int, int]]) -> bool:
    """Whether words `[start, end)` share a word with one of the spans."""
    return any(start < other_end and other_start < end for other_start, other_end in spans)
