"""Strict typed entity scores over all gold entities, in whole and by slice.

An entity counts only with both borders and the type right. Tags are read as strict IOB2 by seqeval (Nakayama 2018,
https://github.com/chakki-works/seqeval): an I that continues no entity of its type starts none either. Its lenient
default reads `I-A I-A` as an entity, which flatters a model that cannot place B.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from kgattn.errors import CorpusError
from kgattn.ner.corpus import Sentence
from kgattn.ner.outcomes import Outcome
from kgattn.ner.outcomes import Span as Span
from kgattn.ner.slices import LINK_SLICES, WordLinks, slice_names
from kgattn.shapes import Bool


@dataclass(frozen=True)
class Counts:
    """Right, spurious and missed entities; scores are fractions in [0, 1], 0 where nothing could be counted."""

    true_positives: int
    false_positives: int
    false_negatives: int

    @property
    def precision(self) -> float:
        """Share of the predicted entities that are right."""
        return _ratio(self.true_positives, self.true_positives + self.false_positives)

    @property
    def recall(self) -> float:
        """Share of the gold entities that were found."""
        return _ratio(self.true_positives, self.true_positives + self.false_negatives)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        tp, fp, fn = self.true_positives, self.false_positives, self.false_negatives
        return _ratio(2 * tp, 2 * tp + fp + fn)

    def to_json(self) -> dict[str, float | int]:
        """Counts and scores."""
        return {**asdict(self), "precision": self.precision, "recall": self.recall, "f1": self.f1}


@dataclass(frozen=True)
class Slice:
    """Gold entities of one kind, and how many of them were found."""

    found: int
    gold: int

    @property
    def recall(self) -> float:
        """Share found, in [0, 1]; 0 when there are none."""
        return _ratio(self.found, self.gold)

    def to_json(self) -> dict[str, float | int]:
        """Counts and recall."""
        return {**asdict(self), "recall": self.recall}


@dataclass(frozen=True)
class EntityScores:
    """Scores of one set of predictions.

    Attributes:
        total: Over all entities (micro average).
        by_type: Per entity type.
        slices: Recall on the gold entities that are `linked` (touch a mention the linker found) or `unlinked`; `seen`
            (their text occurs as an entity in train, case aside) or `unseen`; and, of the linked ones, `ambiguous` or
            `unambiguous` and `head` or `tail`, as `kgattn.ner.slices` says. Absent where not known.
        outcomes: Per sentence: which entities are right, spurious and missed.
    """

    total: Counts
    by_type: dict[str, Counts]
    slices: dict[str, Slice]
    outcomes: tuple[Outcome, ...] = field(repr=False)

    @property
    def sentence_counts(self) -> tuple[tuple[int, int, int], ...]:
        """Per sentence: right, spurious and missed entities. What a bootstrap draws from."""
        return tuple((len(row.right), len(row.spurious), len(row.missed)) for row in self.outcomes)

    @property
    def f1(self) -> float:
        """Strict typed entity F1, in [0, 1]."""
        return self.total.f1

    @property
    def precision(self) -> float:
        """Precision, in [0, 1]."""
        return self.total.precision

    @property
    def recall(self) -> float:
        """Recall, in [0, 1]."""
        return self.total.recall

    def to_json(self) -> dict[str, Any]:
        """Everything but the outcomes per sentence."""
        return {
            **self.total.to_json(),
            "by_type": {name: counts.to_json() for name, counts in self.by_type.items()},
            "slices": {name: part.to_json() for name, part in self.slices.items()},
        }


def entity_scores(
    gold: Sequence[Sequence[str]],
    predicted: Sequence[Sequence[str]],
    *,
    words: Sequence[Sequence[str]] | None = None,
    linked: Sequence[Bool[np.ndarray, " _word"]] | None = None,
    seen: frozenset[str] | None = None,
    links: Sequence[WordLinks] | None = None,
) -> EntityScores:
    """Compare predicted tags with gold ones, sentence by sentence.

    Args:
        gold: IOB2 tags of each sentence.
        predicted: Tags of the same words, legal IOB2 or not.
        words: The words, needed for `seen`.
        linked: Which words lie in a linked mention.
        seen: Texts of the training entities, as `entity_texts` gives them.
        links: What the linker found at each word.

    Raises:
        CorpusError: The two differ in sentences or words.
    """
    if [len(tags) for tags in gold] != [len(tags) for tags in predicted]:
        raise CorpusError("expected one predicted tag for every gold tag; predict whole sentences before scoring")
    outcomes = tuple(map(Outcome.of, entity_spans(gold), entity_spans(predicted)))
    types = Counter[tuple[str, str]]()
    for row in outcomes:
        types.update(("tp", span[2]) for span in row.right)
        types.update(("fp", span[2]) for span in row.spurious)
        types.update(("fn", span[2]) for span in row.missed)
    by_type = {
        name: Counts(types["tp", name], types["fp", name], types["fn", name])
        for name in sorted({name for _, name in types})
    }
    total = Counts(*(sum(types[kind, name] for name in by_type) for kind in ("tp", "fp", "fn")))
    return EntityScores(total, by_type, _slices(outcomes, words, linked, seen, links), outcomes)


def _slices(
    outcomes: Sequence[Outcome],
    words: Sequence[Sequence[str]] | None,
    linked: Sequence[Bool[np.ndarray, " _word"]] | None,
    seen: frozenset[str] | None,
    links: Sequence[WordLinks] | None,
) -> dict[str, Slice]:
    entities = [(number, span) for number, row in enumerate(outcomes) for span in sorted(row.gold)]
    memberships: list[tuple[str, ...]] = [()] * len(entities)
    known: list[str] = []

    def add(names: Sequence[str], of_each: Sequence[tuple[str, ...]]) -> None:
        known.extend(names)
        memberships[:] = [before + more for before, more in zip(memberships, of_each, strict=True)]

    if linked is not None:
        touched = (linked[number][start:end].any() for number, (start, end, _) in entities)
        add(("linked", "unlinked"), [("linked" if yes else "unlinked",) for yes in touched])
    if seen is not None and words is not None:
        familiar = (_text(words[number], span) in seen for number, span in entities)
        add(("seen", "unseen"), [("seen" if yes else "unseen",) for yes in familiar])
    if links is not None:
        add(LINK_SLICES, slice_names([links[number].of_span(start, end) for number, (start, end, _) in entities]))
    found, gold = Counter[str](), Counter[str]()
    for (number, span), names in zip(entities, memberships, strict=True):
        gold.update(names)
        found.update(names if span in outcomes[number].right else ())
    return {name: Slice(found[name], gold[name]) for name in known}


def entity_spans(tags: Sequence[Sequence[str]]) -> list[frozenset[Span]]:
    """The entities of each sentence under strict IOB2."""
    from seqeval.scheme import IOB2, Entities

    found = Entities([list(row) for row in tags], IOB2).entities
    return [frozenset((entity.start, entity.end, entity.tag) for entity in sentence) for sentence in found]


def entity_texts(sentences: Iterable[Sentence]) -> frozenset[str]:
    """Texts of the gold entities, in lower case, words joined by spaces."""
    kept = list(sentences)
    spans = entity_spans([sentence.tags for sentence in kept])
    return frozenset(_text(sentence.words, span) for sentence, row in zip(kept, spans, strict=True) for span in row)


def _text(words: Sequence[str], span: Span) -> str:
    return " ".join(words[span[0] : span[1]]).lower()


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
