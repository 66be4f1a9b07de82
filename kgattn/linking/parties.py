"""Short names of parties: "Green Party" and "Greens" of "Green Party of Canada", "Socialist Party" of the Italian one.

Texts about one country leave the country out, and name the members for the party. All parties of a graph that share a
short form become its candidates, and where it knows few, none of them may be the one: so the class of variants `party`
is off by default, and for graphs that know the parties of the country that texts are about.
"""

import re
from collections.abc import Iterator

_OF = ("of", "for", "in")
# Endings of adjectives of countries and peoples, and words that have such an ending by accident.
_NATION = re.compile(r"[A-Z]\w+(?:an|ese|ish)|Basque|Czech|Dutch|French|Greek|Icelandic|Iraqi|Israeli|Thai|Welsh")
_NO_NATION = frozenset(["Agrarian", "Christian", "Libertarian", "Republican"])
# Adjectives of which the plural names the members: "Socialists", "Conservatives", "Liberals".
_GROUP = re.compile(r"[A-Z][\w-]*(?:i(?:st|te)|lican|ral|tarian|tive)|Green|Moderate|National|Popular|Radical")


def party(alias: str, language: str) -> Iterator[str]:
    """Names of a party without its country, as a party and as its members.

    "Italian Socialist Party" gives "Socialist Party", "Italian Socialists" and "Socialists". A name without the word
    "Party", one that begins with it or with "The", and one with a word in lower case before it give nothing.

    Args:
        alias: Tidy.
        language: Code as in `nlp.lang`; there are rules for English alone.
    """
    front, word, rest = alias.partition(" Party") if language == "en" else ("", "", "")
    words, behind = front.split(" "), rest.split(" ")
    if not word or words[0] == "The" or not all(one[:1].isupper() for one in words):
        return
    if rest and (behind[0] or len(behind) < 3 or behind[1] not in _OF):
        return
    fronts = [words]
    if len(words) > 1 and _NATION.fullmatch(words[0]) and words[0] not in _NO_NATION and words[1] != "Columbia":
        fronts.append(words[1:])
    for kept in fronts:
        name = " ".join(kept)
        if name + word != alias:
            yield name + word
        if kept[-1] == "Democratic":
            yield name.removesuffix("ic") + "s"
        elif _GROUP.fullmatch(kept[-1]):
            yield name + "s"
