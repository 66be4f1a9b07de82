"""Variants of aliases: other forms in which texts write the same name or term.

Classes of variants, each of which can be left out of `LinkerConfig.variants`:

* `inverted`: "neoplasms, breast" is found as "breast neoplasms";
* `dated`: "Canadian federal election, 2008" is found as "2008 Canadian federal election", in English pipelines
  (`kgattn.linking.dates`);
* `qualifier`: "common cold (disorder)" is found as "common cold";
* `article`: "the Soviet Union" is found as "Soviet Union", the article left out, where the entity has both names;
* `party`: "Green Party of Canada" is found as "Green Party" and "Greens", in English pipelines
  (`kgattn.linking.parties`); off by default;
* `plural`: singular and plural of the head noun, by rules of the pipeline's language (`kgattn.linking.inflection`);
* `member`: "Republicans" is found as "Republican", in English pipelines (`kgattn.linking.members`);
* `adjective`: "hypertension" is found as "hypertensive", in English pipelines (`kgattn.linking.adjectives`);
* `acronym`: "Ulster Unionist Party" is found as "UUP", in English pipelines (`kgattn.linking.acronyms`);
* `surname`: "Emma Bonino" is found as "Bonino", where the name is a person's (`kgattn.linking.persons`);
* `spelling`: British and American English, in English pipelines (`kgattn.linking.spelling`);
* `greek`, `apostrophe`, `hyphen`, `accent`: see `kgattn.linking.typography`.

Classes combine in this order: "inhibitors, beta-lactamase" is found as "beta lactamase inhibitor". A variant weighs
less than its alias, and gives way: a text that is itself an alias of some entity never means another by a variant. It
asks for the case its alias asks for. `party` and `surname` are weak: what they find stays only where the document
speaks for one of its entities (`kgattn.linking.disambiguation.resolve`).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Set

from kgattn.linking.acronyms import acronym
from kgattn.linking.adjectives import adjective
from kgattn.linking.atoms import tidy
from kgattn.linking.config import VARIANTS
from kgattn.linking.dates import with_date_first
from kgattn.linking.inflection import inflect
from kgattn.linking.members import member
from kgattn.linking.parties import party
from kgattn.linking.policy import MAX_ACRONYM_LENGTH
from kgattn.linking.spelling import respell
from kgattn.linking.typography import drop_accents, reapostrophise, rehyphenate, transcribe_greek

# What is left of the alias's weight; several classes multiply.
FACTORS = {
    **dict.fromkeys(VARIANTS, 0.9),
    "qualifier": 0.5,
    "party": 0.3,
    "plural": 0.8,
    "member": 0.8,
    "adjective": 0.5,
    "acronym": 0.3,
    "surname": 0.1,
}
WEAK = frozenset({"party", "surname"})
MAX_VARIANTS = 12

_QUALIFIER = re.compile(r"(.*\S)\s+\([^()]+\)")
_MAX_PARTS = 4
_NO_INVERSION = re.compile(
    r"(and|or|nec|nos|other|unspecified|with|without|due|not|non|jr|sr|inc|ltd|llc|co|corp|ii|iii|iv|md|phd)\b|[^\w(]"
    r"|.*[()]|\d+$",
    re.IGNORECASE,
)

_Rule = Callable[[str, str], Iterable[str]]
_RULES: dict[str, _Rule] = {
    "party": party,
    "plural": inflect,
    "member": member,
    "adjective": adjective,
    "acronym": acronym,
    "spelling": lambda alias, language: respell(alias) if language == "en" else (),
    "greek": lambda alias, _: transcribe_greek(alias),
    "apostrophe": lambda alias, _: reapostrophise(alias),
    "hyphen": lambda alias, _: rehyphenate(alias),
    "accent": drop_accents,
}


def variants_of(alias: str, classes: Set[str], language: str) -> dict[str, float]:
    """The variants of an alias and what share of its weight each has, in (0, 1).

    Args:
        alias: As the graph lists it.
        classes: Classes to make, of `VARIANTS`.
        language: Language of the texts, a code as in `nlp.lang`; one without rules has no plurals.

    Returns:
        At most 12, without the alias itself; of two ways to one variant the weightier counts.
    """
    alias = tidy(alias).strip()
    found = {alias: 1.0}
    for name, rearranged in _REARRANGED.items():
        if name in classes:
            for form in list(found):
                for other in rearranged(form, language):
                    found.setdefault(other, found[form] * FACTORS[name])
    bases = [form for form in found if "," not in form] or [alias]
    found = {form: found[form] for form in bases}
    for name, rule in _RULES.items():
        if name in classes:
            for form in list(found):
                for other in rule(form, language):
                    found[other] = max(found.get(other, 0.0), found[form] * FACTORS[name])
    found.pop(alias, None)
    return dict(list(found.items())[:MAX_VARIANTS])


def _inversions(alias: str, _: str) -> Iterator[str]:
    """The parts between commas, last first: "carcinoma, ductal, breast" is a "breast ductal carcinoma"."""
    parts = alias.split(", ")
    if not 1 < len(parts) <= _MAX_PARTS or any(not part or "," in part[-1:] for part in parts):
        return
    if any(_NO_INVERSION.match(part) for part in parts[1:]) or (len(parts) > 2 and not alias.islower()):
        return
    yield " ".join(reversed(parts))


def _without_qualifier(alias: str, _: str) -> Iterator[str]:
    """The alias without a last part in brackets.

    A single word in lower case is left alone unless it is short like an acronym: "retention (psychology)" has its
    qualifier because the word means other things.
    """
    found = _QUALIFIER.fullmatch(alias) if alias.endswith(")") else None
    if found and not (found[1].isalpha() and found[1].islower() and len(found[1]) > MAX_ACRONYM_LENGTH):
        yield found[1]


_REARRANGED: dict[str, _Rule] = {"inverted": _inversions, "dated": with_date_first, "qualifier": _without_qualifier}
