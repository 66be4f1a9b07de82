"""RDF statements as they stream in, and the graph they make.

| statement | becomes |
|---|---|
| rdfs:label, skos:prefLabel, schema:name | label (this order), others in the language: aliases |
| skos:altLabel, schema:alternateName, oboInOwl:has...Synonym | alias |
| rdf:type | type |
| owl:deprecated true, rdf:type owl:DeprecatedClass | the entity is left out |
| dct:license, cc:license and the like, of an owl:Ontology, a dataset or the document itself | licence of the graph |
| OWL class axioms made of blank nodes | triples, see `kgattn.graph.owl` |
| rdfs:seeAlso, rdfs:isDefinedBy, owl:imports; what describes properties, such as rdfs:domain | nothing |
| any other with an IRI or a blank node as object | triple |
| any other with a literal as object | nothing |

Entities are the ends of triples and what has a label or a type, except: what is only used as a relation, only used as a
type, or an owl:Ontology; and blank nodes that have no label or are part of an axiom, which cannot be named in text.
The label of an entity is in the first language asked for in which it has one, then without a language, then in any
other; its aliases are in that language, a dearer one, or none. "xx" takes those of every language.
"""

from array import array
from collections.abc import Iterable

from kgattn.graph.build import GraphBuilder
from kgattn.graph.knowledge_graph import KnowledgeGraph
from kgattn.graph.languages import Languages
from kgattn.graph.naming import clean_text
from kgattn.graph.owl import HELPER_TYPES, ON_PROPERTY, OWL, RDF, SUBCLASS, ClassAxioms, Edge
from kgattn.graph.owl import INTERSECTION as INTERSECTION_OF

RDFS = "http://www.w3.org/2000/01/rdf-schema#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
OBO = "http://www.geneontology.org/formats/oboInOwl#"

TYPE = RDF + "type"
LABEL = RDFS + "label"
ALT_LABEL = SKOS + "altLabel"
PROPERTY = RDF + "Property"
ONTOLOGY = OWL + "Ontology"
DEPRECATED = OWL + "deprecated"
LABEL_SOURCES = "rdfs:label, skos:prefLabel or schema:name"
_LABELS = {
    iri: rank
    for rank, iri in enumerate((LABEL, SKOS + "prefLabel", "http://schema.org/name", "https://schema.org/name"))
}
_ALIASES = {
    ALT_LABEL,
    "http://schema.org/alternateName",
    "https://schema.org/alternateName",
    *(f"{OBO}has{scope}Synonym" for scope in ("Exact", "Narrow", "Broad", "Related")),
    f"{OBO}hasSynonym",
}
TEXTS = {*_LABELS, *_ALIASES}
_IGNORED = {
    *(RDFS + name for name in ("seeAlso", "isDefinedBy", "domain", "range", "subPropertyOf")),
    *(OWL + name for name in ("imports", "versionIRI", "priorVersion", "inverseOf", "equivalentProperty")),
    *(OWL + name for name in ("propertyDisjointWith", "propertyChainAxiom")),
}
_PROPERTY_TYPES = {
    PROPERTY,
    *(f"{OWL}{kind}Property" for kind in ("Object", "Datatype", "Annotation", "Functional", "Ontology")),
    *(f"{OWL}{kind}Property" for kind in ("InverseFunctional", "Transitive", "Symmetric", "Asymmetric")),
}
_DEPRECATED_TYPES = {OWL + "DeprecatedClass", OWL + "DeprecatedProperty"}
LICENCES = {
    *(f"http://purl.org/dc/{part}/{name}" for part in ("terms", "elements/1.1") for name in ("license", "rights")),
    *(place + "license" for place in ("http://schema.org/", "https://schema.org/", "http://creativecommons.org/ns#")),
    "http://web.resource.org/cc/license",
    "http://www.w3.org/1999/xhtml/vocab#license",
}
_DATASETS = {
    ONTOLOGY,
    "http://rdfs.org/ns/void#Dataset",
    "http://www.w3.org/ns/dcat#Dataset",
    "http://schema.org/Dataset",
    "https://schema.org/Dataset",
}


