"""Short later mentions: "Merkel" and "President Merkel" after "Angela Merkel"."""

from collections.abc import Sequence

import numpy as np
from spacy.strings import StringStore
from spacy.tokens import Doc

from kgattn.graph import KnowledgeGraph
from kgattn.linking.candidates import CandidateRows
from kgattn.linking.config import LinkerConfig
from kgattn.linking.disambiguation.derived import Derived
from kgattn.linking.found import Found, Source
from kgattn.linking.persons import is_name, persons_of
from kgattn.linking.sentences import is_stop
from kgattn.linking.stream import TokenStream
from kgattn.linking.titles import is_title
from kgattn.shapes import Bool, Int


def has_short_name(graph: KnowledgeGraph, config: LinkerConfig) -> Bool[np.ndarray, " named"]:
    """Whether the last word of an entity's name may stand for the entity later on; empty when the setting is off.

    It may for persons. Names of other kinds are left alone: nobody says "Carolina" for "South Carolina".
    """
    return persons_of(graph) if config.short_names else np.zeros(0, dtype=bool)


def find_short_names(
    docs: Sequence[Doc],
    stream: TokenStream,
    found: Found,
    rows: CandidateRows,
    short: Bool[np.ndarray, " named"],
    titles: str = "",
) -> list[Derived]:
    """Later places of the last word of a full name, capitalised, alone, and of no other meaning.

    A title of the language `titles` may stand before it. A word that is an alias itself is left as it is, unless the
    full name's first candidate is among its own.
    """
    size = found.end - found.start
    full = np.flatnonzero((size >= 2) & (size <= 4) & (found.source <= Source.VARIANT))
    full = full[short[rows.entities[rows.offsets[found.row[full]]]]]
    if not len(full):
        return []
    sure = (found.source != Source.WEAK).nonzero()[0]
    places = zip(found.doc[sure].tolist(), found.start[sure].tolist(), strict=True)
    known = dict(zip(places, sure.tolist(), strict=True))
    derived: list[Derived] = []
    for number, said in _last_words(stream, found, full, docs[0].vocab.strings).items():
        doc, orths = docs[number], stream.orth[stream.tokens_of(number)]
        latest: dict[int, int] = {}
        words = np.flatnonzero((orths[:, None] == orths[list(said)]).any(axis=1))  # in the order of the text
        for at, orth in zip(words.tolist(), orths[words].tolist(), strict=True):
            mention = latest.get(orth)
            if mention is not None and not _in_longer_name(doc, at, titles):
                entity = int(rows.entities[rows.offsets[found.row[mention]]])
                other = known.get((number, at))
                if other is None or entity in _entities(rows, int(found.row[other])):
                    derived.append(Derived(number, at, at + 1, mention, Source.SHORT_NAME))
            if at in said:
                latest[orth] = said[at]
    return derived


def _last_words(
    stream: TokenStream, found: Found, full: Int[np.ndarray, " full"], strings: StringStore
) -> dict[int, dict[int, int]]:
    """By document, the tokens that end a name in full, and its mention."""
    said: dict[int, dict[int, int]] = {}
    first = stream.doc_start[found.doc[full]] + found.start[full]
    columns = full, first, *(column[full] for column in found[:3])
    for mention, at, number, start, end in zip(*(column.tolist() for column in columns), strict=True):
        if is_name([strings[orth] for orth in stream.orth[at : at + end - start].tolist()]):
            said.setdefault(number, {})[end - 1] = mention
    return said


def _entities(rows: CandidateRows, row: int) -> list[int]:
    entities: list[int] = rows.entities[int(rows.offsets[row]) : int(rows.offsets[row + 1])].tolist()
    return entities


def _in_longer_name(doc: Doc, at: int, titles: str) -> bool:
    """Whether the word before, unless it begins a sentence, or the one after is capitalised: part of another name.

    A title before it is no such word.
    """
    name_before = at > 1 and doc[at - 1].text[:1].isupper() and not is_stop(doc[at - 2].text)
    before = name_before and not is_title(doc[at - 1].text, titles)
    after = at + 1 < len(doc) and doc[at + 1].text[:1].isupper()
    return before or after
