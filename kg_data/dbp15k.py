"""DBP15K (Sun, Hu and Li 2017, JAPE): parts of the Chinese and the English DBpedia.

The label of an entity is the title in its IRI, without the `(...)` that tells namesakes apart; the whole title is an
alias. There are no other names and no types. The alignment of the two languages is not read.
"""

from pathlib import Path
from urllib.parse import unquote

from kg_data.facts import Facts
from kg_data.tables import lookup, read_rows
from kgattn.errors import GraphError
from kgattn.graph import KnowledgeGraph

LICENCE = "DBpedia: CC BY-SA 3.0 / GFDL"
SOURCES = (
    "DBpedia (https://www.dbpedia.org), CC BY-SA 3.0 / GFDL",
    "Sun, Hu and Li 2017, Cross-lingual entity alignment via joint attribute-preserving embedding (DBP15K)",
    "kosugi11037/bert-int, data/dbp15k, commit 17815319",
)
CHINESE, ENGLISH = "1", "2"
ENGLISH_SIDES = ("zh_en", "ja_en", "fr_en")


def build(source: Path) -> KnowledgeGraph:
    """Build the English sides of all three pairs, merged by IRI: 45,051 entities, 243,242 triples.

    Args:
        source: The folder with the folders zh_en, ja_en and fr_en.

    Raises:
        GraphError: A file is absent or malformed; the message names file and line.
    """
    return _graph(*(read_side(source / pair, ENGLISH) for pair in ENGLISH_SIDES))


def build_en(source: Path) -> KnowledgeGraph:
    """Build the English side of the Chinese-English pair: 19,572 entities, 95,142 triples.

    Raises:
        GraphError: A file is absent or malformed; the message names file and line.
    """
    return _graph(read_side(source / "zh_en", ENGLISH))


def build_zh(source: Path) -> KnowledgeGraph:
    """Build the Chinese side of the Chinese-English pair: 19,388 entities, 70,414 triples.

    Raises:
        GraphError: A file is absent or malformed; the message names file and line.
    """
    return _graph(read_side(source / "zh_en", CHINESE))


def read_side(folder: Path, side: str) -> tuple[list[str], list[tuple[str, str, str]]]:
    """Read the IRIs and the triples of one side of a pair.

    Args:
        folder: Holds `ent_ids_*`, `rel_ids_*` and `triples_*`.
        side: "1" or "2", the end of the file names.

    Raises:
        GraphError: A file is absent or malformed; the message names file and line.
    """
    entities = dict(read_rows(folder / f"ent_ids_{side}", 2))
    relations = dict(read_rows(folder / f"rel_ids_{side}", 2))
    path = folder / f"triples_{side}"
    entity, relation = lookup(entities, path), lookup(relations, path)
    triples = [(entity(head), relation(kind), entity(tail)) for head, kind, tail in read_rows(path, 3)]
    return list(entities.values()), triples


def title(iri: str) -> str:
    """Read the title out of an IRI: ".../resource/National_Front_(France)" -> "National Front (France)".

    Raises:
        GraphError: It is no DBpedia resource.
    """
    _, found, last = iri.partition("/resource/")
    if not found or not last:
        raise GraphError(f"expected an IRI with /resource/ and a title, got {iri!r}; fetch the id files again")
    return unquote(last).replace("_", " ").strip()


def label(whole_title: str) -> str:
    """Cut what tells namesakes apart off a title: "National Front (France)" -> "National Front"."""
    bare = whole_title[: whole_title.rindex(" (")] if whole_title.endswith(")") and " (" in whole_title else ""
    return bare.strip() or whole_title


def _graph(*sides: tuple[list[str], list[tuple[str, str, str]]]) -> KnowledgeGraph:
    titles = {iri: title(iri) for iris, _ in sides for iri in iris}
    labels = {iri: label(text) for iri, text in titles.items()}
    return Facts(
        licence=LICENCE,
        sources=SOURCES,
        labels=labels,
        aliases={iri: [text] for iri, text in titles.items() if text != labels[iri]},
        triples=[triple for _, triples in sides for triple in triples],
    ).to_graph()
