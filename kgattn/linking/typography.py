"""Other ways to set the same words: hyphens, apostrophes, Greek letters, accents."""

import re
import unicodedata
from collections.abc import Iterator

_MAX_HYPHENS = 2  # names of chemicals have more, and each of them matters
_HYPHEN = re.compile(r"(?<=\w)-(?=\w)")
_CODE = re.compile(r"([A-Za-z]{1,6})([- ]?)(\d+[A-Za-z]?)")
_PREFIXES = frozenset(
    [
        "alpha",
        "anti",
        "beta",
        "gamma",
        "hyper",
        "hypo",
        "inter",
        "intra",
        "multi",
        "neuro",
        "non",
        "poly",
        "post",
        "pre",
        "pseudo",
        "sub",
        "super",
    ]
)
_SECOND_WORD = re.compile(r"[a-z]{3,}\b")
_POSSESSIVE = re.compile(r"(?<=\w)'s\b|(?<=s)'(?=\s|$)")
_INNER_APOSTROPHE = re.compile(r"(?<=\w)'(?=\w)")
_EPONYM_NOUNS = frozenset(["disease", "syndrome", "palsy", "chorea", "sign", "law", "theorem"])
_EPONYM = re.compile(r"[^\W\d_]{3,}[^\W\d_sS]")

_GREEK = {
    "α": "alpha",
    "β": "beta",
    "γ": "gamma",
    "δ": "delta",
    "ε": "epsilon",
    "ζ": "zeta",
    "η": "eta",
    "θ": "theta",
    "κ": "kappa",
    "λ": "lambda",
    "μ": "mu",
    "σ": "sigma",
    "τ": "tau",
    "φ": "phi",
    "χ": "chi",
    "ψ": "psi",
    "ω": "omega",
}
# A letter that stands alone: Greek text itself is left in peace.
_LONE_GREEK = re.compile(rf"(?<![^\W\d_a-zA-Z])[{''.join(_GREEK)}](?![^\W\d_a-zA-Z])", re.IGNORECASE)
_FREQUENT = ("alpha", "beta", "gamma", "delta", "epsilon", "kappa", "lambda", "sigma", "omega")
_GREEK_NAME = re.compile(rf"(?<![^\W_])({'|'.join(_FREQUENT)})(?![^\W\d_])")
_GREEK_LETTER = {name: letter for letter, name in _GREEK.items()}

_PLAIN = str.maketrans(
    {"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ı": "i"}
)
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
_LATIN_ACCENTS = re.compile(r"(?<=[A-Za-z])[\u0300-\u036f]+")


def rehyphenate(alias: str) -> Iterator[str]:
    """Hyphen, space and one word.

    "beta-blocker" gives "beta blocker" and "betablocker"; "beta blocker", which begins with a known prefix, gives the
    other two; "MK-801", "MK 801" and "MK801" give each other. Names with more than two hyphens have no variants.
    """
    code = _CODE.fullmatch(alias) if any(map(str.isdigit, alias[-2:])) else None
    if code:
        yield from (code[1] + mark + code[3] for mark in ("-", " ", "") if mark != code[2])
        return
    if "-" not in alias:
        prefix, _, rest = alias.partition(" ")
        if prefix.lower() in _PREFIXES and _SECOND_WORD.match(rest):
            yield f"{prefix}-{rest}"
            yield prefix + rest
        return
    hyphens = len(_HYPHEN.findall(alias))
    if 0 < hyphens <= _MAX_HYPHENS:
        yield _HYPHEN.sub(" ", alias)
        left, _, right = alias.partition("-")
        if hyphens == 1 and left[-2:].isalpha() and right[:2].isalpha() and len(left) > 1 and len(right) > 1:
            yield left + right


def reapostrophise(alias: str) -> Iterator[str]:
    """Possessives with and without apostrophe and s; other apostrophes left out.

    "Parkinson's disease" gives "Parkinson disease" and "Parkinsons disease"; "Parkinson disease", by the noun it ends
    in, gives the other two; "O'Toole" gives "OToole".
    """
    if "'" not in alias:
        eponym, _, noun = alias.partition(" ")
        if noun.lower() in _EPONYM_NOUNS and _EPONYM.fullmatch(eponym):
            yield f"{eponym}'s {noun}"
            yield f"{eponym}s {noun}"
        return
    bare = _POSSESSIVE.sub("", alias)
    if bare != alias:
        yield bare
        if "'s" in alias:
            yield alias.replace("'s", "s")
    elif _INNER_APOSTROPHE.search(alias):
        yield _INNER_APOSTROPHE.sub("", alias)


def transcribe_greek(alias: str) -> Iterator[str]:
    """Greek letters spelt out, or spelt-out letters as one: "α-tocopherol" and "alpha-tocopherol" give each other."""
    if not alias.isascii() and _LONE_GREEK.search(alias):
        yield _LONE_GREEK.sub(lambda found: _GREEK[found[0].lower().replace("ς", "σ")], alias)
    elif alias.islower() and any(name in alias for name in _FREQUENT) and _GREEK_NAME.search(alias):
        yield _GREEK_NAME.sub(lambda found: _GREEK_LETTER[found[0]], alias)


def drop_accents(alias: str, language: str) -> Iterator[str]:
    """Latin letters without marks: "São Paulo" gives "Sao Paulo"; in German "Köln" gives "Koeln" too."""
    if alias.isascii():
        return
    if language == "de":
        spelt = alias.translate(_UMLAUTS)
        if spelt != alias:
            yield spelt
    plain = _LATIN_ACCENTS.sub("", unicodedata.normalize("NFD", alias)).translate(_PLAIN)
    plain = unicodedata.normalize("NFC", plain)
    if plain != alias:
        yield plain
