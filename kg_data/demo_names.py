"""Names for the demo corpora: drawn from the bundled graph, or made up so that no graph knows them."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from kg_data.place_names import fold
from kgattn.graph import KnowledgeGraph

Item = TypeVar("Item")

LABEL_OF_TYPE = {
    "city": "CITY",
    "country": "COUNTRY",
    "currency": "CURRENCY",
    "language": "LANGUAGE",
    "subdivision": "SUBDIVISION",
}
SPLITS = ("train", "dev", "test")
# How many different names of each label the splits get. No name is in two of them.
POOL_SIZES = {
    "CITY": (30, 25, 130),
    "COUNTRY": (18, 14, 60),
    "CURRENCY": (10, 6, 20),
    "LANGUAGE": (20, 16, 60),
    "SUBDIVISION": (30, 25, 130),
}
MIN_LETTERS = {"CITY": 4, "COUNTRY": 4, "CURRENCY": 3, "LANGUAGE": 4, "SUBDIVISION": 4}
# Ends that give a language away without any knowledge.
TELLING_LANGUAGE_ENDS = ("an", "ese", "ic", "ish")
# Names that are English words or first names; a linker may rightly pass over them.
PLAIN_WORDS = frozenset(
    (
        "Bath", "Beau", "Best", "Brest", "Bury", "Carrefour", "Cascade", "Chin", "Deal", "Dong", "Ferry",
        "Grays", "Hove", "Hull", "Lacs", "Leon", "Lunda", "Mali", "Marche", "Mary", "Mina", "Mobile",
        "Nice", "Norman", "Orange", "Pasto", "Pop", "Reading", "Sale", "Same", "Sara", "Split", "Sum",
        "Surprise", "Tours", "Union", "Van", "Waterloo",
    )
)  # fmt: skip
# First names that are also places of the bundled graph.
PLACE_FIRST_NAMES = (
    ("Jordan", "Georgia", "Florence", "Austin", "Chad"),
    ("Sofia", "Lincoln", "Adelaide", "Santiago"),
    (
        "Paris",
        "Victoria",
        "Sydney",
        "Charlotte",
        "Kingston",
        "Hamilton",
        "Orlando",
        "Valencia",
        "Salvador",
        "Alexandria",
    ),
)
FIRST_NAMES = (
    ("Anna", "Peter", "Mira", "Tomas"),
    ("Ruth", "Oskar", "Lena"),
    ("Clara", "Hugo", "Nadia", "Felix", "Iris", "Simon", "Vera", "Otto"),
)
_STARTS = (
    "Bel",
    "Cro",
    "Dra",
    "Fen",
    "Gri",
    "Hul",
    "Jor",
    "Kel",
    "Lum",
    "Mor",
    "Nel",
    "Pra",
    "Quo",
    "Sel",
    "Tri",
    "Vel",
    "Wex",
    "Zor",
)
_MIDDLES = ("", "ba", "do", "fi", "lu", "mi", "po", "ra", "ti", "vo")
_ENDS = (
    "bix",
    "cken",
    "dwell",
    "fex",
    "gant",
    "kov",
    "lix",
    "mott",
    "nax",
    "plin",
    "quist",
    "rwick",
    "stry",
    "tron",
    "vex",
    "zell",
)


class Draw:
    """Random choices that come out the same on every Python version: only `random()` is promised to."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)

    def pick(self, items: Sequence[Item]) -> Item:
        """Pick one item."""
        return items[int(self._random.random() * len(items))]

    def chance(self, probability: float) -> bool:
        """Say yes with this probability."""
        return self._random.random() < probability

    def shuffled(self, items: Sequence[Item]) -> list[Item]:
        """Give the items in a random order."""
        keys = [self._random.random() for _ in items]
        return [items[place] for place in sorted(range(len(items)), key=keys.__getitem__)]


@dataclass(frozen=True)
class NamePool:
    """The names that one split draws from.

    Attributes:
        known: Label -> names of bundled-graph entities.
        invented: Made-up names that no graph knows.
        place_first_names: First names that are also places of the graph.
        first_names: First names that are not.
    """

    known: dict[str, list[str]]
    invented: list[str]
    place_first_names: tuple[str, ...]
    first_names: tuple[str, ...]


def name_pools(graph: KnowledgeGraph, seed: str) -> dict[str, NamePool]:
    """Deal the names out to train, dev and test.

    Only names whose type the graph leaves in no doubt are dealt, and only those that say nothing about it by
    themselves: single words of plain letters, no language in -ish or -ese, no English word.

    Args:
        graph: The bundled graph.
        seed: The same seed deals the same names.
    """
    draw = Draw(seed)
    candidates = _unambiguous_names(graph)
    taken = {name for names in (*PLACE_FIRST_NAMES, *FIRST_NAMES) for name in names}
    known: dict[str, dict[str, list[str]]] = {split: {} for split in SPLITS}
    for label, sizes in POOL_SIZES.items():
        names = draw.shuffled([name for name in candidates[label] if name not in taken])
        for place, split in enumerate(SPLITS):
            start = sum(sizes[:place])
            known[split][label] = names[start : start + sizes[place]]
    words = {fold(word).lower() for label in (*graph.labels, *graph.alias_texts) for word in label.split()}
    invented = draw.shuffled(
        [name for name in (s + m + e for s in _STARTS for m in _MIDDLES for e in _ENDS) if name.lower() not in words]
    )
    return {
        split: NamePool(known[split], invented[place::3], PLACE_FIRST_NAMES[place], FIRST_NAMES[place])
        for place, split in enumerate(SPLITS)
    }


def _unambiguous_names(graph: KnowledgeGraph) -> dict[str, list[str]]:
    """Collect the usable labels of each label class, sorted."""
    labels_of: dict[str, set[str]] = {}
    for entity_id, label in zip(graph.entity_ids, graph.labels, strict=True):
        classes = {LABEL_OF_TYPE.get(type_id, "other") for type_id in graph.types(entity_id)} - {"other"} or {"other"}
        for form in (label, *graph.aliases(entity_id)):
            labels_of.setdefault(fold(form).lower(), set()).update(classes)
    found: dict[str, set[str]] = {label: set() for label in POOL_SIZES}
    for name in graph.labels:
        classes = labels_of[fold(name).lower()]
        label = next(iter(classes))
        if len(classes) == 1 and label in found and _is_usable(name, label):
            found[label].add(name)
    return {label: sorted(names) for label, names in found.items()}


def _is_usable(name: str, label: str) -> bool:
    plain = name.isascii() and name.isalpha() and name.istitle() and len(name) >= MIN_LETTERS[label]
    telling = label == "LANGUAGE" and name.endswith(TELLING_LANGUAGE_ENDS)
    return plain and not telling and name not in PLAIN_WORDS
