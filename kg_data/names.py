"""Which of the names a source lists are fit to be looked up in English text."""

import unicodedata

MIN_LOWER_CASE = 3  # characters; shorter ones ("it", "be", "de") are language and country codes


def is_latin(text: str) -> bool:
    """Tell whether every letter belongs to the Latin script (digits and punctuation may be anything)."""
    return all("LATIN" in unicodedata.name(char, "") for char in text if char.isalpha())


def is_initials(text: str) -> bool:
    """Tell whether a name is nothing but the initials of a person: "J. K.", "JK", "Q"."""
    letters = [char for char in text if char.isalpha()]
    if not letters or any(char.islower() for char in letters):
        return False
    dotted = all(len(part) == 1 for part in text.replace(".", " ").split())
    return dotted or len(letters) <= 2


def is_usable_alias(alias: str, *, of_person: bool = False) -> bool:
    """Tell whether an alias may be matched in English text.

    Dropped are names without a Latin letter (flag emoji, bare numbers, other scripts), names with a letter of another
    script, names of a single letter or digit, lower-case codes of two characters ("it", "be") and, for persons, bare
    initials ("J. K."). Acronyms of other entities ("UK", "U.S.") stay.
    """
    alnum = [char for char in alias if char.isalnum()]
    if len(alnum) < 2 or not any(char.isalpha() for char in alnum) or not is_latin(alias):
        return False
    if len(alias) < MIN_LOWER_CASE and alias.islower():
        return False
    return not (of_person and is_initials(alias))
