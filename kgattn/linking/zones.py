"""Streams and spaCy memory zones: at the end of a `Language.memory_zone()` the words and documents made in it are gone.

Documents are made some at a time, ahead of those that are taken. So a stream that goes on after a zone may still hold
documents whose memory is freed: that is an error here, where spaCy would read other words out of them.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import Any

import numpy as np
from jaxtyping import UInt64
from spacy.tokens import Doc
from spacy.vocab import Vocab

from kgattn.errors import LinkingError

_numbers = count()


class Zone:
    """The memory zone a vocabulary is in now, if any."""

    def __init__(self, vocab: Vocab) -> None:
        shown: Any = vocab  # its types lack the zone
        self._strings = vocab.strings
        self._mark = f"kgattn memory zone {next(_numbers)}" if shown.in_memory_zone else None
        if self._mark is not None:
            self._strings.add(self._mark)  # forgotten with the zone

    @property
    def is_one(self) -> bool:
        """Whether there is a zone, or was one that has ended."""
        return self._mark is not None

    @property
    def has_ended(self) -> bool:
        """Whether there was a zone that is over."""
        return self._mark is not None and self._mark not in self._strings

    def held(self, docs: Sequence[Doc]) -> Iterator[Doc]:
        """Documents made in the zone, one after the other.

        Raises:
            LinkingError: The zone has ended before the last of them was taken.
        """
        for number, doc in enumerate(docs):
            if self.has_ended:
                raise LinkingError(
                    "expected a stream to be read to its end inside of the memory zone it was read in, got the end of "
                    f"the zone before {len(docs) - number} documents that were made in it; read the whole stream "
                    "there, or give each zone a stream of its own"
                )
            yield doc


class KeptStrings:
    """Strings sent once, known to a vocabulary whenever they are used, whatever zones end meanwhile."""

    def __init__(self, vocab: Vocab) -> None:
        self._vocab: Any = vocab  # its types lack the zone
        self._passing: dict[int, str] = {}  # by id, those that a zone takes along

    def add(self, new: Iterable[str], used: UInt64[np.ndarray, " use"]) -> None:
        """Add new strings to the vocabulary, and those used that it has forgotten.

        Args:
            new: Strings that come for the first time.
            used: Ids of all that must be known now.
        """
        strings, passes = self._vocab.strings, self._vocab.in_memory_zone
        for text in new:
            number = strings.add(text)
            if passes:
                self._passing[number] = text
        if not self._passing:
            return
        for number in np.unique(used).tolist():
            if number in self._passing and number not in strings:
                strings.add(self._passing[number])
