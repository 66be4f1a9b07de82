"""What a linker has found in a batch of documents, as arrays: every stage takes it and gives it on."""

from typing import NamedTuple

import numpy as np

from kgattn.shapes import Bool, Float, Int


class Source:
    """How a mention was found: plain numbers, which are faster than enums."""

    ALIAS = 0  # the text is an alias, but for case, white space and typography
    VARIANT = 1  # it is a variant of an alias: plural, inverted, another hyphen
    FUZZY = 2  # it is nearly an alias
    ABBREVIATION = 3  # a short form whose long form stands in the same document
    SHORT_NAME = 4  # a part of a name that stands in full earlier in the same document
    WEAK = 5  # it is a variant of a weak class, which the document must speak for


class Found(NamedTuple):
    """Mentions of a batch of documents, sorted by document, first token, then longest first.

    Attributes:
        doc: Document of each mention.
        start: Its first token in that document.
        end: One past its last token.
        row: Its row of candidates in the index.
        source: How it was found, a `Source`.
        score: What its candidates' shares are multiplied by, in (0, 1]; None for 1 everywhere.
    """

    doc: Int[np.ndarray, " mention"]
    start: Int[np.ndarray, " mention"]
    end: Int[np.ndarray, " mention"]
    row: Int[np.ndarray, " mention"]
    source: Int[np.ndarray, " mention"]
    score: Float[np.ndarray, " mention"] | None = None

    def take(self, places: Bool[np.ndarray, " mention"] | Int[np.ndarray, " taken"]) -> "Found":
        """These mentions alone, in this order."""
        score = None if self.score is None else self.score[places]
        doc, start, end, row, source = (
            column[places] for column in (self.doc, self.start, self.end, self.row, self.source)
        )
        return Found(doc, start, end, row, source, score)
