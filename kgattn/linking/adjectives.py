"""Adjectives of terms: "hypertensive" of "hypertension", "ischaemic" of "ischaemia".

What MetaMap calls derivational variants (Aronson 2001, "Effective mapping of biomedical text to the UMLS
Metathesaurus"), by endings of Greek and Latin that name a state or a disease. Left out are endings whose adjective says
more about a tissue, a cell, a drug or everyday life than about the disease: "metastatic", "hyperplastic",
"hemorrhagic", "analgesic", "hypotonic", "aggressive". A rule may make a word that does not exist: no text holds it.
"""

import re
from collections.abc import Iterator

_ENDINGS = {
    "pertension": "pertensive",
    "potension": "potensive",
    "toxicity": "toxic",
    "embolism": "embolic",
    "thyroidism": "thyroid",
    "nvulsion": "nvulsive",
    "lepsy": "leptic",
    "plegia": "plegic",
    "kinesia": "kinetic",
    "eralgesia": "eralgesic",
    "thermia": "thermic",
    "trophy": "trophic",
    "mnesia": "mnesic",
    "phasia": "phasic",
    "pathy": "pathic",
    "thmia": "thmic",
    "ystonia": "ystonic",
    "yotonia": "yotonic",
    "tatonia": "tatonic",
    "emia": "emic",
    "enia": "enic",
    "uria": "uric",
    "oxia": "oxic",
    "osis": "otic",
    "itis": "itic",
}
_SINGLE = {
    "asthma": "asthmatic",
    "autism": "autistic",
    "diabetes": "diabetic",
    "diabetes mellitus": "diabetic",
    "obesity": "obese",
    "paralysis": "paralytic",
    "parkinsonism": "parkinsonian",
}
_MIN_STEM = 2
_ENDING = re.compile(rf"([a-z]{{{_MIN_STEM},}}?)({'|'.join(_ENDINGS)})")


def adjective(alias: str, language: str) -> Iterator[str]:
    """The adjective of an alias of one word in lower case, where its ending has one.

    Args:
        alias: Tidy.
        language: Code as in `nlp.lang`; there are rules for English alone.
    """
    if language != "en":
        return
    known = _SINGLE.get(alias)
    found = None if known else _ENDING.fullmatch(alias)
    if known:
        yield known
    elif found:
        yield found[1] + _ENDINGS[found[2]]