class Statements:
    """Keeps what a graph needs of each statement, as numbers; nodes are numbered as they come.

    Args:
        language: Language tags of the texts to take, see `kgattn.graph.languages`.
    """

    def __init__(self, language: str) -> None:
        self._languages = Languages(language)
        self._nodes: dict[str, int] = {}
        self._edges = array("q")
        self._types = array("q")
        self._labels: dict[int, list[tuple[int, int, str, str]]] = {}
        self._aliases: dict[int, list[tuple[int, str]]] = {}
        self._licences: list[tuple[int, str]] = []
        self._deprecated: set[int] = set()

    def add_text(self, subject: str, predicate: str, text: str, language: str) -> None:
        """A statement whose object is a literal; `language` is its tag or empty."""
        rank = _LABELS.get(predicate)
        if rank is None and predicate not in _ALIASES:
            if predicate == DEPRECATED and text in ("true", "1"):
                self._deprecated.add(self._node(subject))
            elif predicate in LICENCES:
                self._licences.append((self._node(subject), clean_text(text)))
            return
        text, tag = clean_text(text), language.lower()
        if not text:
            return
        fit = self._languages.rank(tag)
        if rank is not None:
            self._labels.setdefault(self._node(subject), []).append((fit, rank, tag, text))
        elif fit < self._languages.unwanted:
            self._aliases.setdefault(self._node(subject), []).append((fit, text))

    def add_link(self, subject: str, predicate: str, target: str) -> None:
        """A statement whose object is an IRI or a blank node."""
        if predicate == TYPE:
            self._types.extend((self._node(subject), self._node(target)))
        elif predicate not in _LABELS and predicate not in _ALIASES and predicate not in _IGNORED:
            self._edges.extend((self._node(subject), self._node(predicate), self._node(target)))
            if predicate in LICENCES:
                self._licences.append((self._node(subject), target))

    def build(self, origin: str = "", sources: tuple[str, ...] = ()) -> KnowledgeGraph:
        """The graph all statements make.

        Raises:
            GraphError: There is no entity, or no label at all.
        """
        texts = {node: self._texts(node) for node in self._labels.keys() | self._aliases.keys()}
        all_types = list(_rows(self._types, 2))
        helpers = self._helpers(all_types, texts)
        edges, types = self._with_axioms(list(_rows(self._edges, 3)), all_types, helpers)
        licences = self._own_licences(all_types)
        ontologies = self._of_types(all_types, {ONTOLOGY})
        outside = helpers | ontologies | self._deprecated | self._of_types(all_types, _DEPRECATED_TYPES)
        edges = [edge for edge in edges if edge[0] not in outside and edge[2] not in outside]
        if licences:
            stated = {(node, self._nodes.get(text)) for node, text in licences}
            edges = [edge for edge in edges if (edge[0], edge[2]) not in stated]
        types = [(node, kind) for node, kind in types if node not in outside and kind not in helpers]
        names = list(self._nodes)
        entities = self._entities(names, edges, types, texts) - outside

        builder = GraphBuilder()
        for node in sorted(entities):
            builder.add_entity(names[node])
            for place, text in enumerate(texts.get(node, ())):
                (builder.add_alias if place else builder.add_label)(names[node], text)
        for node, kind in types:
            if node in entities:
                builder.add_type(names[node], names[kind])
        for head, relation, tail in edges:
            builder.add_triple(names[head], names[relation], names[tail])
        for relation in {relation for _, relation, _ in edges} & texts.keys():
            builder.name_relation(names[relation], texts[relation][0])
        for kind in {kind for _, kind in types} & texts.keys():
            builder.name_type(names[kind], texts[kind][0])
        return builder.build(
            label_sources=LABEL_SOURCES,
            origin=origin,
            licence="; ".join(sorted({text for _, text in licences})),
            sources=sources,
        )

    def _node(self, name: str) -> int:
        return self._nodes.setdefault(name, len(self._nodes))

    def _texts(self, node: int) -> list[str]:
        """The label of a node, then its aliases.

        The label has the best language, then the best predicate, then comes first in the alphabet: the order
        of statements, which RDF leaves open, decides nothing.
        """
        labels = sorted(self._labels.get(node, ()))
        aliases = sorted(self._aliases.get(node, ()), key=lambda alias: alias[0])
        untagged, unwanted = self._languages.untagged, self._languages.unwanted
        best = labels[0][0] if labels and labels[0][0] < unwanted else aliases[0][0] if aliases else unwanted
        wanted = [text for fit, _, _, text in labels if fit in (best, untagged)]
        other = [text for fit, text in aliases if fit <= best or fit == untagged]
        return (wanted or [text for *_, text in labels[:1]]) + other

    def _helpers(self, types: list[Edge], texts: dict[int, list[str]]) -> set[int]:
        """Blank nodes that are no entities: without a text, or part of an axiom whatever they say."""
        parts = self._of_types(types, HELPER_TYPES)
        return {
            node for name, node in self._nodes.items() if name.startswith("_:") and (node not in texts or node in parts)
        }

    def _of_types(self, types: list[Edge], iris: Iterable[str]) -> set[int]:
        kinds = {self._nodes[iri] for iri in iris if iri in self._nodes}
        return {node for node, kind in types if kind in kinds} if kinds else set()

    def _own_licences(self, types: list[Edge]) -> list[tuple[int, str]]:
        """Licences of the graph, not of a thing in it: whose subject is a dataset, or the file (a relative IRI)."""
        if not self._licences:
            return []
        names, datasets = list(self._nodes), self._of_types(types, _DATASETS)
        return [
            (node, text)
            for node, text in self._licences
            if node in datasets or (names[node].startswith("file:///") and "#" not in names[node])
        ]

    def _with_axioms(self, edges: list[Edge], types: list[Edge], helpers: set[int]) -> tuple[list[Edge], list[Edge]]:
        """Statements and types, with those that class axioms make."""
        if ON_PROPERTY not in self._nodes and INTERSECTION_OF not in self._nodes:
            return edges, types
        axioms = ClassAxioms(edges, helpers, self._nodes)
        edges_of_types, named_types = axioms.of_types(types)
        return edges + list(axioms.edges(self._node(SUBCLASS))) + edges_of_types, types + named_types

    def _entities(
        self,
        names: list[str],
        edges: list[Edge],
        types: list[Edge],
        texts: dict[int, list[str]],
    ) -> set[int]:
        linked = {node for head, _, tail in edges for node in (head, tail)}
        schema = {relation for _, relation, _ in edges}
        schema.update(kind for _, kind in types)
        schema.update(node for node, kind in types if names[kind] in _PROPERTY_TYPES or names[kind] == f"{OWL}Ontology")
        return linked | ((texts.keys() | {node for node, _ in types}) - schema)


def _rows(flat: "array[int]", width: int) -> list[Edge]:
    return list(zip(*(flat[place::width] for place in range(width)), strict=True))
