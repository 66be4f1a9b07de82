"""Which entities are persons, and which surnames may stand for them alone: "Bonino" for "Emma Bonino".

A surname in a text is often that of somebody else: on texts about persons whom the graph hardly knows, where it stands
is right more often than whom it names. So what the class of variants `surname` finds stays only where the document
speaks for the person, by words or by other mentions near in the graph. `LinkerConfig.short_names` finds surnames behind
the name in full without that.
"""

from itertools import chain

import numpy as np

from kgattn.graph import KnowledgeGraph
from kgattn.linking.atoms import fold, stable_hash
from kgattn.linking.disambiguation.types import having, type_rows
from kgattn.linking.lexicon import Lexicon
from kgattn.linking.text_hashes import hashes_of
from kgattn.shapes import Bool

_PERSON_TYPES = ("person", "human", "people", "politician", "http://www.wikidata.org/entity/Q5")
_MIN_LENGTH = 3
_RARE = 2  # entities without types: most labels that may end in the same word
_ARTICLES = ("The", "A", "An")
_LABEL_END = np.dtype([("end", np.uint64), ("is_name", np.bool_)])


def persons_of(graph: KnowledgeGraph) -> Bool[np.ndarray, " entity"]:
    """Whether each entity seems to be a person.

    An entity without types counts as one where its label is two to four capitalised words and hardly another label ends
    in the same word: "Merkel", not "Party".
    """
    person = having(graph, type_rows(graph, _PERSON_TYPES, strict=False))
    untyped = np.diff(graph.type_offsets) == 0
    labels = np.fromiter(map(_label_end, graph.labels), dtype=_LABEL_END, count=graph.num_entities)
    _, place, count = np.unique(labels["end"], return_inverse=True, return_counts=True)
    allowed: np.ndarray = person | (untyped & labels["is_name"] & (count <= _RARE)[place])
    return allowed


def _label_end(label: str) -> tuple[int, bool]:
    """Hash of the folded last word, 0 where there is none, and whether the label looks like a person's name."""
    words = label.split()
    return (stable_hash(fold(words[-1])), is_name(words)) if words else (0, False)


def is_name(words: list[str]) -> bool:
    """Whether these are two to four capitalised words, the last one long enough and no acronym."""
    return (
        2 <= len(words) <= 4
        and all(word[:1].isupper() or word == "." for word in words)
        and len(words[-1]) >= _MIN_LENGTH
        and not words[-1].isupper()
        and words[-1].isalpha()
    )


def surname(name: str) -> str | None:
    """The last word of a name of two to four words, without what stands in brackets or behind a comma."""
    words = _words(name)
    return words[-1] if is_name(words) and words[0] not in _ARTICLES else None


def having_surnames(graph: KnowledgeGraph, lexicon: Lexicon) -> Bool[np.ndarray, " use"]:
    """Of each label and then each alias whether it is a person's, and its `surname` may stand for the person alone.

    It may not where it is an everyday word ("Page"), or no likelier to end a person's name than to stand elsewhere in a
    name: "William", "American".
    """
    person = persons_of(graph)
    owners = np.repeat(np.arange(graph.num_entities, dtype=np.int32), np.diff(graph.alias_offsets))
    of_person = np.concatenate([person, person[owners]])

    def last(name: str, is_person: np.bool) -> int:
        word = surname(name) if is_person else None
        return 0 if word is None or lexicon.is_common(fold(word)) else stable_hash(word)

    names = chain(graph.labels, graph.alias_texts)
    ends = np.fromiter(map(last, names, of_person), dtype=np.uint64, count=len(of_person))
    words, place, count = np.unique(ends, return_inverse=True, return_counts=True)
    elsewhere = hashes_of(word for name in chain(graph.labels, graph.alias_texts) for word in _words(name)[:-1])
    at = np.minimum(np.searchsorted(words, elsewhere), len(words) - 1)
    inside = np.bincount(at[words[at] == elsewhere], minlength=len(words))
    likely: np.ndarray = (ends > 0) & (count > inside)[place]
    return likely


def _words(name: str) -> list[str]:
    return name.partition(" (")[0].partition(",")[0].split()
