"""Reading names into flat arrays: what each asks of a text, and the hashes of its atoms."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt64

from kgattn.graph.subgraph import ranges
from kgattn.linking.atoms import UPPER, atomise, first_letter, tidy
from kgattn.linking.column import Column
from kgattn.linking.config import LinkerConfig
from kgattn.linking.lexicon import WordFilter
from kgattn.linking.policy import CaseRule
from kgattn.linking.stop_list import StopList
from kgattn.linking.trie_build import cased_keys
from kgattn.shapes import Bool, Int


class Request(NamedTuple):
    """A name, and what it asks of a text so far.

    Attributes:
        text: The name.
        rule: None when it must not be matched.
        certain: That of `WordFilter.rule`.
    """

    text: str
    rule: CaseRule | None
    certain: bool = False


class FormColumns:
    """The forms read so far, one entry a form in each array but that of the atoms.

    Args:
        config: Linker settings.
        words: Shuts out everyday words.
    """

    def __init__(self, config: LinkerConfig, words: WordFilter) -> None:
        self._words, self._most_atoms = words, config.max_alias_atoms
        self._stop_list = StopList.of(config.stop_list)
        self._folded, self._lengths = Column(np.uint64), Column(np.int32)
        self._key, self._rule, self._capital = Column(np.uint64), Column(np.int8), Column(np.bool_)

    def __len__(self) -> int:
        return len(self.rule)

    @property
    def folded(self) -> UInt64[np.ndarray, " atom"]:
        """Case-folded atoms of all forms, one after the other."""
        return self._folded.filled

    @property
    def lengths(self) -> Int[np.ndarray, " form"]:
        """Atoms of each form."""
        return self._lengths.filled

    @property
    def key(self) -> UInt64[np.ndarray, " form"]:
        """Case-sensitive key of each form."""
        return self._key.filled

    @property
    def rule(self) -> Int[np.ndarray, " form"]:
        """`CaseRule` of each form."""
        return self._rule.filled

    @property
    def capital(self) -> Bool[np.ndarray, " form"]:
        """Whether the first letter of each form is a capital."""
        return self._capital.filled

    def read(self, requests: Sequence[Request]) -> Int[np.ndarray, " request"]:
        """Read names as forms. Gives the number of each; -1 where it is dropped."""
        allowed, rules = [], []
        for place, (text, asked, certain) in enumerate(requests):
            rule = None if asked is None else self._words.rule(text, asked, certain=certain)
            if rule is not None and not self._stop_list.holds(text):
                allowed.append(place)
                rules.append(rule)
        texts = [requests[place].text for place in allowed]
        lengths, folded, cased = _atoms_of(texts)
        fits = (lengths > 0) & (lengths <= self._most_atoms)
        of_fitting = np.repeat(fits, lengths)
        number = np.full(len(requests), -1, dtype=np.int32)
        number[np.array(allowed, dtype=np.int64)[fits]] = np.arange(len(self), len(self) + np.count_nonzero(fits))
        self._folded.append(folded[of_fitting])
        self._lengths.append(lengths[fits])
        self._key.append(cased_keys(cased[of_fitting], lengths[fits]))
        self._rule.append(np.array(rules, dtype=np.int8)[fits])
        capital = [first_letter(tidy(text)) == UPPER for text in texts]
        self._capital.append(np.array(capital, dtype=bool)[fits])
        return number


def _atoms_of(
    texts: Sequence[str],
) -> tuple[Int[np.ndarray, " text"], UInt64[np.ndarray, " atom"], UInt64[np.ndarray, " atom"]]:
    """The number of atoms of each text, and all of these, case-folded and as written. Equal words are read once."""
    number: dict[str, int] = {}
    words = [[number.setdefault(word, len(number)) for word in text.split()] for text in texts]
    atoms = [atomise(word) for word in number]
    count = np.array([len(of_word) for of_word in atoms], dtype=np.int64)
    use = np.array([word for of_text in words for word in of_text], dtype=np.int64)
    taken = ranges((np.cumsum(count) - count)[use], count[use])
    folded, cased = (
        np.fromiter((atom[column] for of_word in atoms for atom in of_word), dtype=np.uint64) for column in (0, 1)
    )
    before = np.concatenate([[0], np.cumsum(count[use])])  # atoms before each word
    ends = np.concatenate([[0], np.cumsum(np.array([len(of_text) for of_text in words], dtype=np.int64))])
    return np.diff(before[ends]), folded[taken], cased[taken]
