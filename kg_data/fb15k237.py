"""FB15k-237 (Toutanova and Chen 2015) with the names of its entities.

What this builder decides:

* All 14,541 entities and 310,116 triples of train, valid and test are kept, so the graph is the one in the
  literature. The 26 entities without a name keep their MID as label: a MID never matches text.
* Aliases unfit for English text are dropped (`kg_data.names`). Descriptions are not read: they would put the answer of
  a reading task into the entity's text.
* A relation keeps its whole path as id (`/people/person/place_of_birth`). The first two parts name the type of the head
  (`/people/person`); in a compound relation `a./b` they are those of `a`.
"""

from pathlib import Path

from kg_data.facts import Facts
from kg_data.names import is_usable_alias
from kg_data.tables import lookup, read_counted, read_json
from kgattn.errors import GraphError
from kgattn.graph import KnowledgeGraph

LICENCE = "Triples: Freebase, CC BY 2.5. Names: Wikidata, CC0. File of names: MIT"
SOURCES = (
    "Toutanova and Chen 2015, Observed versus latent features for knowledge base and text inference (FB15k-237)",
    "Freebase, CC BY 2.5, as packaged by OpenKE benchmarks/FB15K237",
    "Wikidata labels and aliases (CC0), from villmow/datasets_knowledge_embedding, commit 9e392453 (MIT)",
)
PERSON = "/people/person"


def build(source: Path) -> KnowledgeGraph:
    """Build FB15k-237: 14,541 entities, 237 relations, 310,116 triples.

    Args:
        source: The folder with entity2id.txt, relation2id.txt, train2id.txt, valid2id.txt, test2id.txt and
            entity2wikidata.json.

    Raises:
        GraphError: A file is absent or malformed; the message names file and line.
    """
    entities = {number: mid for mid, number in read_counted(source / "entity2id.txt", 2)}
    relations = {number: path for path, number in read_counted(source / "relation2id.txt", 2)}
    triples = []
    for part in ("train2id.txt", "valid2id.txt", "test2id.txt"):
        entity, relation = lookup(entities, source / part), lookup(relations, source / part)
        for head, tail, kind in read_counted(source / part, 3, separator=" "):
            triples.append((entity(head), relation(kind), entity(tail)))
    types = _types(triples)
    labels, aliases = _names(source / "entity2wikidata.json", list(entities.values()), types)
    used_types = sorted({type_id for type_ids in types.values() for type_id in type_ids})
    return Facts(
        licence=LICENCE,
        sources=SOURCES,
        labels=labels,
        aliases=aliases,
        types=types,
        triples=triples,
        type_labels={type_id: type_label(type_id) for type_id in used_types},
        relation_labels={path: relation_label(path) for path in relations.values()},
    ).to_graph()


def head_type(path: str) -> str:
    """Cut the type of the head out of a relation path: "/people/person/religion" -> "/people/person"."""
    return "/".join(path.split("/")[:3])


def type_label(type_id: str) -> str:
    """Name a type by its last part: "/tv/tv_program" -> "tv program"."""
    return type_id.rsplit("/", 1)[-1].replace("_", " ")


def relation_label(path: str) -> str:
    """Name a relation by the last part of each half: "/a/b/roster./c/d/position" -> "roster position"."""
    parts = [half.rsplit("/", 1)[-1].replace("_", " ").strip() for half in path.split("./")]
    return " ".join(dict.fromkeys(parts))


def _types(triples: list[tuple[str, str, str]]) -> dict[str, list[str]]:
    """Collect the types of every head, sorted."""
    found: dict[str, set[str]] = {}
    for head, relation, _ in triples:
        found.setdefault(head, set()).add(head_type(relation))
    return {head: sorted(type_ids) for head, type_ids in found.items()}


def _names(path: Path, mids: list[str], types: dict[str, list[str]]) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Read label and usable aliases of each MID."""
    names = read_json(path)
    if not isinstance(names, dict):
        raise GraphError(f"{path}: expected an object keyed by MID, got {type(names).__name__}; fetch the file again")
    labels: dict[str, str] = {}
    aliases: dict[str, list[str]] = {}
    for mid in mids:
        entry = names.get(mid) or {}
        labels[mid] = entry.get("label") or mid
        of_person = PERSON in types.get(mid, ())
        aliases[mid] = [
            alias for alias in entry.get("alternatives") or [] if is_usable_alias(alias, of_person=of_person)
        ]
    return labels, aliases
