"""What of the language a linker's index depends on, and which everyday words it shuts out.

An alias that is one everyday word ("general", "left", "combined") is dropped when its frequency reaches
`LinkerConfig.common_word_zipf`; a word that is some entity's label, not only a synonym, gets the benefit of the doubt
and is dropped when ten times as frequent, `LABEL_BONUS` above. A name is judged as it stands ("Greens" is not
"green"), a term in its other number and, in English, without -ed and -ing too. Acronyms stay: they match in capitals
alone.

What was decided stands in the index folder as `common_words.tsv`: columns `word`, `zipf`, `aliases` (the forms shut
out or let through), `verdict` (`drop` or `keep`) and `yours`, which is empty. Write `keep`, `drop` or `exact` (the text
must be the alias letter by letter) there, or add lines, for aliases of several words and for stop words too; the next
linker of this graph builds by it; without the file, an index that was built by such decisions is refused, and an empty
file takes them back. `LinkerConfig.stop_list` comes first: it says of one linker what is not to be linked,
whatever is kept here.
"""

from collections.abc import Container, Mapping, Set
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from kgattn.errors import LinkingError
from kgattn.linking.atoms import fold, normalise
from kgattn.linking.common_words import CommonWords, lemmas, read_common_words
from kgattn.linking.config import LinkerConfig
from kgattn.linking.inflection import other_numbers
from kgattn.linking.policy import CaseRule

WORDS_FILE = "common_words.tsv"
LABEL_BONUS = 1.0
VERDICTS = ("keep", "drop", "exact")
_KEPT = ("keep", "exact")
_HEADER = "word\tzipf\taliases\tverdict\tyours"
_MAX_SHOWN = 5


@dataclass(frozen=True)
class Lexicon:
    """The words of a language as the index needs them.

    Attributes:
        language: Code of the texts' language, as in `nlp.lang`.
        stop_words: Stop words that are dropped, folded; without those the user decided to keep.
        common: Frequencies of everyday words, or None to shut none out.
        yours: What the user decided for a folded alias: `keep`, `drop` or `exact`.
    """

    language: str
    stop_words: frozenset[str]
    common: CommonWords | None
    yours: Mapping[str, str]

    @property
    def digest(self) -> str:
        """Tells lexicons apart that give different indexes."""
        parts = [
            self.language,
            *sorted(self.stop_words),
            "" if self.common is None else self.common.digest,
            *sorted(f"{word}\t{verdict}" for word, verdict in self.yours.items()),
        ]
        return sha256("\n".join(parts).encode("utf-8")).hexdigest()

    def is_common(self, word: str) -> bool:
        """Whether a folded word is a stop word or is known to the table of everyday words."""
        if word in self.stop_words:
            return True
        return self.common is not None and any(self.common.zipf(form) > 0 for form in lemmas(word, self.language))


def read_lexicon(
    language: str, stop_words: Set[str], config: LinkerConfig, yours: Mapping[str, str] | None = None
) -> Lexicon:
    """The lexicon under a configuration.

    Args:
        language: Code as in `nlp.lang`.
        stop_words: Stop words as spaCy lists them; used when `config.stop_words` is set.
        config: Linker settings.
        yours: The user's decisions, as `read_yours` gives them.

    Raises:
        LinkingError: A file of words is absent or malformed, or the package wordfreq is not installed.
    """
    yours = yours or {}
    listed = frozenset(map(fold, stop_words)) if config.stop_words else frozenset()
    dropped = frozenset(word for word in listed if yours.get(normalise(word)) not in _KEPT)
    return Lexicon(language, dropped, read_common_words(config.common_words, language), yours)


def read_yours(path: Path) -> dict[str, str]:
    """The user's decisions in a `common_words.tsv`; none when there is no file.

    Raises:
        LinkingError: The file is no UTF-8, or malformed as `decisions_in` says.
    """
    if not path.is_file():
        return {}
    try:
        text = path.read_text(encoding="utf-8-sig")  # some editors put a byte order mark there
    except UnicodeDecodeError as error:
        raise LinkingError(
            f"{path}: expected UTF-8 text, got other bytes ({error.reason}); save it as UTF-8"
        ) from error
    return decisions_in(text, path.name)


