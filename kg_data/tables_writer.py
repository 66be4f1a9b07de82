"""Writing facts in the TSV layout that `KnowledgeGraph.load` reads."""

import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from kg_data.facts import Facts
from kgattn.errors import StorageError


def render_tables(facts: Facts) -> dict[str, str]:
    """Render facts as files: name -> text. The same facts give the same bytes."""
    about = {"licence": facts.licence, "sources": list(facts.sources)}
    return {
        "about.json": json.dumps(about, ensure_ascii=False, indent=2) + "\n",
        "entities.tsv": _table(
            ("id", "label", "types"),
            ((entity_id, label, "|".join(facts.types.get(entity_id, ()))) for entity_id, label in facts.labels.items()),
        ),
        "labels.tsv": _table(
            ("id", "label"), ((entity_id, alias) for entity_id, forms in facts.aliases.items() for alias in forms)
        ),
        "relations.tsv": _table(("id", "label"), facts.relation_labels.items()),
        "triples.tsv": _table(("head", "relation", "tail"), facts.triples),
        "types.tsv": _table(("id", "label"), facts.type_labels.items()),
    }


def write_tables(facts: Facts, folder: Path) -> None:
    """Write facts into a folder, each file in one step.

    Raises:
        StorageError: A file cannot be written; files not yet reached are as they were.
    """
    for name, text in render_tables(facts).items():
        write_text(folder / name, text)


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 file under a temporary name, then give it its own.

    Raises:
        StorageError: It cannot be written; what was there before is untouched.
    """
    temporary = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text, encoding="utf-8", newline="\n")
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise StorageError(f"expected to write {path}, got {error}; free space or choose another folder") from None


def _table(header: tuple[str, ...], rows: Iterable[Iterable[str]]) -> str:
    return "".join("\t".join(row) + "\n" for row in (header, *rows))
