"""The leak check: whether gold has reached the linker or the graph."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from kgattn.evidence.doctor import leak_graph, leak_links
from kgattn.evidence.doctor.linked import LinkedSplit, LinkedText
from kgattn.evidence.doctor.sign import LeakSign
from kgattn.graph import KnowledgeGraph


@dataclass(frozen=True)
class LeakEvidence:
    """What the check looks at.

    Attributes:
        graph: The graph.
        score: The scored sentences.
        learn: The sentences to learn from, where there are any.
        fresh: The scored sentences, then those to learn from, as a fresh linker of the graph marks them; none when the
            links are those of a fresh linker already.
        unread: The linked text of every split, and which of them gold was not read of.
    """

    graph: KnowledgeGraph
    score: LinkedSplit
    learn: LinkedSplit | None
    fresh: tuple[LinkedSplit, ...] = ()
    texts: Mapping[str, LinkedText] = field(default_factory=dict)
    unread: tuple[str, ...] = ()


def find_leaks(evidence: LeakEvidence) -> tuple[LeakSign, ...]:
    """Every sign, the grave ones first and one a check; none for an honest linker of an honest graph."""
    found: dict[str, LeakSign] = {}
    for sign in sorted(_signs(evidence), key=lambda sign: sign.level != "leak"):
        found.setdefault(sign.check, sign)
    return tuple(found.values())


def _signs(evidence: LeakEvidence) -> Iterator[LeakSign]:
    parts = [evidence.score, *([evidence.learn] if evidence.learn is not None else [])]
    candidates: list[LeakSign | None] = []
    for given, fresh in zip(parts, evidence.fresh, strict=False):  # scored sentences first; no fresh ones, no checks
        candidates.append(leak_links.perfect_links(given, fresh))
        candidates.append(leak_links.unfounded_links(given, fresh, evidence.graph))
        candidates.append(leak_links.chosen_by_gold(given, fresh))
    candidates.extend(leak_graph.tokenised_aliases(part, evidence.graph) for part in parts)
    if evidence.learn is not None:
        candidates.append(leak_graph.uneven_splits(evidence.learn, evidence.score))
        candidates.append(leak_graph.nothing_missed(evidence.learn, evidence.score))
    candidates.extend(leak_graph.dense_split(evidence.texts, split) for split in evidence.unread)
    yield from (sign for sign in candidates if sign is not None)
