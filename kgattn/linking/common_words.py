"""Everyday words: how frequent a word is where it is no name.

A table gives words with their frequency on the Zipf scale, log10 of uses in a thousand million words: "the" 7.7,
"water" 5.5, "nephritis" 3. `LinkerConfig.common_words` says which table:

* `bundled`: counts of WordNet for English, which tell "may" from "May"; no words for other languages;
* `wordfreq`: the package of that name (extra `[words]`), 40 languages. It does not see case: only aliases in lower case
  are judged by it;
* `none`;
* a path: a file of your own, lines of `word`, tab, `zipf`; `count_words` makes one from your texts.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from kgattn.errors import LinkingError
from kgattn.linking.atoms import fold
from kgattn.linking.inflection import other_numbers

_MIN_STEM = 3


@dataclass(frozen=True)
class CommonWords:
    """Frequencies of words.

    Attributes:
        zipf: Frequency of a folded word on the Zipf scale; 0 for a word that is not known.
        sees_case: Whether uses as a name are left out of the frequencies.
        digest: Tells tables apart.
    """

    zipf: Callable[[str], float]
    sees_case: bool
    digest: str


def read_common_words(source: str, language: str) -> CommonWords | None:
    """The table `LinkerConfig.common_words` names, for a language; None for no words.

    Raises:
        LinkingError: The file is absent or malformed, or the package wordfreq is not installed.
    """
    if source == "none":
        return None
    if source == "wordfreq":
        return _from_wordfreq(language)
    if source == "bundled":
        if language != "en":
            return None
        return _bundled(language)
    try:
        text = Path(source).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise LinkingError(
            f"common_words must be bundled, wordfreq, none or a file of words, got {source!r} ({error})"
        ) from None
    return _from_text(text, source)


def count_words(texts: Iterable[str]) -> dict[str, float]:
    """Frequencies of the words in lower case of your own texts, on the Zipf scale.

    Write them to a file for `LinkerConfig.common_words`, a line for each word. No labels are needed.

    Args:
        texts: Texts like those that will be linked; a million words are plenty.
    """
    counts: Counter[str] = Counter()
    total = 0
    for text in texts:
        words = text.split()
        total += len(words)
        bare = (word.strip(".,;:!?()[]'\"") for word in words)
        counts.update(word for word in bare if word.isalpha() and word.islower())
    return {fold(word): math.log10(count / total * 1e9) for word, count in sorted(counts.items())}


def lemmas(word: str, language: str) -> Iterator[str]:
    """A folded word, its other numbers, and for English what -ed and -ing may hang on: all may stand in a table."""
    yield word
    yield from other_numbers(word, language)
    if language == "en":
        for ending in ("ed", "ing"):
            stem = word.removesuffix(ending)
            if stem != word and len(stem) >= _MIN_STEM:
                yield stem
                yield stem + "e"
                if stem[-1] == stem[-2]:
                    yield stem[:-1]


@lru_cache(maxsize=4)
def _bundled(language: str) -> CommonWords:
    name = f"common_words_{language}.tsv"
    return _from_text(files("kgattn.linking").joinpath(name).read_text(encoding="utf-8"), name)


def _from_text(text: str, name: str) -> CommonWords:
    zipf: dict[str, float] = {}
    for number, line in enumerate(text.splitlines(), 1):
        word, _, value = line.partition("\t")
        if not line.strip() or line.startswith("#") or (word, value) == ("word", "zipf"):
            continue
        try:
            zipf[fold(word.strip())] = float(value)
        except ValueError:
            raise LinkingError(
                f"{name}, line {number}: expected a word, a tab and its Zipf frequency, got {line!r}; mend the line"
            ) from None
    return CommonWords(_getter(zipf), True, sha256(text.encode("utf-8")).hexdigest())


def _getter(zipf: Mapping[str, float]) -> Callable[[str], float]:
    return partial(_look_up, zipf)


def _look_up(zipf: Mapping[str, float], word: str) -> float:
    return zipf.get(word, 0.0)


def _from_wordfreq(language: str) -> CommonWords | None:
    try:
        import wordfreq
    except ImportError:
        raise LinkingError(
            "common_words = wordfreq needs the package wordfreq; install it: pip install 'kgattn[words]'"
        ) from None
    from importlib.metadata import version

    if language not in wordfreq.available_languages():
        return None
    frequencies = {fold(word): wordfreq.freq_to_zipf(f) for word, f in wordfreq.get_frequency_dict(language).items()}
    return CommonWords(_getter(frequencies), False, f"wordfreq {version('wordfreq')}")
