"""Kinds of gold entities by what the linker and the graph know of them; for scoring alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kgattn.graph import KnowledgeGraph
from kgattn.ner.features import EncodedSplit
from kgattn.shapes import Int

LINK_SLICES = ("ambiguous", "unambiguous", "head", "tail")


@dataclass(frozen=True)
class WordLinks:
    """The mention each word of a sentence lies in.

    Attributes:
        candidates: How many entities the mention may name; 0 outside of mentions.
        triples: How many triples the graph has of the likeliest of them, either way round; -1 outside of mentions.
    """

    candidates: Int[np.ndarray, " word"]
    triples: Int[np.ndarray, " word"]

    def of_span(self, start: int, end: int) -> tuple[int, int]:
        """Candidates and triples of the best linked word in `[start, end)`; 0 and -1 where none is linked."""
        return int(self.candidates[start:end].max()), int(self.triples[start:end].max())


def word_links(split: EncodedSplit, graph: KnowledgeGraph) -> tuple[WordLinks, ...]:
    """What the linker found at each word of each sentence, from windows as they were encoded.

    Args:
        split: Windows with their links, entities not exchanged for others.
        graph: The graph they were linked to.
    """
    offsets: Int[np.ndarray, " entity_plus_one"] = graph.adjacency.offsets
    degrees = np.diff(offsets)
    found = [
        WordLinks(np.zeros(len(sentence.words), dtype=np.int64), np.full(len(sentence.words), -1, dtype=np.int64))
        for sentence in split.sentences
    ]
    for feature in split.features:
        slots, words = np.asarray(feature["kg_token_slot"]), np.asarray(feature["word_ids"])
        read = (slots > 0) & (words >= 0)
        if not read.any():
            continue
        entities = np.asarray(feature["kg_entities"], dtype=np.int64)[slots[read] - 1]
        priors = np.where(entities >= 0, np.asarray(feature["kg_priors"], dtype=np.float64)[slots[read] - 1], -1.0)
        likeliest = np.take_along_axis(entities, priors.argmax(axis=1)[:, None], axis=1)[:, 0]
        links = found[feature["sentence"]]
        links.candidates[words[read]] = (entities >= 0).sum(axis=1)
        links.triples[words[read]] = degrees[likeliest]
    return tuple(found)


def slice_names(links: Sequence[tuple[int, int]]) -> list[tuple[str, ...]]:
    """The slices each linked gold entity is in.

    `ambiguous` has more than one candidate. `head` has a likeliest candidate with more triples than the median gold
    entity's, `tail` the others: of the linked gold entities, the half the graph knows more about and the rest.

    Args:
        links: Candidates and triples of every gold entity, 0 and -1 for unlinked ones, which are in none.
    """
    known = [triples for candidates, triples in links if candidates > 0]
    middle = float(np.median(known)) if known else 0.0
    return [
        ("ambiguous" if candidates > 1 else "unambiguous", "head" if triples > middle else "tail")
        if candidates > 0
        else ()
        for candidates, triples in links
    ]
