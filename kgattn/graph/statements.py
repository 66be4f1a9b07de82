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

import numpy as np

from kgattn.graph.blank_nodes import Links, names_by_content
from kgattn.graph.build import assemble, unique_rows
from kgattn.graph.knowledge_graph import KnowledgeGraph
from kgattn.graph.naming import clean_text, own_id
from kgattn.shapes import Bool, Int

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
_ALIAS = -1
_TEXT_RANKS = {**_LABELS, **dict.fromkeys(_ALIASES, _ALIAS)}
TEXT_PREDICATES = frozenset(_TEXT_RANKS)
_IGNORED = {
    *TEXT_PREDICATES,
    *(RDFS + name for name in ("seeAlso", "isDefinedBy", "domain", "range", "subPropertyOf")),
    *(OWL + name for name in ("imports", "versionIRI", "priorVersion", "inverseOf", "equivalentProperty")),
    *(OWL + name for name in ("propertyDisjointWith", "propertyChainAxiom")),
}
_PROPERTY_TYPES = {
    PROPERTY,
    *(f"{OWL}{kind}Property" for kind in ("Object", "Datatype", "Annotation", "Functional", "Ontology")),
    *(f"{OWL}{kind}Property" for kind in ("InverseFunctional", "Transitive", "Symmetric", "Asymmetric")),
}
_SCHEMA_TYPES = {*_PROPERTY_TYPES, f"{OWL}Ontology"}


class _Numbers(dict[str, int]):
    """Numbers nodes as they are first asked for.

    Attributes:
        names: The id of each node.
    """

    def __init__(self) -> None:
        self.names: list[str] = []

    def __missing__(self, iri: str) -> int:
        name = iri if iri[:4] == "http" else own_id(iri)
        if name != iri:
            number = self[name]
        else:
            number = len(self.names)
            self.names.append(name)
        self[iri] = number
        return number


class Statements:
    """Keeps what a graph needs of each statement, as numbers; nodes are numbered as they come.

    Args:
        language: Language tag of the texts to take; regional forms of it count too. "xx" is every language.
    """

    def __init__(self, language: str) -> None:
        self._every = language.lower() == EVERY_LANGUAGE
        self._language = "en" if self._every else language.lower()
        self._nodes = _Numbers()
        self._edges = array("i")
        self._types = array("i")
        self._kinds: dict[tuple[int, int, str], int] = {}
        self._label_nodes, self._label_kinds, self._labels = array("i"), array("i"), list[str]()
        self._alias_nodes, self._aliases = array("i"), list[str]()

    def add_text(self, subject: str, predicate: str, text: str, language: str) -> None:
        """A statement whose object is a literal; `language` is its tag or empty."""
        rank = _TEXT_RANKS.get(predicate)
        if rank is None or not (text := clean_text(text)):
            return
        tag = language.lower()
        fit = self._language_fit(tag)
        if rank == _ALIAS:
            if fit < OTHER_LANGUAGE:
                self._alias_nodes.append(self._nodes[subject])
                self._aliases.append(text)
            return
        self._label_nodes.append(self._nodes[subject])
        self._label_kinds.append(self._kinds.setdefault((fit, rank, tag), len(self._kinds)))
        self._labels.append(text)

    def add_link(self, subject: str, predicate: str, target: str) -> None:
        """A statement whose object is an IRI or a blank node."""
        nodes = self._nodes
        if predicate == TYPE:
            self._types.extend((nodes[subject], nodes[target]))
        elif predicate not in _IGNORED:
            self._edges.extend((nodes[subject], nodes[predicate], nodes[target]))

    def build(
        self, origin: str = "", sources: tuple[str, ...] = (), *, rename_blank_nodes: bool = False
    ) -> KnowledgeGraph:
        """The graph all statements make.

        Args:
            origin: The file they came from, for error messages.
            sources: Where the content came from.
            rename_blank_nodes: Name them by what is said about them, instead of as they were given.

        Raises:
            GraphError: There is no entity, or no label at all.
        """
        names = list(self._nodes.names)
        texts = self._texts()
        edges, types = _rows(self._edges, 3), _rows(self._types, 2)
        blank = np.fromiter((name.startswith("_:") for name in names), dtype=bool, count=len(names))
        unnamed = blank & ~_mask(len(names), np.fromiter(texts, dtype=np.int32, count=len(texts)))
        edges = edges[~(unnamed[edges[:, 0]] | unnamed[edges[:, 2]])]
        types = types[~unnamed[types[:, 0]]]
        if rename_blank_nodes and (blank & ~unnamed).any():
            _rename(names, blank & ~unnamed, edges, types, texts)

        is_entity = _entities(names, edges, types, texts)
        entities = np.flatnonzero(is_entity)
        row = np.cumsum(is_entity) - 1
        relations, edge_relations = _numbered(edges[:, 1])
        types = unique_rows(types[is_entity[types[:, 0]]], keep_order=True)
        kinds, type_kinds = _numbered(types[:, 1])
        by_owner = np.argsort(row[types[:, 0]], kind="stable")
        type_counts = np.bincount(row[types[:, 0]], minlength=len(entities))
        own_texts = [texts.get(node, [""]) for node in entities.tolist()]
        return assemble(
            entity_ids=[names[node] for node in entities.tolist()],
            labels=[own[0] for own in own_texts],
            aliases=(own[1:] for own in own_texts),
            type_offsets=np.concatenate([[0], np.cumsum(type_counts)]),
            types=type_kinds[by_owner],
            relations={names[node]: texts.get(node, [""])[0] for node in relations},
            kinds={names[node]: texts.get(node, [""])[0] for node in kinds},
            triples=np.stack([row[edges[:, 0]], edge_relations, row[edges[:, 2]]], axis=1),
            label_sources=LABEL_SOURCES,
            origin=origin,
            sources=sources,
        )

    def _language_fit(self, tag: str) -> int:
        if tag == self._language or tag.startswith(f"{self._language}-"):
            return 0
        return OTHER_LANGUAGE if tag and not self._every else 1

    def _texts(self) -> dict[int, list[str]]:
        """The label of each node, then its aliases.

        The label has the best language, then the best predicate, then comes first in the alphabet: the order
        of statements, which RDF leaves open, decides nothing.
        """
        kinds = list(self._kinds)
        counts = np.bincount(self._label_nodes or [0]).tolist()
        labels: dict[int, list[str]] = {}
        several: dict[int, list[tuple[tuple[int, int, str], str]]] = {}
        for node, kind, text in zip(self._label_nodes, self._label_kinds, self._labels, strict=True):
            if counts[node] == 1:
                labels[node] = [text]
            else:
                several.setdefault(node, []).append((kinds[kind], text))
        for node, given in several.items():
            given.sort()
            labels[node] = [text for (fit, *_), text in given if fit < OTHER_LANGUAGE] or [given[0][1]]
        for node, text in zip(self._alias_nodes, self._aliases, strict=True):
            labels.setdefault(node, []).append(text)
        return labels


