"""Acronyms of organisations: "UUP" of "Ulster Unionist Party".

The letters are the initials of the words with a capital, as entity linkers generate them from the labels of a knowledge
base (Varma et al. 2009, "IIIT Hyderabad at TAC 2009"). Any three words make three letters, and those of persons, films
and places are hardly ever used: so the name must hold a word for an organisation. Names of two words have none: two
letters mean too much.
"""

import re
from collections.abc import Iterator

from kgattn.linking.organisations import ORGANISATIONS
from kgattn.linking.policy import MAX_ACRONYM_LENGTH

MIN_LETTERS = 3
_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|['-])*")
_SMALL_WORDS = """
    and da de del der des di do du et for für i in la le of on the to und y
"""
_SMALL = frozenset(_SMALL_WORDS.split())


def acronym(alias: str, language: str) -> Iterator[str]:
    """The initials of an organisation's name, three to five of them, all words but small ones having a capital.

    Args:
        alias: Tidy; one with commas, dots, brackets or digits gives nothing.
        language: Code as in `nlp.lang`; there are rules for English alone.
    """
    large = [word for word in alias.split(" ") if word not in _SMALL] if language == "en" else []
    if not all(_WORD.fullmatch(word) and word[0].isupper() and not word.isupper() for word in large):
        return
    letters = "".join(part[0] for word in large for part in word.split("-") if part[:1].isupper())
    if MIN_LETTERS <= len(letters) <= MAX_ACRONYM_LENGTH and not ORGANISATIONS.isdisjoint(map(str.lower, large)):
        yield letters
