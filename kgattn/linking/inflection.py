"""Singular and plural of the words of an alias, by simple rules a language.

A rule may make a word that does not exist ("diabete"): no text holds it, and a form that is an alias of its own goes
before. What a rule leaves out is never found, so each names the endings that are frequent in terms and names.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

_MIN_LETTERS = 3

_EN_IRREGULAR = {
    "child": "children",
    "foot": "feet",
    "goose": "geese",
    "man": "men",
    "mouse": "mice",
    "person": "people",
    "tooth": "teeth",
    "woman": "women",
}
_EN_REGULAR = {plural: singular for singular, plural in _EN_IRREGULAR.items()}
_EN_NO_NUMBER = frozenset({"news", "series", "species", "diabetes", "rabies", "scabies", "herpes"})
_EN_SIBILANT = re.compile(r"(s|x|z|ch|sh)$")
_EN_NO_PLURAL = re.compile(r"(ss|us|is|(?<!m)as)$")
_DE_FEMININE = re.compile(r"(ung|heit|keit|schaft|tät|ion)$")


class Inflection(NamedTuple):
    """How a language inflects.

    Attributes:
        word: The other numbers (or cases) of a word in lower case.
        every_word: Whether the words beside the noun follow it, as in Spanish.
        stops: Words that end the noun phrase: what follows them stays as it is.
        capitals: Whether words with a capital are inflected too: in German all nouns have one.
    """

    word: Callable[[str], Iterator[str]]
    every_word: bool
    stops: frozenset[str]
    capitals: bool


def inflect(alias: str, language: str) -> Iterator[str]:
    """The alias in its other number.

    "beta blockers" and "beta blocker" give each other; "sign of disease" gives "signs of disease". Names are left alone
    where a language writes them alone with a capital; an acronym gets the plural in s of English.

    Args:
        alias: Tidy; one with commas gives nothing.
        language: Code as in `nlp.lang`; one without rules gives nothing.
    """
    rules = INFLECTIONS.get(language)
    if rules is None or "," in alias:
        return
    words = alias.split(" ")
    end = next((at for at, word in enumerate(words[1:], 1) if word in rules.stops), len(words))
    head = words[end - 1]
    if language == "en" and head.isupper() and head.isalpha() and len(words) == 1:
        yield alias + "s"
        return
    stem, dash, head = head.rpartition("-")
    stem += dash
    if (
        len(head) < _MIN_LETTERS
        or not head.isalpha()
        or not (head.islower() or (rules.capitals and head[1:].islower()))
    ):
        return
    for other in other_numbers(head, language):
        before = words[: end - 1]
        if rules.every_word:
            plural = len(other) > len(head)
            before = [_agree(word, rules.word, plural) for word in before]
        yield " ".join([*before, stem + other, *words[end:]])


@lru_cache(maxsize=100_000)
def other_numbers(word: str, language: str) -> tuple[str, ...]:
    """The other numbers of a word in lower case; none in a language without rules."""
    rules = INFLECTIONS.get(language)
    return () if rules is None or len(word) < _MIN_LETTERS else tuple(rules.word(word))


def _agree(word: str, rule: Callable[[str], Iterator[str]], plural: bool) -> str:
    """The form of a word that is longer, for a plural, or shorter; the word itself where there is none."""
    if not word.isalpha() or len(word) < _MIN_LETTERS:
        return word
    fitting = (other for other in rule(word) if (len(other) > len(word)) is plural)
    return next(fitting, word)


def english(word: str) -> Iterator[str]:
    """Singular of a plural, plural of a singular; both where the ending leaves it open."""
    known = _EN_IRREGULAR.get(word) or _EN_REGULAR.get(word)
    if word in _EN_NO_NUMBER or word.endswith("ics"):
        return
    if known:
        yield known
    elif word.endswith(("oses", "yses", "ases")) and len(word) > 6:  # "diagnoses", "analyses"; and "diseases"
        yield word[:-2] + "is"
        yield word[:-1]
    elif word.endswith("ies") and len(word) > 4:
        yield word[:-3] + "y"
    elif word.endswith(("sses", "xes", "ches", "shes", "uses")):
        yield word[:-2]
        if word.endswith(("uses", "ches")):  # "viruses" and "causes", "batches" and "headaches"
            yield word[:-1]
    elif word.endswith("sis"):
        yield word[:-2] + "es"
    elif word.endswith("s") and not _EN_NO_PLURAL.search(word):
        yield word[:-1]
    elif word.endswith("y") and word[-2] not in "aeiou":
        yield word[:-1] + "ies"
    elif _EN_SIBILANT.search(word):
        yield word + "es"
        if word.endswith("ch"):  # "stomachs"
            yield word + "s"
    else:
        yield word + "s"


def german(word: str) -> Iterator[str]:
    """Plural in -n, -en and -innen, genitive in -s, and back."""
    if word.endswith("en") and _DE_FEMININE.search(word[:-2]):
        yield word[:-2]
    elif word.endswith("innen"):
        yield word[:-3]
    elif word.endswith("en") and len(word) > 4:
        yield word[:-1]
    elif _DE_FEMININE.search(word):
        yield word + "en"
    elif word.endswith("e"):
        yield word + "n"
    elif word.endswith("in"):
        yield word + "nen"
    elif not word.endswith(("s", "ß", "x", "z", "n")):
        yield word + "s"
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        yield word[:-1]


def spanish(word: str) -> Iterator[str]:
    """Plural in -s, -es and -ces, and back."""
    if word.endswith("ces"):
        yield word[:-3] + "z"
    elif word.endswith("ones"):
        yield word[:-4] + "ón"
    elif word.endswith("es") and word[-3] in "rldnj":
        yield word[:-2]
    elif word.endswith("s"):
        if not word.endswith("is"):
            yield word[:-1]
    elif word.endswith("z"):
        yield word[:-1] + "ces"
    elif word.endswith("ón"):
        yield word[:-2] + "ones"
    elif word[-1] in "aeiouáéó":
        yield word + "s"
    else:
        yield word + "es"


def french(word: str) -> Iterator[str]:
    """Plural in -s, -aux and -x, and back."""
    if word.endswith(("eaux", "eux")):
        yield word[:-1]
    elif word.endswith("aux"):
        yield word[:-2] + "l"
    elif word.endswith("s"):
        yield word[:-1]
    elif word.endswith("al"):
        yield word[:-2] + "aux"
    elif word.endswith(("eau", "eu")):
        yield word + "x"
    elif not word.endswith(("x", "z")):
        yield word + "s"


INFLECTIONS = {
    "en": Inflection(
        english,
        every_word=False,
        stops=frozenset(
            ["of", "in", "with", "to", "for", "by", "from", "due", "at", "on", "without", "and", "or", "against"]
        ),
        capitals=False,
    ),
    "de": Inflection(
        german,
        every_word=False,
        stops=frozenset(["der", "des", "von", "vom", "im", "in", "mit", "und", "zur", "zum", "für", "bei", "ohne"]),
        capitals=True,
    ),
    "es": Inflection(
        spanish,
        every_word=True,
        stops=frozenset(["de", "del", "en", "con", "por", "para", "sin", "a", "al", "y", "o"]),
        capitals=False,
    ),
    "fr": Inflection(
        french,
        every_word=True,
        stops=frozenset(["de", "du", "des", "d'", "en", "à", "au", "aux", "avec", "par", "pour", "sans", "et", "ou"]),
        capitals=False,
    ),
}
