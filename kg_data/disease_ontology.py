"""The Disease Ontology: diseases with their synonyms and the `is_a` hierarchy, out of its OBO file.

Obsolete terms (2,374 of the 8,948 in the file) and the descriptions of relations are left out. The file gives no types:
the type of a disease is the branch or branches of the ontology that it lies in, the direct children of the root
(`disease of cellular proliferation`, ...).
"""

from pathlib import Path

from kg_data.facts import Facts
from kgattn.graph import KnowledgeGraph

LICENCE = "CC BY 3.0 (Disease Ontology); CC0 (packaging)"
SOURCES = (
    "Disease Ontology (https://disease-ontology.org), HumanDO.obo of 2015-05-14, CC BY 3.0",
    "dhimmel/disease-ontology, commit 052ffcc9 (CC0)",
)
ROOT = "DOID:4"
IS_A = "is_a"


def build(source: Path) -> KnowledgeGraph:
    """Build the disease graph: 6,574 diseases, 6,921 `is_a` triples.

    Args:
        source: The folder with HumanDO.obo.

    Raises:
        GraphError: The file is absent or malformed, or the package fastobo is not installed.
    """
    plain = KnowledgeGraph.load(source / "HumanDO.obo")
    triples = [
        (plain.entity_ids[head], plain.relation_ids[relation], plain.entity_ids[tail])
        for head, relation, tail in plain.triples.tolist()
    ]
    types = branches([(head, tail) for head, relation, tail in triples if relation == IS_A], ROOT)
    used = sorted({type_id for type_ids in types.values() for type_id in type_ids})
    return Facts(
        licence=LICENCE,
        sources=SOURCES,
        labels=dict(zip(plain.entity_ids, plain.labels, strict=True)),
        aliases={entity_id: plain.aliases(entity_id) for entity_id in plain.entity_ids},
        types=types,
        triples=triples,
        type_labels={type_id: plain.label(type_id) for type_id in used},
        relation_labels=dict(zip(plain.relation_ids, plain.relation_labels, strict=True)),
    ).to_graph()


def branches(pairs: list[tuple[str, str]], root: str) -> dict[str, list[str]]:
    """Find for each entity the children of the root that it lies under, a child of the root under itself.

    Args:
        pairs: (child, parent); cycles do no harm.
        root: The entity above all.

    Returns:
        Entity id -> sorted ids of its branches; entities apart from the root are absent.
    """
    children: dict[str, list[str]] = {}
    for child, parent in pairs:
        children.setdefault(parent, []).append(child)
    found: dict[str, set[str]] = {}
    for branch in children.get(root, ()):
        waiting, seen = [branch], {branch}
        while waiting:
            entity = waiting.pop()
            found.setdefault(entity, set()).add(branch)
            new = [child for child in children.get(entity, ()) if child not in seen]
            seen.update(new)
            waiting += new
    return {entity: sorted(names) for entity, names in found.items()}
