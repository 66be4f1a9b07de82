"""linker-tagger: no model. A link gets the label its graph types mostly have in the training sentences."""

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from kgattn.evidence.arms.arm import Arm, ArmInput
from kgattn.evidence.arms.mentions import LinkedWords, linked_words
from kgattn.evidence.arms.plain import nothing
from kgattn.graph import KnowledgeGraph
from kgattn.ner.corpus import Sentence
from kgattn.ner.features import EncodedSplit
from kgattn.ner.metrics import entity_spans
from kgattn.training.encode import EncodedCorpus

BACK_OFF = 2.0
"""Links that what single types say counts as, beside those of the very same types."""
OUTSIDE = "O"

Kinds = tuple[str, ...]


class TypeLabels:
    """P(label given the types of a linked entity), and how likely a label must be to be given.

    The share among training links with the same types, drawn towards the mean over single types. The bar is the one
    with the highest F1 over the training links, each judged by the others.

    Args:
        links: Types and gold label (`O` for none) of each training link.
        num_gold: Gold entities in the training sentences.
    """

    def __init__(self, links: Sequence[tuple[Kinds, str]], num_gold: int) -> None:
        self._by_set = defaultdict[Kinds, Counter[str]](Counter)
        self._by_type = defaultdict[str, Counter[str]](Counter)
        self._overall = Counter(label for _, label in links)
        for kinds, label in links:
            self._by_set[kinds][label] += 1
            for kind in kinds:
                self._by_type[kind][label] += 1
        self._labels = sorted(set(self._overall) - {OUTSIDE})
        judged = [(*self._best(kinds, without=label), label) for kinds, label in links] if self._labels else []
        self._bar = _best_bar([(sure, guess == label) for guess, sure, label in judged], num_gold)

    def of(self, kinds: Kinds) -> str | None:
        """The label of a link, None to leave it alone."""
        if not self._labels:
            return None
        label, sure = self._best(kinds)
        return label if sure >= self._bar else None

    def _best(self, kinds: Kinds, without: str | None = None) -> tuple[str, float]:
        """The likeliest label, the first by name of equal ones, and P; a link of label `without` does not count."""
        shares = {label: self._share(kinds, label, without) for label in self._labels}
        best = max(self._labels, key=lambda label: shares[label])
        return best, shares[best]

    def _share(self, kinds: Kinds, label: str, without: str | None) -> float:
        own, less = int(label == without), int(without is not None)
        overall = self._overall[label] / self._overall.total()
        groups = [self._by_type[kind] for kind in kinds if kind in self._by_type] or [self._overall]
        prior = float(np.mean([(group[label] - own + overall) / (group.total() - less + 1) for group in groups]))
        exact = self._by_set.get(kinds, Counter[str]())
        # a training link has its own types in the counts; those of another split may be new
        return (exact[label] - own + BACK_OFF * prior) / (exact.total() - less + BACK_OFF)


def _best_bar(guesses: Sequence[tuple[float, bool]], num_gold: int) -> float:
    """The likelihood from which on to tag, by the F1 over (likelihood, right or not); above 1 where nothing pays.

    Halfway between the last guess that pays and the next one, for types unseen in training lie in between.
    """
    bar, best, right = 2.0, 0.0, 0
    ranked = sorted(guesses, key=lambda guess: -guess[0])
    for made, (sure, correct) in enumerate(ranked, start=1):
        right += correct
        following = ranked[made][0] if made < len(ranked) else 0.0
        f1 = 2 * right / (made + num_gold)
        if following != sure and f1 > best:
            bar, best = (sure + following) / 2, f1
    return bar


def tag_links(encoded: EncodedCorpus, given: ArmInput) -> tuple[list[list[str]], list[list[str]]]:
    """Fit on the training sentences, tag dev and test; gold of these is not looked at."""
    gold = entity_spans([sentence.tags for sentence in encoded.train.sentences])
    links = []
    for row, spans in zip(linked_words(encoded.train), gold, strict=True):
        labels = {(start, end): label for start, end, label in spans}
        links += [(kinds_of(link, given.graph), labels.get((link.start, link.end), OUTSIDE)) for link in row]
    fitted = TypeLabels(links, sum(map(len, gold)))
    dev, test = (_tag(split, fitted, given.graph) for split in (encoded.dev, encoded.test))
    return dev, test


def kinds_of(link: LinkedWords, graph: KnowledgeGraph) -> Kinds:
    """The types of the entity a mention most likely names, sorted."""
    rows = graph.type_indices[graph.type_offsets[link.entity] : graph.type_offsets[link.entity + 1]]
    return tuple(sorted(graph.type_ids[int(row)] for row in rows))


def _tag(split: EncodedSplit, fitted: TypeLabels, graph: KnowledgeGraph) -> list[list[str]]:
    return [
        _tags(sentence, [(link, fitted.of(kinds_of(link, graph))) for link in row])
        for sentence, row in zip(split.sentences, linked_words(split), strict=True)
    ]


def _tags(sentence: Sentence, labelled: Sequence[tuple[LinkedWords, str | None]]) -> list[str]:
    tags = [OUTSIDE] * len(sentence.words)
    for link, label in labelled:
        if label is not None:
            tags[link.start : link.end] = [f"B-{label}", *[f"I-{label}"] * (link.end - link.start - 1)]
    return tags


LINKER_TAGGER = Arm(
    "linker-tagger",
    "no model: a link gets the label its graph types mostly have in the training sentences",
    "rival",
    injection=nothing,
    tagger=tag_links,
)
