"""What doctor found, as one value: to read, to print, to keep as JSON."""

from dataclasses import dataclass, field
from typing import Any

from kgattn.evidence.doctor.ambiguity import Ambiguity
from kgattn.evidence.doctor.coverage import Coverage, LinkQuality
from kgattn.evidence.doctor.length import TokenizerFit
from kgattn.evidence.doctor.noise import NoisyForm, stop_list_text
from kgattn.evidence.doctor.pairs import JoinedPairs
from kgattn.evidence.doctor.purity import TypePurity
from kgattn.evidence.doctor.sign import LeakSign
from kgattn.evidence.doctor.taggers import TaggerScores
from kgattn.evidence.doctor.verdict import DoctorVerdict

FORMAT_VERSION = 1


@dataclass(frozen=True)
class DoctorReport:
    """A graph looked at beside a corpus; printing it gives the whole in plain text.

    Attributes:
        corpus: Name of the corpus.
        split: The part that gold was scored on.
        sentences: How many sentences were learned from (`learn`) and scored (`score`).
        graph: Fingerprint and sizes of the graph.
        coverage: Gold mentions that are linked.
        links: What the links are.
        ambiguity: How many entities a link may name.
        purity: Graph types against labels.
        taggers: What types or a dictionary score without a model, and the ceiling.
        pairs: What the graph says about two mentions of a sentence.
        tokenizer: What the tokenizer does to the sentences; None when none was given.
        noise: The commonest noise of the sentences to learn from.
        without_noise: Coverage and links of the scored sentences if that noise were not linked.
        leaks: Signs that gold has reached linker or graph.
        verdict: What it adds up to.
    """

    corpus: str
    split: str
    sentences: dict[str, int]
    graph: dict[str, Any]
    coverage: Coverage
    links: LinkQuality
    ambiguity: Ambiguity
    purity: TypePurity
    taggers: TaggerScores
    pairs: JoinedPairs
    tokenizer: TokenizerFit | None
    noise: tuple[NoisyForm, ...] = field(repr=False)
    without_noise: tuple[Coverage, LinkQuality]
    leaks: tuple[LeakSign, ...]
    verdict: DoctorVerdict

    @property
    def stop_list(self) -> str:
        """The noise as a file to look through and to give the linker."""
        return stop_list_text(self.noise, self.corpus)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values; shares lie in [0, 1]."""
        coverage, links = self.without_noise
        parts = ("coverage", "links", "ambiguity", "purity", "taggers", "pairs", "verdict")
        return {
            "format_version": FORMAT_VERSION,
            "corpus": self.corpus,
            "split": self.split,
            "sentences": dict(self.sentences),
            "graph": dict(self.graph),
            **{name: getattr(self, name).to_json() for name in parts},
            "tokenizer": None if self.tokenizer is None else self.tokenizer.to_json(),
            "noise": [form.to_json() for form in self.noise],
            "without_noise": {"coverage": coverage.to_json(), "links": links.to_json()},
            "leaks": [sign.to_json() for sign in self.leaks],
        }

    def __str__(self) -> str:
        from kgattn.evidence.doctor.sections import plain_text

        return plain_text(self)
