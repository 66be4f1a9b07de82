"""Atoms: pieces of text so small that aliases and texts fall apart in the same way under every tokenizer.

An atom is a run of word characters, or one other visible character. Scripts written without spaces between words
fall into single characters. Atoms are compared after NFKC and case folding, as the 64-bit hashes by which spaCy tells
texts apart; two different atoms share one with a probability of 2**-64.
"""

import re
import unicodedata
from typing import NamedTuple

from spacy.strings import StringStore, hash_string  # type: ignore[attr-defined]  # its types lack it

# Scripts whose words are not separated by spaces, and Hangul, whose particles tokenizers split off:
# Thai, Lao, Tibetan, Burmese; Hangul; Khmer; kana, Bopomofo; Han.
_UNSPACED = (
    "\u0e00-\u0fff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3040-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f"
    "\uac00-\ud7ff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
_ATOM = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+|[^\w\s]")
_RUN = re.compile(rf"[^\W{_UNSPACED}]")
_PARAGRAPH = re.compile(r"\s*\n\s*\n\s*")

# Characters nobody sees (soft hyphen, joiners, direction marks, variation selectors), and the dashes and quotes
# typesetters put where a keyboard has "-" and "'".
_TIDY = dict.fromkeys([0xAD, 0x34F, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065)])
_TIDY |= dict.fromkeys(range(0xFE00, 0xFE10))
_TIDY |= dict.fromkeys([*range(0x2010, 0x2016), 0x2212], ord("-"))
_TIDY |= dict.fromkeys([0x2018, 0x2019, 0x201B, 0x2BC], ord("'"))

_BYTES = StringStore()  # hashes bytes

BARRIER = 0  # the hash of a paragraph break; no alias holds it
UPPER, NOT_UPPER, NO_LETTER = 1, 2, 0


class Atom(NamedTuple):
    """One atom.

    Attributes:
        folded: Hash of the case-folded form; what is matched.
        cased: Hash of the form as written, NFKC.
        letter: Case of its first letter: `UPPER`, `NOT_UPPER` or `NO_LETTER`.
    """

    folded: int
    cased: int
    letter: int


def tidy(text: str) -> str:
    """NFKC without invisible characters, with plain dashes and apostrophes; case is kept."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).translate(_TIDY))


def fold(text: str) -> str:
    """The form in which texts are compared: tidy and case-folded."""
    return tidy(tidy(text).casefold())


def normalise(text: str) -> str:
    """The form in which whole aliases are compared: folded, single blanks."""
    return " ".join(fold(text).split())


def pieces(text: str) -> list[str]:
    """The atoms of a text as strings, tidy, case kept."""
    return _ATOM.findall(tidy(text))


def atomise(text: str) -> tuple[Atom, ...]:
    """The atoms of a text. A break between paragraphs is a `BARRIER`, other white space is nothing."""
    if text.isascii() and text.isalnum():  # most tokens: one run, nothing to tidy
        return (Atom(stable_hash(text.lower()), stable_hash(text), first_letter(text)),)
    if _PARAGRAPH.fullmatch(text):
        return (Atom(BARRIER, BARRIER, NO_LETTER),)
    return tuple(
        Atom(stable_hash(tidy(piece.casefold())), stable_hash(piece), first_letter(piece)) for piece in pieces(text)
    )


def joins_left(text: str) -> bool:
    """Whether the first atom of a text would merge with a word character before it."""
    return bool(_RUN.match(tidy(text)[:1]))


def joins_right(text: str) -> bool:
    """Whether the last atom of a text would merge with a word character after it."""
    return bool(_RUN.match(tidy(text)[-1:]))


def first_letter(text: str) -> int:
    """Case of the first letter: `UPPER` (title case too), `NOT_UPPER`, or `NO_LETTER` when there is none."""
    for character in text:
        if character.isalpha():
            return UPPER if character.isupper() or character.istitle() else NOT_UPPER
    return NO_LETTER


def stable_hash(text: str) -> int:
    """64-bit MurmurHash of a text in [1, 2**64), the same in every process.

    It is spaCy's own id of the text, symbols apart, so a token that is an atom as it stands need not be hashed.
    """
    try:
        return int(hash_string(text)) if text else 1
    except UnicodeEncodeError:  # half a surrogate pair
        return _BYTES[text.encode("utf-8", "surrogatepass")]
