"""Graphs in TSV tables, and single files of triples.

A folder of tables holds tab-separated UTF-8 text, nothing quoted, one record a line. A first line of column names is
allowed, and needed where columns stand in another order:

| file | columns | says |
|---|---|---|
| `entities.tsv` | `id`, `label`, and if wanted `types` (ids joined by `|`) | which entities there are, in row order |
| `labels.tsv` (optional) | `id`, `label` | further forms of an entity: its aliases |
| `triples.tsv` (optional) | `head`, `relation`, `tail` | what holds between them |
| `relations.tsv`, `types.tsv` (optional) | `id`, `label` | how relations and types read |
| `about.json` (optional) | `{"licence": "...", "sources": ["..."]}` | where it comes from |

A file of triples alone (`.csv`, `.tsv`, or `.txt`, as data sets for link prediction are: three tab-separated columns)
has the columns `head`, `relation`, `tail`; ids are their own labels. White space around a field does not count. Columns
of triples may also be named as others name them, in any order: `subject`, `predicate` and `object`, `source`, `label`
and `target`, `from`, `type` and `to`, `e1`, `rel` and `e2`, Neo4j's `:START_ID`, `:TYPE` and `:END_ID`, and the like. A
first line is one of names only where it names all three; and it is a triple where a relation and an entity of later
lines have its very words, as in a graph of `e1 r e2` and `e2 r e3`.
"""

import csv
import json
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from kgattn.errors import GraphError
from kgattn.graph.build import GraphBuilder
from kgattn.graph.knowledge_graph import KnowledgeGraph
from kgattn.graph.naming import clean_text
from kgattn.graph.packed import READ_ERRORS, open_plain

ENTITIES, TRIPLES = "entities.tsv", "triples.tsv"
_LABEL_COLUMNS = ("id", "label")
_TRIPLE_COLUMNS = ("head", "relation", "tail")
_HEADS = "head h subject subj s source src from start e1 entity1 node1"
_RELATIONS = "relation rel r predicate pred p property relationship edge metaedge type label"
_TAILS = "tail t object obj o target tgt dst to end e2 entity2 node2"
_SYNONYMS = {
    f"{word}{part}": role
    for role, words in (("head", _HEADS), ("relation", _RELATIONS), ("tail", _TAILS))
    for word in words.split()
    for part in ("", "id", "name", "entity", "node")
}
"""What other tools call the columns of triples, as `_role` spells it."""
_MOST_COLUMNS = 1000
"""Fields of a line that are looked at for names; which is not done for nothing."""
_NEO4J = re.compile(r"(?:\w+(?=:(?:start_id|end_id|type)\b))?:(\w+)(?:\(.*\))?")  # `:START_ID(Person)`, `x:END_ID`


def graph_from_tables(folder: Path) -> KnowledgeGraph:
    """Read a folder of tables.

    Raises:
        GraphError: A line is malformed or names an entity that `entities.tsv` does not; names file and line.
    """
    builder = GraphBuilder()
    _read_entities(folder / ENTITIES, builder)
    for where, (entity_id, label) in _optional(folder / "labels.tsv", _LABEL_COLUMNS):
        _check_known(where, entity_id, builder)
        builder.add_alias(entity_id, label)
    if (folder / TRIPLES).exists():
        for where, (head, relation, tail) in _read_triples(folder / TRIPLES, "\t"):
            _check_known(where, head, builder)
            _check_known(where, tail, builder)
            builder.add_triple(head, relation, tail)
    for _, (relation_id, label) in _optional(folder / "relations.tsv", _LABEL_COLUMNS):
        builder.name_relation(relation_id, label)
    for _, (type_id, label) in _optional(folder / "types.tsv", _LABEL_COLUMNS):
        builder.name_type(type_id, label)
    licence, sources = _read_about(folder / "about.json")
    return builder.build(
        label_sources=f"the second column of {ENTITIES}", origin=str(folder), licence=licence, sources=sources
    )


def graph_from_triple_file(path: Path, suffix: str) -> KnowledgeGraph:
    """Read a file of triples, comma-separated (and quoted as spreadsheets do) or, with any other suffix, tab-separated.

    Raises:
        GraphError: A line does not have three columns, there is none, or the ids are IRIs.
    """
    builder = GraphBuilder()
    for _, (head, relation, tail) in _read_triples(path, "," if suffix == ".csv" else "\t"):
        builder.add_triple(head, relation, tail)
    return builder.build(label_sources=f"a folder of tables with {ENTITIES}", origin=str(path))


def _read_triples(path: Path, delimiter: str) -> Iterator[tuple[str, list[str]]]:
    """The triples of a table; a first line that could hold names comes last where it turns out to be one.

    Raises:
        GraphError: As `read_table`; or such a line would name the columns in another order, or names those of entities.
    """
    records = _records(path, delimiter)
    number, fields = next(records, (0, []))
    first, names = f"{path}:{number}", [field.strip() for field in fields]
    if [name.lower() for name in names[:2]] in (["id", "label"], ["id", "name"]):
        raise GraphError(
            f"{first}: expected triples, got a table of entities with the columns {' '.join(names[:9])}; give the "
            f"folder with its {ENTITIES} and {TRIPLES}"
        )
    rows = _rows(path, chain([(number, fields)] if number else [], records), _TRIPLE_COLUMNS, (), delimiter)
    among_relations = among_entities = False
    for where, triple in rows:
        yield where, triple
        if where == first:
            yield from rows
            return
        among_relations = among_relations or triple[1] == names[1]
        among_entities = among_entities or not {names[0], names[2]}.isdisjoint(triple[::2])
    if among_relations and among_entities:
        if [_role(name.lower()) for name in names] != [*_TRIPLE_COLUMNS]:
            raise GraphError(
                f"{first}: names columns, but also a relation and an entity of later lines; "
                f"put a line {' '.join(_TRIPLE_COLUMNS)} before it if it is a triple, else name the columns so"
            )
        yield first, names


