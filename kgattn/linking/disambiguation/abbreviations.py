"""Abbreviations a document defines itself: "acute myeloid leukemia (AML)" makes AML a name of that disease.

The algorithm of Schwartz and Hearst 2003 ("A simple algorithm for identifying abbreviation definitions in biomedical
text"), run only where the long form is a mention already, or stands in the brackets as one: "AML (acute myeloid
leukemia)". Beyond the paper a short form must hold a capital.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
from jaxtyping import UInt64
from spacy.strings import get_string_id
from spacy.tokens import Doc

from kgattn.linking.disambiguation.derived import Derived
from kgattn.linking.found import Found, Source
from kgattn.linking.stream import TokenStream
from kgattn.linking.trie import Flag

MIN_LENGTH, MAX_LENGTH = 2, 10  # characters of a short form
MAX_TOKENS = 5  # of a short form; "MK-801" may be three
_OPEN = {get_string_id(text) for text in "(["}
_CLOSE = {get_string_id(text) for text in ")],;"}


def find_abbreviations(docs: Sequence[Doc], stream: TokenStream, found: Found) -> list[Derived]:
    """Every place of a short form whose long form is a mention, from its definition on.

    A short form is found again as the same tokens, or with a plural s.
    """
    definitions: dict[tuple[int, tuple[int, ...]], list[tuple[int, int]]] = {}  # short form: where, of which mention
    offset = stream.doc_start[found.doc]
    beside = stream.flags[offset + found.end] | stream.flags[offset + found.start - 1]
    for mention in np.flatnonzero(beside & Flag.OPENS).tolist():
        number, start, end = (int(column[mention]) for column in found[:3])
        doc = docs[number]
        short = None
        if end < len(doc) - 1 and doc[end].orth in _OPEN:
            short = _after(doc, start, end)
        elif start >= 2 and end < len(doc) and doc[start - 1].orth in _OPEN and doc[end].orth in _CLOSE:
            short = _before(doc, start, end)
        if short is not None:
            form = tuple(doc[at].orth for at in range(*short))
            definitions.setdefault((number, form), []).append((short[0], mention))
    orths = {number: docs[number].to_array("ORTH") for number in {number for number, _ in definitions}}
    derived: list[Derived] = []
    for (number, form), given in definitions.items():
        given.sort()
        firsts = [first for first, _ in given]
        plural = get_string_id(docs[number].vocab.strings[form[-1]] + "s")
        for begin in _occurrences(orths[number], form, plural, firsts[0]):
            mention = given[bisect_right(firsts, begin) - 1][1]  # of the definition nearest before it
            derived.append(Derived(number, begin, begin + len(form), mention, Source.ABBREVIATION))
    derived.sort(key=lambda one: one.origin)
    return list({(one.doc, one.start, one.end): one for one in derived}.values())


def _after(doc: Doc, start: int, end: int) -> tuple[int, int] | None:
    """The short form in brackets after the mention `[start, end)`."""
    first = end + 1
    last = next((at for at in range(first, min(first + MAX_TOKENS + 1, len(doc))) if doc[at].orth in _CLOSE), first)
    return (first, last) if defines(doc[first:last].text, doc[start:end].text) else None


def _before(doc: Doc, start: int, end: int) -> tuple[int, int] | None:
    """The short form before the brackets around the mention `[start, end)`."""
    last = start - 1
    first = last - 1
    while first > 0 and last - first < MAX_TOKENS and _attached(doc, first):
        first -= 1
    for begin in range(first, last):
        if defines(doc[begin:last].text, doc[start:end].text):
            return begin, last
    return None


def _attached(doc: Doc, token: int) -> bool:
    """Whether a token is joined to the one before by a dash or by nothing."""
    return not doc[token - 1].whitespace_ or doc[token].text == "-" or doc[token - 1].text == "-"


def _occurrences(orths: UInt64[np.ndarray, " token"], form: tuple[int, ...], plural: int, first: int) -> Iterator[int]:
    """Where the short form stands, from token `first` on; its last token may be the plural."""
    windows = np.lib.stride_tricks.sliding_window_view(orths[first:], len(form))
    ending = windows[:, -1]
    same = (ending == form[-1]) | (ending == plural)
    same &= (windows[:, :-1] == np.array(form[:-1], dtype=np.uint64)).all(axis=1)
    yield from (np.flatnonzero(same) + first).tolist()


@lru_cache(maxsize=65536)
def defines(short: str, long: str) -> bool:
    """Whether `short` abbreviates the text `long`, or the end of it."""
    letters = short.replace(" ", "")
    if not (
        MIN_LENGTH <= len(letters) <= MAX_LENGTH
        and short[:1].isalnum()
        and any(letter.isupper() for letter in short)
        and len(long) > len(short)
    ):
        return False
    return long_form_start(short, long) is not None


def long_form_start(short: str, long: str) -> int | None:
    """Where in `long` the shortest long form of `short` begins; None when the letters are not there.

    From right to left each letter or digit of the short form is found in the text before; the first one
    must begin a word (Schwartz and Hearst 2003, `findBestLongForm`).
    """
    short, long = short.casefold(), long.casefold()
    place = len(long)
    for at in range(len(short) - 1, -1, -1):
        letter = short[at]
        if not letter.isalnum():
            continue
        place -= 1
        while place >= 0 and (long[place] != letter or (at == 0 and place > 0 and long[place - 1].isalnum())):
            place -= 1
        if place < 0:
            return None
    return place
