"""How an id reads when nobody gave it a label."""

import re
import sys
from collections.abc import Iterable, Set
from typing import TypeVar
from urllib.parse import unquote

OWN = "urn:kgattn:"
"""Where ids that are no IRIs lie when a graph is written as RDF."""
Item = TypeVar("Item")
_ESCAPED = re.compile(r"_([0-9a-f]{1,6})_")
_CAMEL_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def is_iri(name: str) -> bool:
    """Whether an id is an IRI, which says nothing to a reader without a label."""
    return "://" in name or name.startswith("urn:")


def local_name(name: str) -> str:
    """The last part of an IRI, as text: `http://example.org/New_York` gives "New York"."""
    if not is_iri(name):
        return name
    return clean_text(_last_part(name.rstrip("/#:")).replace("_", " ")) or name


def readable_name(name: str) -> str:
    """How a relation or type id reads: `capitalOf` and `/location/capital_of` give "capital of"."""
    rest = name.rstrip("/#:")
    if is_iri(rest):
        rest = _last_part(rest)
    elif rest.startswith("/"):
        rest = rest.rsplit("/", 1)[-1]
    words = _CAMEL_HUMP.sub(" ", rest.replace("_", " ")).split()
    return " ".join(word if word.isupper() else word[:1].lower() + word[1:] for word in words) or name


def _last_part(iri: str) -> str:
    start = max(iri.rfind("/"), iri.rfind("#"), -1 if "://" in iri else iri.rfind(":"))
    return unquote(iri[start + 1 :])


def own_id(iri: str) -> str:
    """The id that an IRI under `urn:kgattn:` stands for; any other IRI is one itself."""
    if iri.startswith(OWN):
        kind, _, name = iri.removeprefix(OWN).partition(":")
        if kind in ("entity", "relation", "type"):
            return _ESCAPED.sub(_unescaped, name)
    return iri


def _unescaped(match: re.Match[str]) -> str:
    """The character of an escape; one that stands for none, or for half a surrogate pair, stays as it is."""
    code = int(match[1], 16)
    return chr(code) if code < 0xD800 or 0xDFFF < code <= sys.maxunicode else match[0]


def ordered(values: Iterable[Item]) -> list[Item]:
    """Values as a list, a set's sorted as text, so that no order is made up anew by each run."""
    return sorted(values, key=str) if isinstance(values, Set) else list(values)


def clean_text(text: str) -> str:
    """Text on one line: white space of any kind and length becomes one space, none at the ends."""
    return " ".join(text.split())
