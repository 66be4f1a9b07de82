"""Articles before names: the text "the Soviet Union" names the Soviet Union by its last two words."""

import numpy as np

from kgattn.graph import KnowledgeGraph

ARTICLES = {
    "en": ("the ",),
    "de": ("der ", "die ", "das "),
    "es": ("el ", "la ", "los ", "las "),
    "fr": ("le ", "la ", "les "),
}


def without_article(alias: str, language: str) -> str | None:
    """The alias without an article in lower case that it begins with; None where there is none.

    An article with a capital is part of the name: "The Hague".
    """
    for article in ARTICLES.get(language, ()):
        if alias.startswith(article):
            return alias.removeprefix(article)
    return None


def behind_articles(graph: KnowledgeGraph, language: str) -> frozenset[int]:
    """The aliases of a graph that are another name of the same entity with an article before it.

    Returns:
        Places in the row of all labels and then all aliases.
    """
    if language not in ARTICLES:
        return frozenset()
    owners = np.repeat(np.arange(graph.num_entities), np.diff(graph.alias_offsets)).tolist()
    found = []
    for alias, (entity, text) in enumerate(zip(owners, graph.alias_texts, strict=True)):
        bare = without_article(text, language)
        if bare and (bare == graph.labels[entity] or bare in graph.aliases(graph.entity_ids[entity])):
            found.append(graph.num_entities + alias)
    return frozenset(found)
