"""Which aliases are worth matching, and what case they ask of the text.

By shape, an alias asks for as much as it shows:

* lower case ("diabetes", "river") matches any case;
* capitals ("Jordan", "Angela Merkel") need a text whose first letter is a capital: "JORDAN", never "jordan";
* acronyms, all capitals and short or with digits ("WHO", "BRCA1"), need the very same letters;
* scripts without case match as they are.

A text equal to the alias in case always matches ("iPhone"). The start of a sentence is treated as any other place.
"""

from collections.abc import Set
from enum import IntEnum

from kgattn.linking.atoms import NOT_UPPER, first_letter, fold, tidy
from kgattn.linking.config import LinkerConfig

MAX_ACRONYM_LENGTH = 5


class CaseRule(IntEnum):
    """What an alias asks of the text it matches."""

    ANY = 0
    CAPITAL = 1  # the text's first letter is a capital
    EXACT = 2  # the text is the alias, letter by letter
    CAPITAL_OR_EXACT = 3  # "iPhone": its own first letter is not a capital


def is_acronym(alias: str) -> bool:
    """Whether all letters are capitals and it has at most 5 characters or holds a digit."""
    return alias.isupper() and (len(alias) <= MAX_ACRONYM_LENGTH or any(map(str.isdigit, alias)))


def case_rule(alias: str, config: LinkerConfig, stop_words: Set[str]) -> CaseRule | None:
    """What case an alias asks for, or None when it must not be matched at all.

    Dropped are aliases without a letter (numbers, flags, punctuation), shorter than `config.min_alias_length`, and stop
    words that are no acronyms.

    Args:
        alias: As the graph lists it.
        config: Linker settings.
        stop_words: Stop words of the language, folded by `kgattn.linking.atoms.fold`; empty for none.
    """
    alias = tidy(alias).strip()
    length = sum(not character.isspace() for character in alias)
    if length < config.min_alias_length or not any(map(str.isalpha, alias)):
        return None
    acronym = is_acronym(alias)
    if stop_words and fold(alias) in stop_words:
        return CaseRule.EXACT if acronym else None
    if config.case == "exact":
        return CaseRule.EXACT
    if config.case == "ignore" or alias == alias.lower():
        return CaseRule.ANY
    if acronym:
        return CaseRule.EXACT
    return CaseRule.CAPITAL_OR_EXACT if first_letter(alias) == NOT_UPPER else CaseRule.CAPITAL
