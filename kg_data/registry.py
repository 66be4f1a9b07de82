"""The builders by name."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kg_data import (
    bundled_graph,
    dbp15k,
    disease_ontology,
    drugs,
    encyclopedia,
    fb15k237,
    mesh_disease,
    mesh_drugs,
    toy_graph,
)
from kgattn.graph import KnowledgeGraph


@dataclass(frozen=True)
class Builder:
    """One graph that can be built.

    Attributes:
        folder: Where its raw data lies: below the folder of all raw data (empty for that folder itself) or, where it
            comes with the project, in full.
        build: Takes that folder, gives the graph.
        summary: What it is, in one line.
    """

    folder: str | Path
    build: Callable[[Path], KnowledgeGraph]
    summary: str


BUILDERS: dict[str, Builder] = {
    "bundled": Builder(
        bundled_graph.FOLDER,
        bundled_graph.build,
        "countries, subdivisions, cities, currencies, languages (no raw data)",
    ),
    "mesh_disease": Builder("mesh_disease", mesh_disease.build, "MeSH disease headings, synonyms, hierarchy"),
    "drugs": Builder("drugs", drugs.build, "drug and chemical names, synonyms, MeSH hierarchy"),
    "mesh_drugs": Builder("", mesh_drugs.build, "mesh_disease and drugs in one graph"),
    "fb15k237": Builder("fb15k237", fb15k237.build, "FB15k-237 with Wikidata labels and aliases"),
    "dbp15k": Builder("dbp15k", dbp15k.build, "English DBpedia, the English sides of three DBP15K pairs merged"),
    "dbp15k_en": Builder("dbp15k", dbp15k.build_en, "English DBpedia, English side of DBP15K zh-en"),
    "dbp15k_zh": Builder("dbp15k", dbp15k.build_zh, "Chinese DBpedia, Chinese side of DBP15K zh-en"),
    "encyclopedia": Builder("", encyclopedia.build, "fb15k237, dbp15k and bundled in one graph"),
    "disease_ontology": Builder("disease_ontology", disease_ontology.build, "Disease Ontology (OBO)"),
    "toy": Builder(toy_graph.FOLDER, toy_graph.build, "sixteen entities for tests and examples (no raw data)"),
}
