"""Articles before names: the text "the Soviet Union" names the Soviet Union by its last two words."""

import numpy as np

from kgattn.graph import KnowledgeGraph
from kgattn.shapes import Int

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


def behind_articles(graph: KnowledgeGraph, language: str) -> Int[np.ndarray, " found"]:
    """The aliases of a graph that are another name of the same entity with an article before it.

    Returns:
        Places in the row of all labels and then all aliases, rising.
    """
    found = []
    if language in ARTICLES:
        for alias, text in enumerate(graph.alias_texts):
            bare = without_article(text, language)
            if bare:
                entity = int(np.searchsorted(graph.alias_offsets, alias, side="right")) - 1
                own = slice(int(graph.alias_offsets[entity]), int(graph.alias_offsets[entity + 1]))
                if bare == graph.labels[entity] or bare in graph.alias_texts[own]:
                    found.append(graph.num_entities + alias)
    return np.array(found, dtype=np.int64)
