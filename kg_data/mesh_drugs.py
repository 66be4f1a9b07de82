"""Diseases and drugs in one graph, joined by id.

The two exports have no id in common, so the graph is their union: it lets one linker know both kinds of names.
"""

from pathlib import Path

from kg_data import drugs, mesh_disease
from kgattn.graph import KnowledgeGraph


def build(source: Path) -> KnowledgeGraph:
    """Merge the disease and the drug graph by entity id.

    Args:
        source: The folder that holds the folders `mesh_disease` and `drugs`.

    Raises:
        GraphError: A file is absent or malformed; the message names file and line.
    """
    return KnowledgeGraph.merge([mesh_disease.build(source / "mesh_disease"), drugs.build(source / "drugs")])
