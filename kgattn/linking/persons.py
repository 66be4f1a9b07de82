"""Which entities are persons, and which surnames may stand for them alone: "Bonino" for "Emma Bonino".

A surname in a text is often that of somebody else: on news about persons whom the graph hardly knows, where it stands
is right more often than whom it names. So the class of variants `surname` is off by default, and
`LinkerConfig.short_names` finds surnames only behind the name in full.
"""

from collections import Counter
from itertools import chain

import numpy as np

from kgattn.graph import KnowledgeGraph
from kgattn.linking.atoms import fold
from kgattn.linking.disambiguation.types import having, type_rows
from kgattn.linking.lexicon import Lexicon
from kgattn.shapes import Bool

_PERSON_TYPES = ("person", "human", "people", "politician", "http://www.wikidata.org/entity/Q5")
_MIN_LENGTH = 3
_RARE = 2  # entities without types: most labels that may end in the same word
_ARTICLES = ("The", "A", "An")


def persons_of(graph: KnowledgeGraph) -> Bool[np.ndarray, " entity"]:
    """Whether each entity seems to be a person.

    An entity without types counts as one where its label is two to four capitalised words and hardly another label ends
    in the same word: "Merkel", not "Party".
    """
    person = having(graph, type_rows(graph, _PERSON_TYPES, strict=False))
    untyped = np.diff(graph.type_offsets) == 0
    words = [label.split() for label in graph.labels]
    ends = Counter(fold(parts[-1]) for parts in words if parts)
    rare = np.array([is_name(parts) and ends[fold(parts[-1])] <= _RARE for parts in words], dtype=bool)
    allowed: np.ndarray = person | (untyped & rare)
    return allowed


def is_name(words: list[str]) -> bool:
    """Whether these are two to four capitalised words, the last one long enough and no acronym."""
    return (
        2 <= len(words) <= 4
        and all(word[:1].isupper() or word == "." for word in words)
        and len(words[-1]) >= _MIN_LENGTH
        and not words[-1].isupper()
        and words[-1].isalpha()
    )


def surnames_of(graph: KnowledgeGraph, lexicon: Lexicon) -> dict[str, str]:
    """Of the names of persons that have one, the surname that is found for them too.

    A surname is the last word of a label or alias of two to four words, without what stands in brackets or behind a
    comma. Left out are everyday words ("Page"), and words that are no likelier to end a person's name than to stand
    elsewhere in a name: "William", "American".
    """
    person = persons_of(graph)
    owners = np.repeat(np.arange(graph.num_entities), np.diff(graph.alias_offsets))
    of_person = chain(person.tolist(), person[owners].tolist())
    found: dict[str, str] = {}
    last: Counter[str] = Counter()
    inside: Counter[str] = Counter()
    for name, is_person in zip(chain(graph.labels, graph.alias_texts), of_person, strict=True):
        words = name.partition(" (")[0].partition(",")[0].split()
        inside.update(words[:-1])
        if is_person and is_name(words) and words[0] not in _ARTICLES:
            found[name] = words[-1]
            last[words[-1]] += 1
    return {
        name: word for name, word in found.items() if last[word] > inside[word] and not lexicon.is_common(fold(word))
    }
