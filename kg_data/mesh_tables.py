"""The layout that the disease and the drug tables share: entities, labels and `broader` pairs."""

import re
from pathlib import Path

from kg_data.facts import Facts
from kg_data.mesh_categories import categories, category_label
from kg_data.tables import read_table

BROADER = "broader"
ACRONYM = re.compile(r"[A-Z][A-Z0-9]")


def read_mesh_tables(folder: Path, *, kind: str, licence: str, sources: tuple[str, ...]) -> Facts:
    """Read entities.tsv, labels.tsv and broader.tsv of one folder.

    The types of an entity are the kind of the table and the MeSH categories of its tree numbers. A `broader` pair is
    the triple (child, broader, parent). Headings are terms written with capitals, not names: unless one holds an
    acronym, its lower-case form is an alias, so that it is found in running text.

    Args:
        folder: Holds the three files.
        kind: What all entities of the table are, such as "disease".
        licence: Passed on to the graph.
        sources: Passed on to the graph.

    Raises:
        GraphError: A file is absent or malformed; the message names file and line.
    """
    labels: dict[str, str] = {}
    types: dict[str, list[str]] = {}
    for entity_id, name, _, tree_numbers in read_table(
        folder / "entities.tsv", ("id", "name", "drugbank_id", "mesh_tree")
    ):
        labels[entity_id] = name
        types[entity_id] = [kind, *categories(tree_numbers)]
    aliases = {entity_id: [name.lower()] for entity_id, name in labels.items() if not ACRONYM.search(name)}
    for entity_id, alias in read_table(folder / "labels.tsv", ("id", "label")):
        aliases.setdefault(entity_id, []).append(alias)
    triples = [(child, BROADER, parent) for child, parent in read_table(folder / "broader.tsv", ("child", "parent"))]
    used = sorted({type_id for type_ids in types.values() for type_id in type_ids})
    return Facts(
        licence=licence,
        sources=sources,
        labels=labels,
        aliases=aliases,
        types=types,
        triples=triples,
        type_labels={type_id: category_label(type_id) for type_id in used},
        relation_labels={BROADER: "broader"},
    )
