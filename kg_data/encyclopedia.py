"""FB15k-237, the English DBP15K and the bundled places in one graph: what is known of people, works and places.

An entity of DBpedia and one of Freebase become one where a title of DBpedia, with what stands in parentheses, is the
label of a single entity of Freebase. The places of the bundled graph stay apart: many cities share a name. DBP15K has
no types; those of its entities are inferred from their relations (`KnowledgeGraph.with_inferred_types`).
"""

from collections import Counter
from pathlib import Path

from kg_data import bundled_graph, dbp15k, fb15k237
from kgattn.graph import KnowledgeGraph


def build(source: Path) -> KnowledgeGraph:
    """Merge the three graphs: 64,363 entities, 563,364 triples.

    Args:
        source: The folder that holds the folders `fb15k237` and `dbp15k`.

    Raises:
        GraphError: A file is absent or malformed; the message names file and line.
    """
    return build_as_given(source).with_inferred_types()


def build_as_given(source: Path) -> KnowledgeGraph:
    """The same without types that are inferred.

    Raises:
        GraphError: A file is absent or malformed; the message names file and line.
    """
    freebase, dbpedia = fb15k237.build(source / "fb15k237"), dbp15k.build(source / "dbp15k")
    same = same_names(freebase, dbpedia)
    return KnowledgeGraph.merge([freebase, dbpedia, bundled_graph.build()], same_as=same)


def same_names(freebase: KnowledgeGraph, dbpedia: KnowledgeGraph) -> dict[str, str]:
    """Ids of DBpedia to the ids of Freebase that name the same thing, where the name leaves no choice in either."""
    ids = dict(zip(freebase.labels, freebase.entity_ids, strict=True))
    labels = Counter(freebase.labels)
    titles = {name: dbp15k.title(name) for name in dbpedia.entity_ids}
    uses = Counter(titles.values())
    return {name: ids[title] for name, title in titles.items() if uses[title] == labels[title] == 1}
