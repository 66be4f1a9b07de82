"""Aliases by their trigrams, in flat arrays: the few that resemble a text, without looking at the others.

Each alias is folded, put between blanks and cut into overlapping trigrams. A trigram's hash names a bucket, and a
bucket lists its aliases. A text's candidates are the aliases that share most of its rarer trigrams; rapidfuzz then
compares the best of them letter by letter. Aliases are numbered in the order of the alphabet, so that the order they
came in does not matter.
"""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any
from zlib import crc32

import numpy as np

from kgattn.graph import StringTable
from kgattn.linking import loops
from kgattn.linking.atoms import normalise
from kgattn.shapes import Int

MIN_LENGTH = 5  # shorter texts resemble too much
_COMPARED = 24  # aliases that rapidfuzz looks at
_READ = 2048  # aliases read from buckets, rarest trigrams first
_MIN_BUCKETS = 6  # so many are read however long they are


@dataclass(frozen=True, eq=False, repr=False)
class FuzzyIndex:
    """Folded aliases and their trigrams.

    Attributes:
        texts: Folded aliases, distinct, rising.
        row: Row of candidates of each.
        length: Characters of each.
        offsets: Aliases of bucket b are `[offsets[b], offsets[b + 1])` of the next; the buckets are a power of two.
        alias: Aliases of each bucket, rising.
    """

    texts: StringTable
    row: Int[np.ndarray, " text"]
    length: Int[np.ndarray, " text"]
    offsets: Int[np.ndarray, " bucket_plus_one"]
    alias: Int[np.ndarray, " posting"]

    @classmethod
    def build(cls, rows: Iterable[tuple[str, int]]) -> "FuzzyIndex":
        """Index aliases.

        Args:
            rows: Alias and its row of candidates, in any order; of two that fold alike the lower row counts.
        """
        by_text: dict[str, int] = {}
        for text, row in rows:
            folded = normalise(text)
            if len(folded) >= MIN_LENGTH:
                by_text[folded] = min(row, by_text.get(folded, row))
        texts = sorted(by_text)
        hashes, counts = array("I"), np.empty(len(texts), dtype=np.int32)
        for number, text in enumerate(texts):
            of_text = trigrams(text)
            hashes.extend(of_text)
            counts[number] = len(of_text)
        size = 1 << max(10, (len(hashes) // 16).bit_length())
        bucket = np.array(hashes, dtype=np.int64) & (size - 1)
        pairs = np.unique(bucket * max(len(texts), 1) + np.repeat(np.arange(len(texts)), counts))
        bucket, alias = np.divmod(pairs, max(len(texts), 1))
        offsets = np.searchsorted(bucket, np.arange(size + 1))
        rows_of_texts = np.array([by_text[text] for text in texts], dtype=np.int32)
        length = np.array([len(text) for text in texts], dtype=np.int32)
        return cls(
            StringTable.from_strings(texts), rows_of_texts, length, offsets.astype(np.int64), alias.astype(np.int32)
        )

    def best(self, text: str, cutoff: float) -> tuple[int, float] | None:
        """The alias most like a text, and how alike they are; None below the cutoff.

        Args:
            text: Any text.
            cutoff: Least similarity, in (0, 1].

        Returns:
            Number of the alias and similarity: 1 minus the insertions and deletions that make one of the other, over
            the letters of both. Of equally similar ones the first in the alphabet.
        """
        folded = normalise(text)
        if len(folded) < MIN_LENGTH:
            return None
        near, texts = self._near(folded, cutoff)
        search, similarity = _rapidfuzz()
        found = search(folded, texts, scorer=similarity, score_cutoff=100 * cutoff)
        return None if found is None else (near[found[2]], found[1] / 100)

    def _near(self, folded: str, cutoff: float) -> tuple[list[int], list[str]]:
        """The aliases of fitting length that share most trigrams, rising, and their texts."""
        # A text of n letters within the cutoff has between n c / (2 - c) and n (2 - c) / c.
        reach = (2 - cutoff) / cutoff
        fitting = len(folded) / reach, len(folded) * reach
        if self._compiled is not None:
            found: tuple[list[int], list[str]] = self._compiled.of(folded, *fitting)
            return found
        near = self._with_arrays(folded, *fitting)
        return near, [self.texts[alias] for alias in near]

    @cached_property
    def _compiled(self) -> Any:
        """Looks for the aliases in compiled code; None where that was not built."""
        return None if loops.fuzzy is None else loops.fuzzy.NearAliases(self, _COMPARED, _READ, _MIN_BUCKETS)

    def _with_arrays(self, folded: str, shortest: float, longest: float) -> list[int]:
        """The aliases whose length in characters is in [shortest, longest], as the compiled code finds them."""
        bucket = np.array(trigrams(folded)) & (len(self.offsets) - 2)
        begin, end = self.offsets[bucket], self.offsets[bucket + 1]
        places = sorted(zip((end - begin).tolist(), begin.tolist(), end.tolist(), strict=True))
        read: list[np.ndarray] = []
        total = 0
        for size, first, last in places:
            if total + size > _READ and len(read) >= _MIN_BUCKETS:
                break
            if size:
                read.append(self.alias[first:last])
                total += size
        if not read:
            return []
        postings = np.sort(np.concatenate(read))
        starts = np.flatnonzero(np.concatenate([[True], postings[1:] != postings[:-1]]))
        alias, shared = postings[starts], np.diff(starts, append=total)
        length = self.length[alias]
        fits = (length >= shortest) & (length <= longest)
        alias, likeness = alias[fits], shared[fits] / (length[fits] + len(folded))
        if len(alias) > _COMPARED:
            alias = alias[np.argsort(-likeness, kind="stable")[:_COMPARED]]
        return sorted(alias.tolist())


def trigrams(text: str) -> list[int]:
    """Hashes of the distinct trigrams of a text between blanks, rising."""
    padded = f" {text} "
    return sorted({crc32(padded[at : at + 3].encode("utf-8")) for at in range(len(padded) - 2)})


@cache
def _rapidfuzz() -> tuple[Any, Any]:
    """Its search and its similarity in percent; asked for once, as importing takes time for each mention."""
    from rapidfuzz import fuzz, process

    return process.extractOne, fuzz.ratio
