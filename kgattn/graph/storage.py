"""The graph folder: `graph.json` and one numpy file an array, written whole or not at all, read memory-mapped."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kgattn.errors import GraphError
from kgattn.files import check_version, replacing_folder, write_json
from kgattn.graph.array_files import check_offsets, in_range, read_array, write_array
from kgattn.graph.index_files import read_indexes, write_indexes
from kgattn.graph.knowledge_graph import KnowledgeGraph
from kgattn.graph.provenance import SourceRecord, file_hash
from kgattn.graph.strings import StringTable

READABLE_VERSIONS = (1, 2)
"""A graph that has priors of its names is of version 2, any other of version 1."""
HEADER = "graph.json"
INDEX_FOLDER = "linker"  # the linker keeps its index of the graph in here
CODES_FOLDER = "codes"  # and encoders the codes of its labels in here
_TABLES = (
    "entity_ids",
    "labels",
    "alias_texts",
    "relation_ids",
    "relation_labels",
    "type_ids",
    "type_labels",
)
_HEADER_KINDS = {
    "fingerprint": str,
    "licence": str,
    "sources": list,
    "has_features": bool,
    "counts": dict,
    "files": dict,
}
_PRIORS = "name_priors"
_ARRAYS = ("alias_offsets", "type_offsets", "type_indices", "triples")
_COUNTED = {
    "entities": "entity_ids",
    "relations": "relation_ids",
    "triples": "triples",
    "types": "type_ids",
    "aliases": "alias_texts",
}


def save_graph(graph: KnowledgeGraph, folder: Path) -> Path:
    """Write a graph folder and return its absolute path.

    Raises:
        GraphError: The target holds something other than a graph and its index.
        StorageError: Writing failed; what was there before is untouched.
    """
    with saving_graph(graph, folder):
        pass
    return Path(os.path.abspath(folder))


@contextmanager
def saving_graph(graph: KnowledgeGraph, folder: Path) -> Iterator[Path]:
    """Write a graph into a new folder, which takes the place of `folder` at the end of the block.

    Yields:
        The new folder, for what belongs beside the graph: the linker's index.

    Raises:
        GraphError: The target holds something other than a graph and its index.
        StorageError: Writing failed; what was there before is untouched.
    """
    check_replaceable(Path(os.path.abspath(folder)))
    with replacing_folder(folder, task="save the graph to") as draft:
        _write(graph, draft)
        yield draft


def open_graph(folder: Path) -> KnowledgeGraph:
    """Open a graph folder memory-mapped.

    Raises:
        GraphError: A file is missing, damaged or of another format version.
    """
    header = read_header(folder)
    content: dict[str, Any] = {name: read_array(folder, name) for name in _ARRAYS}
    content |= {name: _read_table(folder, name) for name in _TABLES}
    content["features"] = read_array(folder, "features") if header["has_features"] else None
    content[_PRIORS] = read_array(folder, _PRIORS) if f"{_PRIORS}.npy" in header["files"] else None
    _check_consistent(content, header, folder)
    graph = KnowledgeGraph(
        **content,
        licence=header["licence"],
        sources=tuple(header["sources"]),
        provenance=_read_provenance(header, folder),
        path=folder.absolute(),
    )
    graph.__dict__["fingerprint"] = header["fingerprint"]
    graph.__dict__.update(read_indexes(graph, header["files"], folder))
    return graph


def read_header(folder: Path) -> dict[str, Any]:
    """The content of `graph.json`.

    Raises:
        GraphError: It is missing, damaged or of another format version.
    """
    path = folder / HEADER
    try:
        header = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise GraphError(f"{path}: cannot be read ({error.strerror}); save the graph again") from None
    except (ValueError, RecursionError) as error:
        raise GraphError(f"{path}: expected JSON, got {error}; save the graph again") from None
    advice = "build the graph again or install the version of kgattn that wrote it"
    check_version(header, READABLE_VERSIONS, str(path), advice, GraphError)
    missing = sorted(_HEADER_KINDS.keys() - set(header))
    if missing:
        raise GraphError(f"{path}: expected the key {missing[0]!r}, got none; save the graph again")
    for key, kind in _HEADER_KINDS.items():
        if not isinstance(header[key], kind):
            raise GraphError(
                f"{path}: expected {kind.__name__} as {key!r}, got {header[key]!r:.40}; save the graph again"
            )
    for name in header["files"]:
        if name in ("", ".", "..") or os.path.basename(name) != name:
            raise GraphError(f"{path}: expected files of this folder, got {name!r:.40}; save the graph again")
    if not all(isinstance(source, str) for source in header["sources"]):
        raise GraphError(f"{path}: expected texts as 'sources', got {header['sources']!r:.40}; save the graph again")
    return dict(header)


def verify_folder(folder: Path) -> None:
    """Compare every file with the hash noted when it was written.

    Raises:
        GraphError: A file is missing or differs.
    """
    for name, expected in read_header(folder)["files"].items():
        path = folder / name
        if not path.is_file():
            raise GraphError(f"{path}: the file is missing; save the graph again")
        if file_hash(path) != expected:
            raise GraphError(f"{path}: the content differs from what was saved; save the graph again")


def holds_graph(folder: Path, graph: KnowledgeGraph) -> bool:
    """Whether a folder holds this graph, its rows in the same order."""
    try:
        return open_graph(folder).same_rows(graph)
    except GraphError:
        return False


def reopen_graph(folder: Path, fingerprint: str) -> KnowledgeGraph:
    """Open a graph folder that must still hold the graph with this fingerprint.

    Raises:
        GraphError: The folder is gone or holds another graph.
    """
    graph = open_graph(folder)
    if graph.fingerprint != fingerprint:
        raise GraphError(f"{folder}: the graph was replaced while in use; start again with the new one")
    return graph


def _write(graph: KnowledgeGraph, draft: Path) -> None:
    names = []
    for name in _TABLES:
        table: StringTable = getattr(graph, name)
        names += [f"{name}.bytes.npy", f"{name}.offsets.npy"]
        write_array(draft / names[-2], table.data)
        write_array(draft / names[-1], table.offsets)
    for name in (*_ARRAYS, *(name for name in ("features", _PRIORS) if getattr(graph, name) is not None)):
        names.append(f"{name}.npy")
        write_array(draft / names[-1], getattr(graph, name))
    names += write_indexes(graph, draft)
    header = {
        "format_version": READABLE_VERSIONS[graph.name_priors is not None],
        "counts": {name: len(getattr(graph, column)) for name, column in _COUNTED.items()},
        "has_features": graph.features is not None,
        "licence": graph.licence,
        "sources": list(graph.sources),
        "provenance": [record.to_json() for record in graph.provenance],
        "fingerprint": graph.fingerprint,
        "files": {name: file_hash(draft / name) for name in names},
    }
    write_json(draft / HEADER, header)


def _read_provenance(header: dict[str, Any], folder: Path) -> tuple[SourceRecord, ...]:
    """The records of the header; folders written before there were any have none."""
    records = header.get("provenance", [])
    try:
        return tuple(SourceRecord.from_json(record) for record in records)
    except (TypeError, ValueError) as error:
        raise GraphError(f"{folder / HEADER}: unreadable provenance ({error}); save the graph again") from None


def _read_table(folder: Path, name: str) -> StringTable:
    table = StringTable(read_array(folder, f"{name}.bytes"), read_array(folder, f"{name}.offsets"))
    check_offsets(folder, f"{name}.offsets", len(table.data))
    return table


def _check_consistent(content: dict[str, Any], header: dict[str, Any], folder: Path) -> None:
    """Raise unless every number in the arrays points at something that is there."""
    size = {name: len(values) for name, values in content.items() if values is not None}
    for name, expected in (
        ("labels", size["entity_ids"]),
        ("alias_offsets", size["entity_ids"] + 1),
        ("type_offsets", size["entity_ids"] + 1),
        ("relation_labels", size["relation_ids"]),
        ("type_labels", size["type_ids"]),
        ("features", size["entity_ids"]),
        (_PRIORS, size["labels"] + size["alias_texts"]),
    ):
        if size.get(name, expected) != expected:
            raise GraphError(f"{folder}: {name} must have {expected} rows, got {size[name]}; save the graph again")
    check_offsets(folder, "alias_offsets", size["alias_texts"])
    check_offsets(folder, "type_offsets", size["type_indices"])
    limits = size["entity_ids"], size["relation_ids"], size["entity_ids"]
    triples, types = content["triples"], content["type_indices"]
    if (
        triples.shape[1] != 3
        or not in_range(folder, "triples", *limits)
        or bool(((types < 0) | (types >= size["type_ids"])).any())
    ):
        raise GraphError(f"{folder}: triples or types point outside the graph; save the graph again")
    priors = content[_PRIORS]
    if priors is not None and bool(((priors < 0) | (priors > 1)).any()):
        raise GraphError(f"{folder}: {_PRIORS} must lie in [0, 1], got others; save the graph again")
    counts = {name: size[column] for name, column in _COUNTED.items()}
    if header["counts"] != counts:
        raise GraphError(f"{folder}: {HEADER} counts {header['counts']}, got {counts}; save the graph again")


def check_replaceable(folder: Path) -> None:
    """Check that nothing is lost when a graph takes the place of the folder.

    Raises:
        GraphError: The target holds something other than a graph and its index.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    refusal = f"{folder} must be new, empty or a graph folder, got"
    if not (folder / HEADER).is_file():
        raise GraphError(f"{refusal} something else; choose another folder to save to")
    try:
        own = {HEADER, INDEX_FOLDER, CODES_FOLDER, *read_header(folder)["files"]}
    except (GraphError, TypeError):
        raise GraphError(f"{refusal} an unreadable {HEADER}; choose another folder to save to") from None
    foreign = sorted(path.name for path in folder.iterdir() if path.name not in own)
    if foreign:
        raise GraphError(f"{refusal} one that also holds {foreign[0]!r}; move that away or choose another folder")
