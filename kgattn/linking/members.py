"""Members of groups: "Republican" of "Republicans", "Liberal Democrat" of "Liberal Democrats".

The names of peoples, parties and creeds are listed in the plural; texts write the singular too, for one member and as
the adjective: "the Republican senator".
"""

import re
from collections.abc import Iterator

# Endings that make a group, each after a stem of some length: "Evans" and "Titans" are none.
_GROUP = re.compile(r"(?:[A-Z][\w-]* )*[A-Z][\w-]{2,}(?:[cei]an|crat|i(?:st|te)|ral|tive)s")


def member(alias: str, language: str) -> Iterator[str]:
    """The name of one member, where an alias names a group by an English plural, all its words with a capital."""
    if language == "en" and _GROUP.fullmatch(alias):
        yield alias[:-1]


def is_member(variant: str, alias: str, language: str) -> bool:
    """Whether a variant is the name of one member of the group an alias names."""
    return len(variant) + 1 == len(alias) and variant in member(alias, language)
