"""Streams and spaCy memory zones: at the end of a `Language.memory_zone()` the words and documents made in it are gone.

Documents are made some at a time, ahead of those that are taken. So a stream that goes on after a zone may still hold
documents whose memory is freed: that is an error here, where spaCy would read other words out of them.
"""

from collections.abc import Iterable, Iterator
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
    def has_ended(self) -> bool:
        """Whether there was a zone that is over."""
        return self._mark is not None and self._mark not in self._strings

    def given_out(self, docs: list[Doc]) -> Iterator[Doc]:
        """Documents made where the vocabulary was, one after the other; the list is emptied.

        A document is let go before the next one is asked for, so that those to come are written where it was, which the
        processor still has in its cache.

        Raises:
            LinkingError: A zone they were made in has ended before the last of them was taken.
        """
        docs.reverse()
        while docs:
            if self.has_ended:
                raise LinkingError(
                    "expected a stream to be read to its end inside of the memory zone it was read in, got the end of "
                    f"the zone before {len(docs)} documents that were made in it; read the whole stream "
                    "there, or give each zone a stream of its own"
                )
            yield docs.pop()


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