def decisions_in(text: str, name: str = WORDS_FILE) -> dict[str, str]:
    """The user's decisions in the text of a `common_words.tsv`: of a normalised alias `keep`, `drop` or `exact`.

    Args:
        text: The table.
        name: What to call it in an error.

    Raises:
        LinkingError: A line has another number of columns, or a decision is not `keep`, `drop` or `exact`. A column
            that an editor trimmed off, being empty, is no fault.
    """
    yours = {}
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() in ("", _HEADER):
            continue
        columns = [column.strip() for column in line.split("\t")]
        if len(columns) == _HEADER.count("\t") and columns[1]:  # a row of ours, of which nothing was decided
            columns.append("")
        if len(columns) != len(_HEADER.split("\t")) or columns[-1] not in ("", *VERDICTS):
            raise LinkingError(
                f"{name}, line {number}: expected the columns word, zipf, aliases, verdict, yours, the last "
                f"empty, keep, drop or exact, got {line!r}; mend the line"
            )
        if columns[-1]:
            yours[normalise(columns[0])] = columns[-1]
    return yours


@dataclass
class WordFilter:
    """Judges aliases by a lexicon, and keeps record.

    Attributes:
        lexicon: The lexicon.
        threshold: Zipf frequency from which a word is shut out.
        labels: Folded labels of one word.
    """

    lexicon: Lexicon
    threshold: float
    labels: Container[str]
    _record: dict[str, tuple[float, str, set[str]]] = field(default_factory=dict)

    def rule(self, alias: str, rule: CaseRule, *, certain: bool = False) -> CaseRule | None:
        """The case rule of an alias, or None when it is shut out.

        Args:
            alias: The alias.
            rule: What it asks for so far.
            certain: Whether it is a name however everyday the word: then only the user shuts it out.
        """
        common, yours = self.lexicon.common, self.lexicon.yours
        single = common is not None and alias.isalpha() and rule != CaseRule.EXACT and not certain
        if not single and not yours:
            return rule
        word = normalise(alias)
        zipf = 0.0
        verdict = "keep"
        if common is not None and single and (common.sees_case or rule == CaseRule.ANY):
            # A name is everyday only as it stands: "Greens" is not "green".
            forms = lemmas(word, self.lexicon.language) if rule == CaseRule.ANY else (word,)
            zipf = max(map(common.zipf, forms))
            if zipf >= self.threshold:
                drop = zipf >= self.threshold + LABEL_BONUS or not self._is_label(word)
                verdict = "drop" if drop else "keep"
        mine = yours.get(word)
        if zipf >= self.threshold or mine is not None:
            self._note(word, zipf, verdict, alias)
        verdict = mine or verdict
        if verdict == "drop":
            return None
        return CaseRule.EXACT if verdict == "exact" else rule

    def _note(self, word: str, zipf: float, verdict: str, alias: str) -> None:
        known_zipf, known, aliases = self._record.get(word, (0.0, "keep", set()))
        aliases.add(alias)
        self._record[word] = max(zipf, known_zipf), min(verdict, known), aliases  # "drop" comes first in the alphabet

    def _is_label(self, word: str) -> bool:
        return any(form in self.labels for form in (word, *other_numbers(word, self.lexicon.language)))

    def table(self) -> str:
        """The text of `common_words.tsv`: the most frequent words first, then the alphabet."""
        record = dict(self._record)
        for word in self.lexicon.yours:
            record.setdefault(word, (0.0, "keep", set()))
        rows = sorted(record.items(), key=lambda item: (-item[1][0], item[0]))
        lines = [_HEADER]
        for word, (zipf, verdict, aliases) in rows:
            shown = " | ".join(" ".join(alias.split()) for alias in sorted(aliases)[:_MAX_SHOWN])
            lines.append(f"{word}\t{zipf:.2f}\t{shown}\t{verdict}\t{self.lexicon.yours.get(word, '')}")
        return "\n".join([*lines, ""])