def read_table(
    path: Path, columns: tuple[str, ...], *, optional: tuple[str, ...] = (), delimiter: str = "\t"
) -> Iterator[tuple[str, list[str]]]:
    """Where each record stands (`file:line`) and its fields, in the order of `columns` and `optional`.

    Args:
        path: The file, packed if its name ends in `.gz`, `.bz2` or `.xz`.
        columns: Must be there and not empty.
        optional: May be left out at the end of a line, which gives an empty field.
        delimiter: A tab (nothing is quoted) or a comma (fields may be quoted).

    Raises:
        GraphError: A line has too few or too many fields, an empty one, or is not UTF-8; a column name is unknown.
    """
    yield from _rows(path, _records(path, delimiter), columns, optional, delimiter)


def _rows(
    path: Path,
    records: Iterable[tuple[int, list[str]]],
    columns: tuple[str, ...],
    optional: tuple[str, ...],
    delimiter: str,
) -> Iterator[tuple[str, list[str]]]:
    """What `read_table` says, of its records."""
    names = (*columns, *optional)
    order: list[int] | None = None
    for number, fields in records:
        if order is None:
            order = _header_order(f"{path}:{number}", fields, columns, names)
            if order is not None:
                continue
            order = list(range(len(names)))
        where = f"{path}:{number}"
        if not len(columns) <= len(fields) <= len(names):
            separated = "tab-separated " if delimiter == "\t" else ""
            raise GraphError(
                f"{where}: expected the {separated}columns {' '.join(names)}, got {len(fields)} fields; repair the line"
            )
        record = [fields[place].strip() if place < len(fields) else "" for place in order]
        empty = next((name for name, value in zip(columns, record, strict=False) if not clean_text(value)), None)
        if empty is not None:
            raise GraphError(f"{where}: the column {empty} must not be empty; fill it in or drop the line")
        yield where, record


def _header_order(where: str, fields: list[str], columns: tuple[str, ...], names: tuple[str, ...]) -> list[int] | None:
    """The place of each wanted column if the line holds column names, else None."""
    if len(fields) > _MOST_COLUMNS:
        return None
    written = [field.strip().lower() for field in fields]
    given = [role if (role := _role(name)) in names else name for name in written]
    if not set(columns) <= set(given):
        return None
    unknown = next((name for name in given if name not in names), None)
    if unknown is not None or len(set(given)) != len(given):
        raise GraphError(
            f"{where}: expected the column names {' '.join(names)}, got {' '.join(written)}; drop the other columns"
        )
    return [given.index(name) if name in given else len(names) for name in names]


def _role(name: str) -> str | None:
    """Which column of triples a name in small letters means."""
    neo4j = _NEO4J.fullmatch(name)
    return _SYNONYMS.get(re.sub(r"[ _-]", "", neo4j[1] if neo4j else name))


def _records(path: Path, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    if delimiter == "\t":
        for number, line in _lines(path):
            if line.strip():
                yield number, line.split("\t")
        return
    reader = csv.reader((f"{line}\n" for _, line in _lines(path)), strict=True, skipinitialspace=True)
    try:
        for fields in reader:
            if fields and any(field.strip() for field in fields):  # a blank line has none
                yield reader.line_num, fields
    except csv.Error as error:
        raise GraphError(f"{path}:{reader.line_num}: not readable as CSV ({error}); repair the line") from None


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    number = 0
    try:
        with open_plain(path) as file:
            for number, line in enumerate(file, start=1):
                text = line.decode("utf-8-sig" if number == 1 else "utf-8")
                yield number, text.rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise GraphError(f"{path}:{number}: expected UTF-8, got {error.reason}; convert the file") from None
    except READ_ERRORS as error:
        raise GraphError(f"{path}:{number + 1}: cannot be read ({error}); check the file") from None


def _read_entities(path: Path, builder: GraphBuilder) -> None:
    for where, (entity_id, label, types) in read_table(path, _LABEL_COLUMNS, optional=("types",)):
        if entity_id in builder:
            raise GraphError(f"{where}: the entity {entity_id!r} is listed twice; keep one line an entity")
        builder.add_label(entity_id, label)
        for type_id in filter(None, map(str.strip, types.split("|"))):
            builder.add_type(entity_id, type_id)


def _optional(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[str, list[str]]]:
    if path.exists():
        yield from read_table(path, columns)


def _check_known(where: str, entity_id: str, builder: GraphBuilder) -> None:
    if entity_id not in builder:
        raise GraphError(f"{where}: unknown entity {entity_id!r}; add it to {ENTITIES} or drop the line")


def _read_about(path: Path) -> tuple[str, tuple[str, ...]]:
    if not path.exists():
        return "", ()
    try:
        about: Any = json.loads(path.read_text(encoding="utf-8"))
        licence, sources = about.get("licence", ""), about.get("sources", [])
        valid = isinstance(licence, str) and all(isinstance(source, str) for source in sources)
    except (OSError, ValueError, AttributeError, TypeError, RecursionError):
        valid = False
    if not valid:
        raise GraphError(f'{path}: expected {{"licence": "...", "sources": ["..."]}}; repair the file')
    return licence, tuple(sources)
