"""Mentions that are nearly an alias: "Angela Merkl", "diabtes mellitus".

Looked up are stretches of text that no mention covers and that look like a name or a term, by spelling alone:

* a name is a longest run of words with a capital, at most six; one word at the start of a text or sentence, whose
  capital means nothing, is a name only when it is no everyday word;
* a term is one word in lower case of at least seven letters that is no everyday word, and, when it is not found by
  itself, the same word with the next or the previous one.

Stop words, numbers and punctuation end a stretch. What is found has `Source.FUZZY`, and the similarity multiplies the
shares of its candidates. Short acronyms are never guessed, nor is what the stop list or `common_words.tsv` shuts out.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from spacy.tokens import Doc

from kgattn.errors import LinkingError
from kgattn.linking.found import Found, Source
from kgattn.linking.fuzzy_index import FuzzyIndex
from kgattn.linking.sentences import ends_sentence

MAX_NAME_WORDS = 6
MIN_TERM_LETTERS = 7

Judge = Callable[[str], bool]


def check_rapidfuzz() -> None:
    """Raise unless rapidfuzz is installed.

    Raises:
        LinkingError: It is not.
    """
    try:
        import rapidfuzz  # noqa: F401
    except ImportError:
        raise LinkingError(
            "fuzzy = true needs the package rapidfuzz; install it: pip install 'kgattn[fuzzy]'"
        ) from None


def add_fuzzy(
    docs: Sequence[Doc], found: Found, index: FuzzyIndex, cutoff: float, is_common: Judge, shuts_out: Judge
) -> Found:
    """The mentions and those that are nearly an alias, in order.

    Args:
        docs: The documents.
        found: Their mentions, none overlapping.
        index: Aliases by trigrams.
        cutoff: Least similarity, in (0, 1].
        is_common: Whether a word in lower case is a stop word or an everyday word.
        shuts_out: Whether the user does not want a text linked.
    """
    covered: list[set[int]] = [set() for _ in docs]
    for number, start, end in zip(found.doc.tolist(), found.start.tolist(), found.end.tolist(), strict=True):
        covered[number].update(range(start, end))
    known: dict[str, tuple[int, float] | None] = {}
    new: list[tuple[int, int, int, int, float]] = []
    for number, (doc, taken) in enumerate(zip(docs, covered, strict=True)):
        for group in stretches([token.text for token in doc], taken, is_common):
            for start, end in group:
                text = doc[start:end].text
                if text not in known:
                    known[text] = None if shuts_out(text) else index.best(text, cutoff)
                best = known[text]
                # what is an alias but for case was judged by matching already
                if best is not None and best[1] < 1 and not taken.intersection(range(start, end)):
                    new.append((number, start, end, int(index.row[best[0]]), best[1]))
                    taken.update(range(start, end))
                    break
    return _joined(found, new)


def stretches(words: Sequence[str], covered: set[int], is_common: Judge) -> Iterator[list[tuple[int, int]]]:
    """Places that look like a name or a term; of each group one is enough, tried in this order."""
    at = 0
    while at < len(words):
        end = at
        while end < len(words) and end not in covered and _is_name_word(words[end]):
            end += 1
        if end > at:
            first = at == 0 or ends_sentence(words[at - 1])
            if end - at <= MAX_NAME_WORDS and not (first and end - at == 1 and is_common(words[at].lower())):
                yield [(at, end), *([(at + 1, end)] if first and end - at > 1 else [])]
            at = end
            continue
        word = words[at]
        if at not in covered and word.isalpha() and len(word) >= MIN_TERM_LETTERS and not is_common(word.lower()):
            yield [(at, at + 1), *_with_neighbour(words, at, covered)]
        at += 1


def _is_name_word(word: str) -> bool:
    return word[:1].isupper() and len(word) > 1


def _with_neighbour(words: Sequence[str], at: int, covered: set[int]) -> Iterator[tuple[int, int]]:
    if at + 1 < len(words) and at + 1 not in covered and words[at + 1].isalpha():
        yield at, at + 2
    if at and at - 1 not in covered and words[at - 1].isalpha():
        yield at - 1, at + 1


def _joined(found: Found, new: list[tuple[int, int, int, int, float]]) -> Found:
    if not new:
        return found
    doc, start, end, row, score = (np.array(column) for column in zip(*new, strict=True))
    old_score = np.ones(len(found.doc)) if found.score is None else found.score
    columns = [
        np.concatenate(pair)
        for pair in (
            (found.doc, doc),
            (found.start, start),
            (found.end, end),
            (found.row, row),
            (found.source, np.full(len(doc), Source.FUZZY)),
            (old_score, score),
        )
    ]
    order = np.lexsort((columns[1], columns[0]))
    return Found(*(column[order] for column in columns))
