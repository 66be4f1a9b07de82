"""The indexes over the triples as files: built once, when the graph is saved, and then memory-mapped."""

from collections.abc import Collection
from dataclasses import fields
from pathlib import Path

from kgattn.errors import GraphError
from kgattn.graph.adjacency import Adjacency, PairIndex
from kgattn.graph.array_files import check_offsets, in_range, read_array, rises, write_array
from kgattn.graph.content import GraphContent

_INDEXES: dict[str, type[Adjacency | PairIndex]] = {"adjacency": Adjacency, "pair_index": PairIndex}
_COLUMNS = [(name, field.name) for name, kind in _INDEXES.items() for field in fields(kind)]


def write_indexes(graph: GraphContent, folder: Path) -> list[str]:
    """Write the indexes, built first if need be, and return the names of their files."""
    for name, column in _COLUMNS:
        write_array(folder / f"{name}.{column}.npy", getattr(getattr(graph, name), column))
    return [f"{name}.{column}.npy" for name, column in _COLUMNS]


def read_indexes(graph: GraphContent, files: Collection[str], folder: Path) -> dict[str, Adjacency | PairIndex]:
    """The indexes a folder holds, memory-mapped; they are built when asked for where it holds none."""
    if not all(f"{name}.{column}.npy" in files for name, column in _COLUMNS):
        return {}
    parts = {(name, column): read_array(folder, f"{name}.{column}") for name, column in _COLUMNS}
    edges, pairs = 2 * graph.num_triples, graph.num_entities**2
    for (name, column), length, limit in (
        (("adjacency", "neighbours"), edges, graph.num_entities),
        (("adjacency", "edge_types"), edges, 2 * graph.num_relations),
        (("pair_index", "keys"), graph.num_triples, pairs),
        (("pair_index", "relations"), graph.num_triples, graph.num_relations),
    ):
        if len(parts[name, column]) != length or not in_range(folder, f"{name}.{column}", limit):
            raise GraphError(f"{folder}: {name}.{column} does not fit the graph; save the graph again")
    if not rises(folder, "pair_index.keys"):
        raise GraphError(f"{folder}: pair_index.keys must rise; save the graph again")
    offsets = parts["adjacency", "offsets"]
    check_offsets(folder, "adjacency.offsets", edges)
    if len(offsets) != graph.num_entities + 1:
        raise GraphError(f"{folder}: adjacency.offsets does not fit the graph; save the graph again")
    return {
        name: kind(**{field.name: parts[name, field.name] for field in fields(kind)}) for name, kind in _INDEXES.items()
    }
