"""Cleaning the names that gazetteers and code lists carry."""

import re
import unicodedata

_BRACKETS = re.compile(r"\s*(\[[^\]]*\]|\([^)]*\))")
_SPECIAL = str.maketrans({"ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ł": "l", "Ł": "L", "ı": "i", "ß": "ss", "æ": "ae"})
_QUOTES = re.compile("[’‘ʻʼ`']")

# Names of subdivisions that are plain words: they are only matched together with what they are ("Central Province").
GENERIC_NAMES = frozenset(
    (
        "bar",
        "bay",
        "capital",
        "central",
        "centrale",
        "centre",
        "centro",
        "coast",
        "coastal",
        "costa",
        "east",
        "eastern",
        "este",
        "est",
        "gulf",
        "highlands",
        "islands",
        "lac",
        "lakes",
        "litoral",
        "littoral",
        "lower",
        "male",
        "maritime",
        "mono",
        "nord",
        "norte",
        "north",
        "northern",
        "oeste",
        "ouest",
        "pest",
        "plateaux",
        "pool",
        "red",
        "river",
        "savanes",
        "south",
        "southern",
        "sud",
        "sul",
        "sur",
        "upper",
        "west",
        "western",
    )
)


def fold(text: str) -> str:
    """Write a name without accents and typographic quotes: "São Tomé" -> "Sao Tome"."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_SPECIAL))
    return _QUOTES.sub("'", "".join(char for char in decomposed if not unicodedata.combining(char)))


def without_brackets(text: str) -> str:
    """Drop what stands in brackets: "Girona [Gerona]" -> "Girona"."""
    return _BRACKETS.sub("", text).strip()


def uninvert(text: str) -> str:
    """Turn an inverted name round: "Iran, Islamic Republic of" -> "Islamic Republic of Iran".

    A list of names ("Nations, Nationalities and Peoples") stays as it is.
    """
    parts = text.split(", ")
    if len(parts) != 2 or " and " in f" {parts[1]} ":
        return text
    return (
        f"{parts[1].removeprefix('The ')} {parts[0]}"
        if parts[1].endswith((" of", " the"))
        else f"{parts[1]} {parts[0]}"
    )


def spellings(name: str) -> list[str]:
    """List further ways to write a name: without accents, and without the apostrophes of transliteration."""
    plain = fold(name)
    return [form for form in dict.fromkeys((plain, plain.replace("'", ""))) if form != name]
