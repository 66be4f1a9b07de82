"""What a tagger got right, made up and missed in a sentence, as a short string without a word of the text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kgattn.errors import RunError

Span = tuple[int, int, str]
"""First word, one past the last word, entity type."""

_ENTRY = re.compile(r"([=+-])(\d+)-(\d+):(\d+)")


@dataclass(frozen=True)
class Outcome:
    """The entities of one sentence.

    Attributes:
        right: Gold entities that were predicted.
        spurious: Predicted ones that are not gold.
        missed: Gold ones that were not predicted.
    """

    right: frozenset[Span]
    spurious: frozenset[Span]
    missed: frozenset[Span]

    @property
    def gold(self) -> frozenset[Span]:
        """Every gold entity."""
        return self.right | self.missed

    @property
    def predicted(self) -> frozenset[Span]:
        """Every predicted entity."""
        return self.right | self.spurious

    @classmethod
    def of(cls, gold: frozenset[Span], predicted: frozenset[Span]) -> "Outcome":
        """Compare a sentence's gold and predicted entities."""
        return cls(gold & predicted, predicted - gold, gold - predicted)

    def spell(self, types: Sequence[str]) -> str:
        """As `=0-2:1 +4-5:0`: right `=`, spurious `+`, missed `-`, the words, and the number of the type in `types`."""
        kinds = (("=", self.right), ("+", self.spurious), ("-", self.missed))
        number = {name: place for place, name in enumerate(types)}
        entries = [(start, end, number[name], sign) for sign, spans in kinds for start, end, name in spans]
        return " ".join(f"{sign}{start}-{end}:{place}" for start, end, place, sign in sorted(entries))

    @classmethod
    def read(cls, text: str, types: Sequence[str]) -> "Outcome":
        """Read what `spell` wrote.

        Raises:
            RunError: It is something else, or a type's number is none of `types`.
        """
        spans: dict[str, set[Span]] = {"=": set(), "+": set(), "-": set()}
        for entry in text.split():
            match = _ENTRY.fullmatch(entry)
            if match is None or int(match[4]) >= len(types):
                raise RunError(
                    f"an outcome must be such as =0-2:1 with a type number below {len(types)}, got {entry!r}; run again"
                )
            spans[match[1]].add((int(match[2]), int(match[3]), types[int(match[4])]))
        return cls(*(frozenset(spans[sign]) for sign in "=+-"))
