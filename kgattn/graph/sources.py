"""From a path to a graph: which reader is meant."""

import re
from pathlib import Path
from urllib.parse import urlsplit

from kgattn.errors import GraphError
from kgattn.files import seen_from
from kgattn.graph.knowledge_graph import KnowledgeGraph
from kgattn.graph.packed import PACKED_SUFFIXES, plain_suffix
from kgattn.graph.provenance import record_file
from kgattn.graph.storage import HEADER, open_graph
from kgattn.graph.tables import ENTITIES, graph_from_tables, graph_from_triple_file

RDF_SUFFIXES = (".ttl", ".nt", ".nq", ".trig", ".n3", ".rdf", ".owl", ".xml", ".trix", ".jsonld", ".json-ld", ".hext")
NETWORKX_SUFFIXES = (".graphml", ".gexf")
TRIPLE_SUFFIXES = (".tsv", ".csv", ".txt")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://|https?:/")  # a Path of a URL has one slash left
SUFFIXES = (*RDF_SUFFIXES, ".obo", *NETWORKX_SUFFIXES, *TRIPLE_SUFFIXES)


def load_graph(path: str | Path, *, language: str, query: str | None = None) -> KnowledgeGraph:
    """What `KnowledgeGraph.load` says."""
    if is_address(path):
        return _load_address(path, language, query)
    if query is not None:
        raise GraphError(f"{path}: a query is for SPARQL endpoints, got a path; leave the query out")
    path = Path(path)
    graph = _load_path(path, language)
    return graph if (path / HEADER).exists() else record_file(graph, path)


def is_address(path: str | Path) -> bool:
    """Whether a source lies on a server."""
    return _URL.match(str(path)) is not None


def _load_address(address: str | Path, language: str, query: str | None) -> KnowledgeGraph:
    """Ask an endpoint: any web address but that of a file, which its suffix tells."""
    if not isinstance(address, str):
        raise GraphError(f"{address}: the address of an endpoint must be a string, got a Path; pass the string")
    if plain_suffix(Path(urlsplit(address).path)) in SUFFIXES:
        raise GraphError(
            f"{address}: expected a graph file, a folder or a SPARQL endpoint, got the address of a file, and files "
            "are not downloaded; download it and give its path"
        )
    return KnowledgeGraph.from_sparql(address, query=query, language=language)


def _load_path(path: Path, language: str) -> KnowledgeGraph:
    try:
        is_folder, is_file, is_there = path.is_dir(), path.is_file(), path.exists()
    except OSError as error:
        raise GraphError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    if is_folder:
        return _load_folder(path)
    if not is_there:
        raise GraphError(f"{path}: expected a graph file or folder, got nothing there{seen_from(path)}; check the path")
    if not is_file:
        raise GraphError(f"{path}: expected a graph file or folder, got a device, a pipe or the like; check the path")
    suffix = plain_suffix(path)
    if suffix in RDF_SUFFIXES:
        from kgattn.graph.rdf_files import graph_from_rdf_file

        return graph_from_rdf_file(path, suffix, language=language)
    if suffix == ".obo":
        from kgattn.graph.obo import graph_from_obo

        return graph_from_obo(path)
    if suffix in NETWORKX_SUFFIXES:
        from kgattn.graph.networkx_io import graph_from_networkx_file

        return graph_from_networkx_file(path, suffix)
    if suffix in TRIPLE_SUFFIXES:
        return graph_from_triple_file(path, suffix)
    raise GraphError(
        f"{path}: expected a folder or one of {' '.join(SUFFIXES)}, plain or packed ({' '.join(PACKED_SUFFIXES)}), "
        f"got {suffix!r}; "
        "rename or convert it"
    )


def _load_folder(folder: Path) -> KnowledgeGraph:
    if (folder / HEADER).exists():
        return open_graph(folder)
    if (folder / ENTITIES).exists():
        return graph_from_tables(folder)
    raise GraphError(f"{folder}: expected {HEADER} (a saved graph) or {ENTITIES} (tables), got neither; check the path")
