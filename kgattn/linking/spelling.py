"""British and American spelling of English words."""

import re
from collections.abc import Iterator

# British -> American, by pieces of words that hold in all inflections; "^" is the beginning of a word. A piece may
# make a word that does not exist ("acadaemia"): no text holds it.
_PIECES = {
    "aemia": "emia",
    "aemic": "emic",
    "aesthe": "esthe",
    "^caesarean": "^cesarean",
    "centre": "center",
    "^coeliac": "^celiac",
    "colour": "color",
    "defence": "defense",
    "rrhoea": "rrhea",
    "pnoea": "pnea",
    "^faec": "^fec",
    "favour": "favor",
    "fibre": "fiber",
    "^foetal": "^fetal",
    "^foetus": "^fetus",
    "gynaeco": "gyneco",
    "^haem": "^hem",
    "harbour": "harbor",
    "labour": "labor",
    "leucocyt": "leukocyt",
    "leukaem": "leukem",
    "neighbour": "neighbor",
    "oedema": "edema",
    "oesophag": "esophag",
    "^oestr": "^estr",
    "orthopaedic": "orthopedic",
    "paediatric": "pediatric",
    "programme": "program",
    "sulph": "sulf",
    "theatre": "theater",
    "tumour": "tumor",
    "behaviour": "behavior",
    "isation": "ization",
    "organis": "organiz",
    "aluminium": "aluminum",
}


def _pattern(pieces: list[str]) -> "re.Pattern[str]":
    alternatives = (piece.replace("^", r"\b") for piece in sorted(pieces, key=len, reverse=True))
    return re.compile("|".join(alternatives), re.IGNORECASE)


_BRITISH, _AMERICAN = _pattern(list(_PIECES)), _pattern(list(_PIECES.values()))
_TO_AMERICAN = {british.strip("^"): american.strip("^") for british, american in _PIECES.items()}
_TO_BRITISH = {american: british for british, american in _TO_AMERICAN.items()}


def respell(alias: str) -> Iterator[str]:
    """The other spelling: American where a piece is British, else British where one is American."""
    folded = alias.lower()
    if any(piece in folded for piece in _TO_AMERICAN) and _BRITISH.search(alias):
        yield _BRITISH.sub(lambda found: _like(found[0], _TO_AMERICAN[found[0].lower()]), alias)
    elif any(piece in folded for piece in _TO_BRITISH) and _AMERICAN.search(alias):
        yield _AMERICAN.sub(lambda found: _like(found[0], _TO_BRITISH[found[0].lower()]), alias)


def _like(piece: str, other: str) -> str:
    """The other piece with the capitals of this one."""
    if piece.isupper():
        return other.upper()
    return other.capitalize() if piece[0].isupper() else other
