"""Abbreviations a document defines itself: "acute myeloid leukemia (AML)" makes AML a name of that disease.

The algorithm of Schwartz and Hearst 2003 ("A simple algorithm for identifying abbreviation definitions in biomedical
text"), run only where the long form is a mention already, or stands in the brackets as one: "AML (acute myeloid
leukemia)". Beyond the paper a short form must hold a capital.
"""

import struct
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache

from spacy.strings import StringStore, get_string_id
from spacy.tokens import Doc

from kgattn.linking.disambiguation.derived import Derived
from kgattn.linking.found import Found, Source
from kgattn.linking.stream import DOC_END, TokenStream
from kgattn.linking.trie import Flag

MIN_LENGTH, MAX_LENGTH = 2, 10  # characters of a short form
MAX_TOKENS = 5  # of a short form; "MK-801" may be three
_OPEN = {get_string_id(text) for text in "(["}
_DASH = get_string_id("-")
_ID_BYTES = 8
_CLOSE = {get_string_id(text) for text in ")],;"}


def find_abbreviations(docs: Sequence[Doc], stream: TokenStream, found: Found) -> list[Derived]:
    """Every place of a short form whose long form is a mention, from its definition on.

    A short form is found again as the same tokens, or with a plural s.
    """
    offset = stream.doc_start[found.doc]
    first, past = offset + found.start, offset + found.end
    chosen = ((stream.flags[past] | stream.flags[first - 1]) & Flag.OPENS).nonzero()[0]
    if not len(chosen):
        return []
    text = _Text(stream, docs[0].vocab.strings)
    definitions: dict[tuple[int, tuple[int, ...]], list[tuple[int, int]]] = {}  # short form: where, of which mention
    columns = (chosen, found.doc[chosen], first[chosen], past[chosen], stream.orth[first[chosen] - 1])
    for mention, number, start, end, before in zip(*(column.tolist() for column in columns), strict=True):
        short = None
        if text.orths[end] in _OPEN:
            short = _after(text, start, end)
        elif before in _OPEN and text.orths[end] in _CLOSE and text.orths[start - 2] != DOC_END:
            short = _before(text, start, end)
        if short is not None:
            form = tuple(text.orths[slice(*short)])
            definitions.setdefault((number, form), []).append((short[0], mention))
    derived: list[Derived] = []
    for (number, form), given in definitions.items():
        given.sort()
        firsts, doc_start = [first for first, _ in given], int(stream.doc_start[number])
        for begin in text.occurrences(form, firsts[0], number):
            mention = given[bisect_right(firsts, begin) - 1][1]  # of the definition nearest before it
            start = begin - doc_start
            derived.append(Derived(number, start, start + len(form), mention, Source.ABBREVIATION))
    derived.sort(key=lambda one: one.origin)
    return list({(one.doc, one.start, one.end): one for one in derived}.values())


class _Text:
    """The tokens of a batch, by their places in its stream.

    Attributes:
        orths: Their ids, each a plain number when asked for.
    """

    def __init__(self, stream: TokenStream, strings: StringStore) -> None:
        self._stream, self._strings = stream, strings
        self.orths, self._spaces = stream.orth.data, stream.space.data
        self._bytes = stream.orth.tobytes()

    def between(self, start: int, end: int) -> str:
        """The text of some tokens."""
        texts = [self._strings[orth] for orth in self.orths[start:end].tolist()]
        for at, space in enumerate(self._spaces[start : end - 1]):
            if space:
                texts[at] += " "
        return "".join(texts)

    def touch(self, token: int) -> bool:
        """Whether a token is joined to the one before by a dash or by nothing."""
        return _DASH in (self.orths[token], self.orths[token - 1]) or not self._spaces[token - 1]

    def occurrences(self, form: tuple[int, ...], first: int, number: int) -> list[int]:
        """Where a form stands in a document, from token `first` on; its last token may be the plural."""
        plural, stop = get_string_id(self._strings[form[-1]] + "s"), self._stream.tokens_of(number).stop
        return sorted({*self._find(form, first, stop), *self._find((*form[:-1], plural), first, stop)})

    def _find(self, form: tuple[int, ...], first: int, stop: int) -> Iterator[int]:
        wanted = struct.pack(f"={len(form)}Q", *form)
        at = self._bytes.find(wanted, _ID_BYTES * first, _ID_BYTES * stop)
        while at >= 0:
            if at % _ID_BYTES == 0:
                yield at // _ID_BYTES
            at = self._bytes.find(wanted, at + 1, _ID_BYTES * stop)


def _after(text: _Text, start: int, end: int) -> tuple[int, int] | None:
    """The short form in brackets after the mention `[start, end)`."""
    first = end + 1
    for last in range(first, first + MAX_TOKENS + 1):
        orth = text.orths[last]
        if orth in _CLOSE:
            return (first, last) if last > first and _defines(text, (first, last), (start, end)) else None
        if orth == DOC_END:
            return None
    return None


def _before(text: _Text, start: int, end: int) -> tuple[int, int] | None:
    """The short form before the brackets around the mention `[start, end)`."""
    last = start - 1
    first = last - 1
    while last - first < MAX_TOKENS and text.orths[first - 1] != DOC_END and text.touch(first):
        first -= 1
    shorts = ((begin, last) for begin in range(first, last))
    return next((short for short in shorts if _defines(text, short, (start, end))), None)


def _defines(text: _Text, short: tuple[int, int], long: tuple[int, int]) -> bool:
    """Whether the tokens `[short)` abbreviate the tokens `[long)`; most brackets hold no short form at all."""
    form = text.between(*short)
    return is_short_form(form) and defines(form, text.between(*long))


@lru_cache(maxsize=65536)
def is_short_form(text: str) -> bool:
    """Whether a text may be an abbreviation, whatever it stands for."""
    return (
        MIN_LENGTH <= len(text.replace(" ", "")) <= MAX_LENGTH
        and text[:1].isalnum()
        and any(letter.isupper() for letter in text)
    )


@lru_cache(maxsize=65536)
def defines(short: str, long: str) -> bool:
    """Whether `short` abbreviates the text `long`, or the end of it."""
    return is_short_form(short) and len(long) > len(short) and long_form_start(short, long) is not None


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
