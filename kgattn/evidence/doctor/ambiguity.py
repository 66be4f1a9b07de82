"""How many entities a mention may name."""

from dataclasses import asdict, dataclass
from typing import Any

from kgattn.evidence.doctor.coverage import share
from kgattn.evidence.doctor.linked import LinkedText


@dataclass(frozen=True)
class Ambiguity:
    """Candidates of the links.

    Attributes:
        links: All links.
        ambiguous: Those with two candidates or more.
        candidates: Candidates of all links; the linker keeps at most its `max_candidates` of each.
        prior: Mean prior of the best candidate, in [0, 1].
    """

    links: int
    ambiguous: int
    candidates: int
    prior: float

    @classmethod
    def of(cls, text: LinkedText) -> "Ambiguity":
        """Count the candidates of a linked text."""
        found = [link.candidates for row in text.links for link in row]
        return cls(
            len(found),
            sum(len(candidates) > 1 for candidates in found),
            sum(map(len, found)),
            share(sum(candidates[0][1] for candidates in found), len(found)),
        )

    @property
    def ambiguous_share(self) -> float:
        """Share of the links with a choice, in [0, 1]."""
        return share(self.ambiguous, self.links)

    @property
    def candidates_per_link(self) -> float:
        """Mean number of candidates."""
        return share(self.candidates, self.links)

    def to_json(self) -> dict[str, Any]:
        """Counts and shares."""
        return {
            **asdict(self),
            "ambiguous_share": self.ambiguous_share,
            "candidates_per_link": self.candidates_per_link,
        }
