"""The IRIs that mean something to a graph: where texts, types and licences are found, and what says nothing."""

from kgattn.graph.owl import AT_LEAST, OWL, RDF
from kgattn.graph.wikidata import FORMS, INSTANCE_OF, WIKIBASE

RDFS = "http://www.w3.org/2000/01/rdf-schema#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
SKOS_XL = "http://www.w3.org/2008/05/skos-xl#"
OBO = "http://www.geneontology.org/formats/oboInOwl#"

TYPE = RDF + "type"
TYPES = frozenset({TYPE, INSTANCE_OF})
LABEL = RDFS + "label"
ALT_LABEL = SKOS + "altLabel"
PROPERTY = RDF + "Property"
ONTOLOGY = OWL + "Ontology"
DEPRECATED = OWL + "deprecated"
_LABELS = (
    LABEL,
    SKOS + "prefLabel",
    "http://schema.org/name",
    "https://schema.org/name",
    "http://xmlns.com/foaf/0.1/name",
)
_ALIASES = (
    ALT_LABEL,
    "http://schema.org/alternateName",
    "https://schema.org/alternateName",
    *(f"{OBO}has{scope}Synonym" for scope in ("Exact", "Narrow", "Broad", "Related")),
    f"{OBO}hasSynonym",
)
ALIAS, HIDDEN = -1, -2
TEXT_RANKS = {
    **{iri: rank for rank, iri in enumerate(_LABELS)},
    **dict.fromkeys(_ALIASES, ALIAS),
    SKOS + "hiddenLabel": HIDDEN,
}
"""What gives texts: the rank of a label, 0 the dearest; `ALIAS`; `HIDDEN`, an alias for search that is not shown."""
LABEL_LINKS = {f"{SKOS_XL}{kind}Label": f"{SKOS}{kind}Label" for kind in ("pref", "alt", "hidden")}
"""What leads to a node that holds a text, and what would hold the text itself."""
LITERAL_FORM = SKOS_XL + "literalForm"
LABEL_NODE = SKOS_XL + "Label"
LICENCES = {
    *(f"http://purl.org/dc/{part}/{name}" for part in ("terms", "elements/1.1") for name in ("license", "rights")),
    *(place + "license" for place in ("http://schema.org/", "https://schema.org/", "http://creativecommons.org/ns#")),
    "http://web.resource.org/cc/license",
    "http://www.w3.org/1999/xhtml/vocab#license",
}
LITERAL_PREDICATES = frozenset({*TEXT_RANKS, LITERAL_FORM, DEPRECATED, *LICENCES, *AT_LEAST})
"""What has literals that count; those of any other predicate are nothing to a graph."""
IGNORED = {
    *TEXT_RANKS,
    *LABEL_LINKS,
    LITERAL_FORM,
    *FORMS,
    *(RDFS + name for name in ("seeAlso", "isDefinedBy", "domain", "range", "subPropertyOf")),
    *(OWL + name for name in ("imports", "versionIRI", "priorVersion", "inverseOf", "equivalentProperty")),
    *(OWL + name for name in ("propertyDisjointWith", "propertyChainAxiom")),
}
SCHEMA_TYPES = {
    PROPERTY,
    ONTOLOGY,
    *(f"{OWL}{kind}Property" for kind in ("Object", "Datatype", "Annotation", "Functional", "Ontology")),
    *(f"{OWL}{kind}Property" for kind in ("InverseFunctional", "Transitive", "Symmetric", "Asymmetric")),
}
META = (RDF, RDFS, OWL, WIKIBASE)
"""Where the languages themselves lie: their classes, such as owl:NamedIndividual, tell no entity from another."""
DEPRECATED_TYPES = {OWL + "DeprecatedClass", OWL + "DeprecatedProperty"}
DATASETS = {
    ONTOLOGY,
    "http://rdfs.org/ns/void#Dataset",
    "http://www.w3.org/ns/dcat#Dataset",
    "http://schema.org/Dataset",
    "https://schema.org/Dataset",
}