def _entities(
    names: list[str], edges: Int[np.ndarray, "edge 3"], types: Int[np.ndarray, "row 2"], texts: dict[int, list[str]]
) -> Bool[np.ndarray, " node"]:
    """Which nodes are entities: what an edge joins, and what has a text or a type and describes no other."""
    schema_kinds = [node for node, name in enumerate(names) if name in _SCHEMA_TYPES]
    declared = types[np.isin(types[:, 1], schema_kinds), 0]
    schema = _mask(len(names), edges[:, 1], types[:, 1], declared)
    described = _mask(len(names), np.fromiter(texts, dtype=np.int32, count=len(texts)), types[:, 0])
    linked = _mask(len(names), edges[:, 0], edges[:, 2])
    entities: np.ndarray = linked | (described & ~schema)
    return entities


def _rename(
    names: list[str],
    blank: Bool[np.ndarray, " node"],
    edges: Int[np.ndarray, "edge 3"],
    types: Int[np.ndarray, "row 2"],
    texts: dict[int, list[str]],
) -> None:
    """Give the blank nodes, in place, names that depend on nothing but what is said about them."""
    links: Links[str] = {}
    for node in np.flatnonzero(blank).tolist():
        label, *aliases = texts[node]
        links[names[node]] = [("label", repr(label)), *(("alias", repr(alias)) for alias in aliases)]
    for head, relation, tail in edges[blank[edges[:, 0]] | blank[edges[:, 2]]].tolist():
        if blank[head]:
            links[names[head]].append((f">{names[relation]}", names[tail]))
        if blank[tail]:
            links[names[tail]].append((f"<{names[relation]}", names[head]))
    for node, kind in types[blank[types[:, 0]]].tolist():
        links[names[node]].append(("a", names[kind]))
    for said in links.values():
        said[:] = sorted(set(said))  # a statement counts once, however often and wherever it stands
    new = names_by_content(links)
    for node in np.flatnonzero(blank).tolist():
        names[node] = new[names[node]]


def _rows(flat: "array[int]", width: int) -> Int[np.ndarray, "row width"]:
    return np.frombuffer(flat, dtype=np.int32).reshape(-1, width) if flat else np.empty((0, width), dtype=np.int32)


def _mask(size: int, *places: Int[np.ndarray, " _"]) -> Bool[np.ndarray, " node"]:
    mask = np.zeros(size, dtype=bool)
    for some in places:
        mask[some] = True
    return mask


def _numbered(nodes: Int[np.ndarray, " row"]) -> tuple[list[int], Int[np.ndarray, " row"]]:
    """The distinct nodes as they come, and the place of each row's node among them."""
    distinct, first, inverse = np.unique(nodes, return_index=True, return_inverse=True)
    order = np.argsort(first)
    return distinct[order].tolist(), np.argsort(order)[inverse]
