"""RDF statements as they stream in, and the graph they make.

| statement | becomes |
|---|---|
| rdfs:label, skos:prefLabel, schema:name | label (this order), others in the language: aliases |
| skos:altLabel, schema:alternateName, oboInOwl:has...Synonym | alias |
| rdf:type | type |
| rdfs:seeAlso, rdfs:isDefinedBy, owl:imports; what describes properties, such as rdfs:domain | nothing |
| any other with an IRI or a blank node as object | triple |
| any other with a literal as object | nothing |

Entities are the ends of triples and what has a label or a type, except: what is only used as a relation, only used as a
type, or an owl:Ontology; and blank nodes without a label, which hold axioms together and cannot be named in text.
Texts tagged with another language are left out, unless they are all a label can be taken from. The language "xx"
takes those of every language, and labels in English first.
"""

from array import array

from kgattn.graph.build import GraphBuilder
from kgattn.graph.knowledge_graph import KnowledgeGraph
from kgattn.graph.naming import clean_text

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
OBO = "http://www.geneontology.org/formats/oboInOwl#"

TYPE = RDF + "type"
LABEL = RDFS + "label"
ALT_LABEL = SKOS + "altLabel"
PROPERTY = RDF + "Property"
EVERY_LANGUAGE = "xx"
OTHER_LANGUAGE = 2
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


class Statements:
    """Keeps what a graph needs of each statement, as numbers; nodes are numbered as they come.

    Args:
        language: Language tag of the texts to take; regional forms of it count too. "xx" is every language.
    """

    def __init__(self, language: str) -> None:
        self._every = language.lower() == EVERY_LANGUAGE
        self._language = "en" if self._every else language.lower()
        self._nodes: dict[str, int] = {}
        self._edges = array("q")
        self._types = array("q")
        self._labels: dict[int, list[tuple[int, int, str, str]]] = {}
        self._aliases: dict[int, list[str]] = {}

    def add_text(self, subject: str, predicate: str, text: str, language: str) -> None:
        """A statement whose object is a literal; `language` is its tag or empty."""
        rank = _LABELS.get(predicate)
        if rank is None and predicate not in _ALIASES:
            return
        text, tag = clean_text(text), language.lower()
        if not text:
            return
        fit = self._language_fit(tag)
        if rank is not None:
            self._labels.setdefault(self._node(subject), []).append((fit, rank, tag, text))
        elif fit < OTHER_LANGUAGE:
            self._aliases.setdefault(self._node(subject), []).append(text)

    def add_link(self, subject: str, predicate: str, target: str) -> None:
        """A statement whose object is an IRI or a blank node."""
        if predicate == TYPE:
            self._types.extend((self._node(subject), self._node(target)))
        elif predicate not in _LABELS and predicate not in _ALIASES and predicate not in _IGNORED:
            self._edges.extend((self._node(subject), self._node(predicate), self._node(target)))

    def build(self, origin: str = "", sources: tuple[str, ...] = ()) -> KnowledgeGraph:
        """The graph all statements make.

        Raises:
            GraphError: There is no entity, or no label at all.
        """
        names = list(self._nodes)
        texts = {node: self._texts(node) for node in self._labels.keys() | self._aliases.keys()}
        unnamed = {node for node, name in enumerate(names) if name.startswith("_:") and node not in texts}
        edges = [
            (head, relation, tail)
            for head, relation, tail in _rows(self._edges, 3)
            if head not in unnamed and tail not in unnamed
        ]
        types = [(node, kind) for node, kind in _rows(self._types, 2) if node not in unnamed]
        entities = self._entities(names, edges, types, texts)

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
        return builder.build(label_sources=LABEL_SOURCES, origin=origin, sources=sources)

    def _language_fit(self, tag: str) -> int:
        if tag == self._language or tag.startswith(f"{self._language}-"):
            return 0
        return OTHER_LANGUAGE if tag and not self._every else 1

    def _node(self, name: str) -> int:
        return self._nodes.setdefault(name, len(self._nodes))

    def _texts(self, node: int) -> list[str]:
        """The label of a node, then its aliases.

        The label has the best language, then the best predicate, then comes first in the alphabet: the order
        of statements, which RDF leaves open, decides nothing.
        """
        labels = sorted(self._labels.get(node, ()))
        wanted = [text for fit, _, _, text in labels if fit < OTHER_LANGUAGE]
        return (wanted or [text for *_, text in labels[:1]]) + self._aliases.get(node, [])

    def _entities(
        self,
        names: list[str],
        edges: list[tuple[int, int, int]],
        types: list[tuple[int, int]],
        texts: dict[int, list[str]],
    ) -> set[int]:
        linked = {node for head, _, tail in edges for node in (head, tail)}
        schema = {relation for _, relation, _ in edges}
        schema.update(kind for _, kind in types)
        schema.update(node for node, kind in types if names[kind] in _PROPERTY_TYPES or names[kind] == f"{OWL}Ontology")
        return linked | ((texts.keys() | {node for node, _ in types}) - schema)


def _rows(flat: "array[int]", width: int) -> list[tuple[int, ...]]:
    return list(zip(*(flat[place::width] for place in range(width)), strict=True))
