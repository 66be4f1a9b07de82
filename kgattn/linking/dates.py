"""Years in names: what a list writes as "Canadian federal election, 2008" a text writes with the year first."""

import re
from collections.abc import Iterator

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_DATED = re.compile(rf"([^\W\d_][^,]*\S), ((?:(?:{'|'.join(MONTHS)}) )?\d{{4}})")


def with_date_first(alias: str, language: str) -> Iterator[str]:
    """A name with the year, or month and year, before it that the alias has behind its only comma.

    Args:
        alias: Tidy; one that does not begin with a capital gives nothing.
        language: Code as in `nlp.lang`; English alone puts the year there.
    """
    found = _DATED.fullmatch(alias) if language == "en" and alias[-1:].isdecimal() else None
    if found and alias[0].isupper():
        yield f"{found[2]} {found[1]}"
