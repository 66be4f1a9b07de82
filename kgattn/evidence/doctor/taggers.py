"""Taggers without a model: what graph types, a dictionary of the training entities, or both score by themselves."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from kgattn.evidence.doctor.linked import NO_LABEL, LinkedSplit
from kgattn.graph import KnowledgeGraph
from kgattn.ner.corpus import Sentence
from kgattn.ner.metrics import Span, entity_scores, entity_spans

BACK_OFF = 2.0
"""Links that the estimate from single types counts as, beside those of the same set of types."""
_LONGEST = 12
"""Words of the longest dictionary entry."""

Kinds = tuple[str, ...]


@dataclass(frozen=True)
class TaggerScores:
    """Strict typed entity F1 of each tagger, in [0, 1]; None where there are no sentences to learn from.

    Attributes:
        linker_tagger: Every link gets the label its graph types mostly have in the sentences to learn from.
        dictionary: Longest match of their entities, case aside.
        both: The dictionary first, then the linker-tagger where it found nothing.
        ceiling: Every link that is a gold mention gets its right label, and no other link any: nothing that chooses
            among links can score more.
    """

    linker_tagger: float | None
    dictionary: float | None
    both: float | None
    ceiling: float

    def to_json(self) -> dict[str, Any]:
        """The scores by name."""
        return {name: getattr(self, name) for name in ("linker_tagger", "dictionary", "both", "ceiling")}


def score_taggers(learn: LinkedSplit | None, score: LinkedSplit, graph: KnowledgeGraph) -> TaggerScores:
    """Fit the taggers on one part and score them on the other.

    Args:
        learn: Linked sentences to learn from; None leaves the ceiling alone.
        score: Linked sentences to score.
        graph: The graph.
    """
    ceiling = _f1(score, [_right(score, number) for number in range(len(score.gold))])
    if learn is None:
        return TaggerScores(None, None, None, ceiling)
    label_of = fit_linker_tagger(learn, graph)
    linked = [
        {(link.start, link.end, label) for link in _apart(row) if (label := label_of(graph.types(link.best)))}
        for row in score.links
    ]
    known = dictionary_of(learn.sentences)
    listed = [look_up(words, known) for words in score.words]
    both = [
        first | {span for span in second if _free(span, first)} for first, second in zip(listed, linked, strict=True)
    ]
    return TaggerScores(_f1(score, linked), _f1(score, listed), _f1(score, both), ceiling)


def fit_linker_tagger(learn: LinkedSplit, graph: KnowledgeGraph) -> Callable[[Sequence[str]], str | None]:
    """Learn which label the links of some types have, and which links to leave alone.

    P(label given types) is the share among links with the very same types, drawn towards the mean over single types by
    `BACK_OFF` links. A link is tagged when its best label is at least as likely as a bar; the bar is the one with the
    highest F1 on the sentences to learn from, each link judged without itself.

    Returns:
        Type ids of an entity -> its label, or None for "leave alone".
    """
    by_set, by_type = defaultdict[Kinds, Counter[str]](Counter), defaultdict[str, Counter[str]](Counter)
    seen: list[tuple[Kinds, str]] = []
    for _, link, label in learn.judged():
        kinds = tuple(sorted(graph.types(link.best)))
        seen.append((kinds, label))
        by_set[kinds][label] += 1
        for kind in kinds:
            by_type[kind][label] += 1
    overall = Counter(label for _, label in seen)

    def shares(kinds: Kinds, own: str | None) -> dict[str, float]:
        """P(label) for each label; `own` is taken out of the counts first."""
        groups = [by_type[kind] for kind in kinds if kind in by_type] or [overall]
        exact = by_set.get(kinds, Counter[str]())
        less = own is not None
        result = {}
        for label in overall:
            mine = label == own
            prior = sum(
                (group[label] - mine + overall[label] / len(seen)) / (group.total() - less + 1) for group in groups
            ) / len(groups)
            result[label] = (exact[label] - mine + BACK_OFF * prior) / (exact.total() - less + BACK_OFF)
        return result

    def best(kinds: Kinds, own: str | None = None) -> tuple[str, float]:
        found = shares(kinds, own)
        return max(((label, found[label]) for label in sorted(found) if label != NO_LABEL), key=lambda item: item[1])

    if not set(overall) - {NO_LABEL}:
        return lambda _types: None
    judged = [(*best(kinds, label), label) for kinds, label in seen]
    bar = _best_bar([(sure, guess == label) for guess, sure, label in judged], sum(map(len, learn.gold)))
    memory: dict[Kinds, str | None] = {}

    def label_of(types: Sequence[str]) -> str | None:
        kinds = tuple(sorted(types))
        if kinds not in memory:
            label, sure = best(kinds)
            memory[kinds] = label if sure >= bar else None
        return memory[kinds]

    return label_of


def _best_bar(guesses: Iterable[tuple[float, bool]], gold: int) -> float:
    """The lowest likelihood to tag by, with the highest F1 over (likelihood, right or not)."""
    bar, best, right, made = 2.0, 0.0, 0, 0
    ranked = sorted(guesses, key=lambda guess: -guess[0])
    for place, (sure, correct) in enumerate(ranked):
        made += 1
        right += correct
        if place + 1 < len(ranked) and ranked[place + 1][0] == sure:
            continue  # equal ones stand or fall together
        f1 = 2 * right / (made + gold)
        if f1 > best:
            bar, best = sure, f1
    return bar


def dictionary_of(sentences: Iterable[Sentence]) -> dict[tuple[str, ...], str]:
    """Words of each entity in lower case -> its commonest label, equal ones by name."""
    kept = list(sentences)
    counts = defaultdict[tuple[str, ...], Counter[str]](Counter)
    for sentence, spans in zip(kept, entity_spans([sentence.tags for sentence in kept]), strict=True):
        for start, end, label in spans:
            counts[tuple(word.lower() for word in sentence.words[start:end])][label] += 1
    return {words: min(labels, key=lambda name: (-labels[name], name)) for words, labels in counts.items()}


def look_up(words: Sequence[str], known: dict[tuple[str, ...], str]) -> set[Span]:
    """The longest entries in a sentence, leftmost first, none overlapping."""
    lower = [word.lower() for word in words]
    found: set[Span] = set()
    start = 0
    while start < len(lower):
        for end in range(min(len(lower), start + _LONGEST), start, -1):
            label = known.get(tuple(lower[start:end]))
            if label is not None:
                found.add((start, end, label))
                start = end
                break
        else:
            start += 1
    return found


def _right(split: LinkedSplit, number: int) -> set[Span]:
    return {span for span in split.gold[number] if span[:2] in split.spans[number]}


def _apart(row: Sequence[Any]) -> list[Any]:
    """Links of which none overlaps another one: the longest first, then the leftmost."""
    kept: list[Any] = []
    for link in sorted(row, key=lambda link: (link.start - link.end, link.start)):
        if all(link.end <= other.start or other.end <= link.start for other in kept):
            kept.append(link)
    return kept


def _free(span: Span, taken: Iterable[Span]) -> bool:
    return all(span[1] <= start or end <= span[0] for start, end, _ in taken)


def _f1(split: LinkedSplit, predicted: Sequence[set[Span]]) -> float:
    tags = []
    for words, spans in zip(split.words, predicted, strict=True):
        row = [NO_LABEL] * len(words)
        for start, end, label in spans:
            row[start:end] = [f"B-{label}", *[f"I-{label}"] * (end - start - 1)]
        tags.append(row)
    return entity_scores([sentence.tags for sentence in split.sentences], tags).f1
