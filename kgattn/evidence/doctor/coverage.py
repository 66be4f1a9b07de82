"""How much of gold the linker finds, and how much of what it finds is gold."""

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from kgattn.evidence.doctor.linked import NO_LABEL, LinkedSplit, overlaps


def share(part: float | int, whole: float | int) -> float:
    """A fraction in [0, 1], 0 where there is nothing."""
    return part / whole if whole else 0.0


@dataclass(frozen=True)
class Covered:
    """Gold mentions of one kind.

    Attributes:
        gold: All of them.
        exact: Those that are a link, border to border.
        partial: Of the others, those that share a word with a link.
    """

    gold: int
    exact: int
    partial: int

    @property
    def none(self) -> int:
        """Those that no link touches."""
        return self.gold - self.exact - self.partial

    @property
    def exact_share(self) -> float:
        """Share found exactly, in [0, 1]."""
        return share(self.exact, self.gold)

    @property
    def partial_share(self) -> float:
        """Share found in part only, in [0, 1]."""
        return share(self.partial, self.gold)

    def to_json(self) -> dict[str, Any]:
        """Counts and shares."""
        return {
            **asdict(self),
            "none": self.none,
            "exact_share": self.exact_share,
            "partial_share": self.partial_share,
        }


@dataclass(frozen=True)
class Coverage:
    """Gold mentions, in all and by kind.

    Attributes:
        total: All.
        seen: Their text is an entity of the sentences to learn from, case aside.
        unseen: It is not: what only a graph, or the context, can tell.
        by_type: By gold label.
    """

    total: Covered
    seen: Covered
    unseen: Covered
    by_type: dict[str, Covered]

    @classmethod
    def of(cls, split: LinkedSplit, seen: frozenset[str]) -> "Coverage":
        """Count the gold mentions of a split.

        Args:
            split: Linked sentences.
            seen: Texts of the entities to learn from, as `kgattn.ner.metrics.entity_texts` gives them.
        """
        found = Counter[tuple[str, str, str]]()
        for number, (start, end, label), form in split.gold_forms():
            spans = split.spans[number]
            how = "exact" if (start, end) in spans else "partial" if overlaps(start, end, spans) else "none"
            found[label, "seen" if form.lower() in seen else "unseen", how] += 1

        def covered(belongs: Callable[[str, str], bool]) -> Covered:
            counts = Counter[str]()
            for (label, known, how), number in found.items():
                counts[how] += number * belongs(label, known)
            return Covered(counts.total(), counts["exact"], counts["partial"])

        return cls(
            covered(lambda _label, _known: True),
            covered(lambda _, known: known == "seen"),
            covered(lambda _, known: known == "unseen"),
            {
                name: covered(lambda label, _, name=name: label == name)  # type: ignore[misc]
                for name in sorted({label for label, _, _ in found})
            },
        )

    def to_json(self) -> dict[str, Any]:
        """All kinds with counts and shares."""
        kinds = {name: getattr(self, name).to_json() for name in ("total", "seen", "unseen")}
        return {**kinds, "by_type": {name: kind.to_json() for name, kind in self.by_type.items()}}


@dataclass(frozen=True)
class LinkQuality:
    """What the links are.

    Attributes:
        links: All links.
        exact: Those that are a gold mention, border to border.
        touching: Of the others, those that share a word with one; most lie inside a longer name.
        words: Words of the text.
        linked_words: Words in a link.
        linked_sentences: Sentences with a link.
        sentences: All sentences.
    """

    links: int
    exact: int
    touching: int
    words: int
    linked_words: int
    linked_sentences: int
    sentences: int

    @classmethod
    def of(cls, split: LinkedSplit) -> "LinkQuality":
        """Count the links of a split."""
        exact = touching = 0
        golden = [frozenset(labels) for labels in split.labels]
        for number, link, label in split.judged():
            if label != NO_LABEL:
                exact += 1
            elif overlaps(link.start, link.end, golden[number]):
                touching += 1
        return cls(
            split.num_links,
            exact,
            touching,
            split.num_words,
            split.num_linked_words,
            sum(map(bool, split.links)),
            len(split.links),
        )

    @property
    def precision(self) -> float:
        """Share of the links that are a gold mention exactly, in [0, 1]."""
        return share(self.exact, self.links)

    @property
    def linked_share(self) -> float:
        """Share of the words that lie in a link, in [0, 1]."""
        return share(self.linked_words, self.words)

    def to_json(self) -> dict[str, Any]:
        """Counts and shares."""
        return {**asdict(self), "precision": self.precision, "linked_share": self.linked_share}
