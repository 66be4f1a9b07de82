"""Whether the graph can help, computed from the measures and said in words.

The bars lie between what was measured by training (README and `docs/findings.md`: MiniLM, test F1; the other figures
are what doctor says of dev):

| pair | exact coverage | precision | graph types alone, F1 | biased minus plain, F1 |
|---|---|---|---|---|
| BC5CDR, 100 sentences, x MeSH and drugs | 67% | 80% | 75 | +9.3 [+8.1, +10.5] |
| CrossNER politics x FB15k-237 | 20% | 24% | 21 | +1.3 [+0.3, +2.2] |
| CrossNER politics x half of FB15k-237 | 12% | 21% | 13 | -0.6 [-1.7, +0.4] |
| the demo's negative control | 0% | 0% | 0 | none, by construction |

Four points make no law: a pair between them may turn out either way, and `kgattn compare` has the last word.
"""

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from kgattn.evidence.doctor.remarks import Measures, percent, remarks
from kgattn.evidence.doctor.sign import LeakSign

HELPFUL_F1 = 0.40
"""F1 of graph types alone from which on a graph can help: between 75, which gained 9.3, and 21, which gained 1.3."""
LITTLE_COVERAGE, LITTLE_PRECISION = 0.15, 0.20
"""Below these a graph is unlikely to help: coverage between 20%, which gained, and 12%, which did not; precision under
the 24% that gained. That four of five links are noise is a judgement: no pair tells this bar from the other one."""

Outcome = Literal["can help", "may help a little", "unlikely to help", "leak"]


@dataclass(frozen=True)
class DoctorVerdict:
    """What the measures add up to.

    Attributes:
        outcome: In one phrase.
        words: The same in a sentence or two, with the numbers it rests on.
        remarks: What to know besides, most important first.
    """

    outcome: Outcome
    words: str
    remarks: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {**asdict(self), "remarks": list(self.remarks)}


def decide(measures: Measures, leaks: tuple[LeakSign, ...]) -> DoctorVerdict:
    """Judge a graph on a corpus; what is suspicious, but may be honest, stands behind the verdict."""
    verdict = _judge(measures, leaks)
    doubts = [sign.words for sign in leaks if sign.level != "leak"]
    if verdict.outcome == "leak" or not doubts:
        return verdict
    return replace(verdict, words=f"{verdict.words} But first make sure of this: {'; '.join(doubts)}.")


def _judge(measures: Measures, leaks: tuple[LeakSign, ...]) -> DoctorVerdict:
    notes = tuple(remarks(measures))
    leak = next((sign for sign in leaks if sign.level == "leak"), None)
    if leak is not None:
        words = f"Do not trust any score with these links, gold has reached them: {leak.words}."
        return DoctorVerdict("leak", words, notes)
    facts = _facts(measures)
    coverage, precision = measures.coverage.total.exact_share, measures.links.precision
    tagger = measures.taggers.linker_tagger
    # Without training sentences nobody knows which label a type means: then the ceiling stands in, and promises less.
    if coverage >= LITTLE_COVERAGE and precision >= LITTLE_PRECISION:
        if (tagger if tagger is not None else measures.taggers.ceiling / 2) >= HELPFUL_F1:
            return DoctorVerdict(
                "can help",
                f"This graph can help: {facts}. Figures like these came with +9.3 F1 (BC5CDR, 100 training sentences); "
                "with thousands of sentences expect less.",
                notes,
            )
        return DoctorVerdict(
            "may help a little",
            f"This graph may help a little: {facts}. Figures like these came with +1.3 F1 (CrossNER politics, 200 "
            "training sentences).",
            notes,
        )
    if coverage < LITTLE_COVERAGE:
        reason = (
            f"it knows too few of the names ({percent(coverage)} exactly; below {percent(LITTLE_COVERAGE)} none was "
            "seen to help)"
        )
    else:
        reason = (
            f"too few of its links are gold mentions ({percent(precision)}; below {percent(LITTLE_PRECISION)} none was "
            "seen to help)"
        )
    return DoctorVerdict("unlikely to help", f"This graph is unlikely to help, because {reason}: {facts}.", notes)


def _facts(measures: Measures) -> str:
    coverage, tagger = measures.coverage, measures.taggers.linker_tagger
    known = alone = ""
    if tagger is not None:
        known = f" ({percent(coverage.unseen.exact_share)} of those that training does not show)"
        alone = f", and its types alone, as tags, score {100 * tagger:.1f} F1"
    return (
        f"it links {percent(coverage.total.exact_share)} of the gold mentions exactly{known}, "
        f"{percent(measures.links.precision)} of its links are gold mentions{alone}"
    )
