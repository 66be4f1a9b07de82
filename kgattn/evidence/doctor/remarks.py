"""What to know of a graph and a corpus beside the verdict, in sentences."""

from dataclasses import dataclass

from kgattn.evidence.doctor.ambiguity import Ambiguity
from kgattn.evidence.doctor.coverage import Coverage, LinkQuality
from kgattn.evidence.doctor.length import TokenizerFit
from kgattn.evidence.doctor.pairs import JoinedPairs
from kgattn.evidence.doctor.purity import TypePurity
from kgattn.evidence.doctor.taggers import TaggerScores

FEWEST = 20
"""Links that are no gold mention below which nothing is said about them."""


@dataclass(frozen=True)
class Measures:
    """Everything a verdict looks at."""

    coverage: Coverage
    links: LinkQuality
    ambiguity: Ambiguity
    purity: TypePurity
    taggers: TaggerScores
    pairs: JoinedPairs
    tokenizer: TokenizerFit | None


def percent(share: float) -> str:
    """A fraction in whole per cent, below ten with one decimal."""
    return f"{100 * share:.0f}%" if share >= 0.0995 or share == 0 else f"{100 * share:.1f}%"


def remarks(measures: Measures) -> list[str]:
    """Everything worth saying, in the order of the tables."""
    return [
        *_on_taggers(measures.taggers),
        *_on_links(measures),
        *_on_knowledge(measures),
        *_on_tokens(measures.tokenizer),
    ]


def _on_taggers(taggers: TaggerScores) -> list[str]:
    if not taggers.dictionary or taggers.both is None or taggers.linker_tagger is None:
        return []
    alone = f"A dictionary of the training entities scores {100 * taggers.dictionary:.1f} F1"
    if taggers.both <= taggers.dictionary + 0.01:
        return [f"{alone} and graph types add nothing to it: what the graph knows, the training sentences say too."]
    if taggers.dictionary >= taggers.linker_tagger:
        return [f"{alone}, more than graph types; the two together {100 * taggers.both:.1f}."]
    return []


def _on_links(measures: Measures) -> list[str]:
    links, found = measures.links, []
    wrong = links.links - links.exact
    if wrong >= FEWEST and links.touching > wrong / 2:
        found.append(
            f"{percent(links.touching / wrong)} of the links that are no gold mention lie inside one or across its "
            "border: the graph has shorter names than the corpus."
        )
    if wrong >= FEWEST and links.precision < 0.5:
        found.append(
            f"{wrong:,} of {links.links:,} links are no gold mention; look at the commonest noise, and at --stop-list."
        )
    if measures.ambiguity.ambiguous_share > 0.3:
        found.append(f"{percent(measures.ambiguity.ambiguous_share)} of the links may name several entities.")
    return found


def _on_knowledge(measures: Measures) -> list[str]:
    found = []
    if measures.coverage.total.exact and measures.purity.nmi < 0.1 and len(measures.coverage.by_type) > 1:
        found.append(f"Graph types tell little about labels (mutual information {measures.purity.nmi:.2f} of 1).")
    joined = measures.pairs.joined_sentence_share
    if joined < 0.05:
        found.append(
            f"{percent(joined)} of the sentences have two linked mentions with a triple between them: relations and "
            "paths have little to work on."
        )
    return found


def _on_tokens(fit: TokenizerFit | None) -> list[str]:
    if fit is None:
        return []
    found = []
    if fit.unknown_share > 0.05:
        found.append(f"{percent(fit.unknown_share)} of the tokens are unknown to the tokenizer: take another model.")
    if fit.cut_off:
        found.append(
            f"{fit.cut_off:,} gold mentions lie beyond {fit.max_length} tokens; cut into windows, as training does."
        )
    return found
