"""A sentence as a file has it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RawSentence:
    """A sentence as written, before its tag scheme is known.

    Attributes:
        words: The words, in order; never empty.
        tags: One tag a word, in the file's own scheme.
        lines: Line number of each word in its file, from 1.
        file: The file, for error messages.
    """

    words: tuple[str, ...]
    tags: tuple[str, ...]
    lines: tuple[int, ...]
    file: str
