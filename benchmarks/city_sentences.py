"""Sentences about cities whose name is shared by cities of several countries, each with the city that is meant.

Generated from the bundled graph and templates. Templates and countries are split: none of dev's are in test.
"""

from collections import defaultdict
from dataclasses import dataclass
from hashlib import blake2b

from kgattn.graph import KnowledgeGraph

# {city} is the shared name, {country} names the country it lies in, {other} another country.
TEMPLATES = {
    "dev": (
        "She grew up in {city} and still follows the news from {country} every morning.",
        "The flood reached {city} before anyone in the government of {country} had been warned.",
        "In {country}, prices rose fastest in {city} last year.",
        "{city}, {country}: the bridge is closed until further notice.",
        "After years abroad he went back to {country}. His brothers had kept the shop in {city}, which is open again.",
        "The factory in {city} makes half of the shoes that are worn in {country}.",
    ),
    "test": (
        "They met in {city} ({country}) at a conference on tides.",
        "No train has left {city} since the strike spread over {country}.",
        "The oldest theatre of {country} is being restored in {city}.",
        "People in {country} like to joke about the weather of {city}.",
        "A new tram line opened today. Mayors from all over {country} came to see it, and {city} paid for the party.",
        "{city} lost the final; it was a sad night for football fans across {country} and for the young coach.",
    ),
}
DISTRACTED = {
    "dev": (
        "He moved from {other} to {city} in {country} when he was ten.",
        "Reporters from {other} asked how {city}, {country}, had kept its trams.",
    ),
    "test": (
        "The band from {other} played in {city}, their first concert in {country}.",
        "She sold the house in {other} and rented a room in {city}, far from the capital of {country}.",
    ),
}


@dataclass(frozen=True)
class CitySentence:
    """A text and what one name in it means.

    Attributes:
        text: The text.
        start: First character of the name.
        end: One past its last.
        meant: Ids of the cities of this name in the country named.
    """

    text: str
    start: int
    end: int
    meant: frozenset[str]


def city_sentences(graph: KnowledgeGraph, split: str, *, distracted: bool = False) -> list[CitySentence]:
    """All sentences of a split.

    Args:
        graph: The bundled graph.
        split: `dev` or `test`.
        distracted: Whether the sentences name a second country, one that has a city of this name too.
    """
    shared = shared_names(graph)
    templates = (DISTRACTED if distracted else TEMPLATES)[split]
    sentences = []
    for name, by_country in shared.items():
        for country, cities in by_country.items():
            if (_half(country) == 0) != (split == "dev"):
                continue
            other = min(set(by_country) - {country})
            for template in templates:
                parts = {"country": graph.label(country), "other": graph.label(other)}
                before = template[: template.index("{city}")].format(**parts)
                text = template.format(city=name, **parts)
                sentences.append(CitySentence(text, len(before), len(before) + len(name), cities))
    return sentences


def shared_names(graph: KnowledgeGraph) -> dict[str, dict[str, frozenset[str]]]:
    """Names that cities of several countries share: name -> country -> its cities of this name."""
    relation = list(graph.relation_ids).index("locatedIn")
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for head, kind, tail in graph.triples.tolist():
        city, country = graph.entity_ids[head], graph.entity_ids[tail]
        if kind == relation and country.startswith("country/"):
            for name in (graph.label(city), *graph.aliases(city)):
                found[name][country].add(city)
    return {
        name: {country: frozenset(cities) for country, cities in sorted(by_country.items())}
        for name, by_country in sorted(found.items())
        if len(by_country) > 1
    }


def _half(country: str) -> int:
    return blake2b(country.encode(), digest_size=1).digest()[0] % 2
