"""Where a graph was read from: one record a source, kept in `graph.json`; it is no part of what the graph says."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kgattn.graph.packed import plain_suffix

if TYPE_CHECKING:
    from kgattn.graph.knowledge_graph import KnowledgeGraph


@dataclass(frozen=True)
class SourceRecord:
    """One reading of one source.

    Attributes:
        name: File or folder name without the folders above it, or the address of an endpoint.
        format: `"ttl"`, `"obo"`, `"tables"`, `"sparql"` and the like.
        sha256: Hash of the file in hex; of a folder, over the names and hashes of its files. Empty for an endpoint.
        query: What an endpoint was asked; empty for a file.
        read: Day of the reading in UTC, as YYYY-MM-DD.
        licence: Terms as the source itself gives them, or empty. Those of files that were closed together are the
            graph's alone.
        counts: How many entities, relations, triples and types the reading gave, before any merging. Empty where it
            made no graph by itself: files that were closed together.
    """

    name: str
    format: str
    sha256: str = ""
    query: str = ""
    read: str = ""
    licence: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def from_json(cls, value: Any) -> "SourceRecord":
        """Undo `to_json`.

        Raises:
            ValueError: It is not what `to_json` gives.
        """
        names = [column.name for column in dataclasses.fields(cls)]
        if not isinstance(value, dict) or sorted(value) != sorted(names):
            raise ValueError(f"expected the keys {' '.join(names)}, got {value!r:.80}")
        counts = value["counts"]
        texts = all(isinstance(value[name], str) for name in names if name != "counts")
        if not texts or not isinstance(counts, dict) or not all(isinstance(number, int) for number in counts.values()):
            raise ValueError(f"expected texts, and numbers as counts, got {value!r:.80}")
        return cls(**value)

    def to_json(self) -> dict[str, Any]:
        """The record as JSON values."""
        return {**dataclasses.asdict(self), "counts": dict(self.counts)}


def record_reading(
    graph: "KnowledgeGraph", *, name: str, source_format: str, sha256: str = "", query: str = ""
) -> "KnowledgeGraph":
    """The same graph with a note that it was read just now."""
    record = SourceRecord(
        name=name,
        format=source_format,
        sha256=sha256,
        query=query,
        read=datetime.now(timezone.utc).date().isoformat(),
        licence=graph.licence,
        counts={
            "entities": graph.num_entities,
            "relations": graph.num_relations,
            "triples": graph.num_triples,
            "types": graph.num_types,
        },
    )
    return dataclasses.replace(graph, provenance=(record,))


def record_file(graph: "KnowledgeGraph", path: Path) -> "KnowledgeGraph":
    """The same graph with a note that it was read from a file or a folder of tables just now."""
    if path.is_dir():
        return record_reading(graph, name=path.absolute().name, source_format="tables", sha256=_folder_hash(path))
    suffix = plain_suffix(path)
    return record_reading(graph, name=path.name, source_format=suffix.removeprefix("."), sha256=file_hash(path))


def file_hash(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with open(path, "rb") as file:
        digest = sha256()
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _folder_hash(folder: Path) -> str:
    digest = sha256()
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        digest.update(f"{file_hash(path)}  {path.name}\n".encode())
    return digest.hexdigest()
