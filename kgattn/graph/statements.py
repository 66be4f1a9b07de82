"""RDF statements as they stream in, and the graph they make.

| statement | becomes |
|---|---|
| rdfs:label, skos:prefLabel, schema:name, foaf:name | label (this order), others in the language: aliases |
| skos:altLabel, skos:hiddenLabel, schema:alternateName, oboInOwl:has...Synonym | alias |
| skosxl:prefLabel, skosxl:altLabel, skosxl:hiddenLabel | as those of skos, see `kgattn.graph.label_nodes` |
| rdf:type | type; nothing if it is a class of RDF, RDFS or OWL themselves, such as owl:NamedIndividual |
| wdt:P31 of Wikidata, and its properties | type, and names of relations, see `kgattn.graph.wikidata` |
| owl:deprecated true, rdf:type owl:DeprecatedClass | the entity is left out |
| dct:license, cc:license and the like, of an owl:Ontology, a dataset or the document itself | licence of the graph |
| OWL class axioms made of blank nodes | triples, see `kgattn.graph.owl` |
| rdfs:seeAlso, rdfs:isDefinedBy, owl:imports; what describes properties, such as rdfs:domain | nothing |
| any other with an IRI or a blank node as object | triple |
| any other with a literal as object | nothing |

Entities are the ends of triples and what has a label or a type, except: what is only used as a relation, only used as a
type, an owl:Ontology, the item of a property of Wikidata, or a label of SKOS-XL (a skosxl:Label, or what serves as one
and has no name itself); and blank nodes that have no label or are part of an axiom, which cannot be named in text.
The label of an entity is in the first language asked for in which it has one, then without a language, then in any
other; its aliases are in that language, a dearer one, or none. "xx" takes those of every language.
"""

import re
from array import array
from collections.abc import Iterable

import numpy as np

from kgattn.graph.blank_nodes import rename_by_content
from kgattn.graph.build import assemble, unique_rows
from kgattn.graph.knowledge_graph import KnowledgeGraph
from kgattn.graph.label_nodes import LabelNodes
from kgattn.graph.naming import clean_text
from kgattn.graph.node_numbers import NodeNumbers
from kgattn.graph.owl import AT_LEAST, HELPER_TYPES, INTERSECTION, ON_PROPERTY, SUBCLASS, ClassAxioms
from kgattn.graph.texts import NodeTexts
from kgattn.graph.vocabulary import (
    DATASETS,
    DEPRECATED,
    DEPRECATED_TYPES,
    IGNORED,
    LABEL_LINKS,
    LABEL_NODE,
    LICENCES,
    LITERAL_FORM,
    META,
    ONTOLOGY,
    SCHEMA_TYPES,
    TEXT_RANKS,
    TYPES,
)
from kgattn.graph.wikidata import DIRECT_CLAIM, PROPERTY, name_relations
from kgattn.shapes import Bool, Int

LABEL_SOURCES = "rdfs:label, skos:prefLabel, skosxl:prefLabel, schema:name or foaf:name"
_POSITIVE = re.compile(r"\s*\+?0*[1-9][0-9]*\s*")


class Statements:
    """Keeps what a graph needs of each statement, as numbers; nodes are numbered as they come.

    Args:
        language: Language tags of the texts to take, see `kgattn.graph.languages`.
    """

    def __init__(self, language: str) -> None:
        self._nodes = NodeNumbers()
        self._texts = NodeTexts(language, self._nodes)
        self._label_nodes = LabelNodes()
        self._edges = array("i")
        self._types = array("i")
        self._claims = array("i")
        self._licence_texts: list[tuple[int, str]] = []
        self._deprecated, self._required = array("i"), array("i")

    def add_text(self, subject: str, predicate: str, text: str, language: str) -> None:
        """A statement whose object is a literal; `language` is its tag or empty."""
        if predicate not in TEXT_RANKS:
            if predicate == DEPRECATED and text in ("true", "1"):
                self._deprecated.append(self._nodes[subject])
            elif predicate == LITERAL_FORM:
                self._label_nodes.add_form(self._nodes[subject], clean_text(text), language)
            elif predicate in AT_LEAST:
                if _POSITIVE.fullmatch(text):
                    self._required.append(self._nodes[subject])
            elif predicate in LICENCES:
                self._licence_texts.append((self._nodes[subject], clean_text(text)))
            return
        if text := clean_text(text):
            self._texts.add(subject, predicate, text, language)

    def add_link(self, subject: str, predicate: str, target: str) -> None:
        """A statement whose object is an IRI or a blank node."""
        nodes = self._nodes
        if predicate in TYPES:
            self._types.extend((nodes[subject], nodes[target]))
        elif predicate not in IGNORED:
            self._edges.extend((nodes[subject], nodes[predicate], nodes[target]))
        elif predicate in LABEL_LINKS:
            self._label_nodes.add_link(nodes[subject], predicate, nodes[target])
        elif predicate == DIRECT_CLAIM:
            self._claims.extend((nodes[subject], nodes[target]))

    def build(
        self, origin: str = "", sources: tuple[str, ...] = (), *, rename_blank_nodes: bool = False
    ) -> KnowledgeGraph:
        """The graph all statements make.

        Args:
            origin: The file they came from, for error messages.
            sources: Where the content came from.
            rename_blank_nodes: Name them by what is said about them, instead of as they were given.

        Raises:
            GraphError: There is no entity, or no label at all; or many share large expressions or labels of many forms.
        """
        has_axioms = ON_PROPERTY in self._nodes or INTERSECTION in self._nodes
        if has_axioms:
            _ = self._nodes[SUBCLASS]  # named before nodes are counted
        names = list(self._nodes.names)
        named = _mask(len(names), self._texts.owners())
        for owner, predicate, text, tag in self._label_nodes.texts(origin):
            self._texts.add(names[owner], predicate, text, tag)
        texts = self._texts.chosen()
        edges, types, claims = _rows(self._edges, 3), _rows(self._types, 2), _rows(self._claims, 2)
        name_relations(claims, edges[:, 1], texts)
        blank = np.fromiter((name.startswith("_:") for name in names), dtype=bool, count=len(names))
        label_nodes = _mask(len(names), self._label_nodes.numbers()) & ~named | self._of_types(types, {LABEL_NODE})
        helpers = blank & (~_mask(len(names), _array(texts)) | self._of_types(types, HELPER_TYPES) | label_nodes)
        licences = self._own_licences(edges, types)
        outside = helpers | label_nodes | self._of_types(types, {ONTOLOGY, PROPERTY, *DEPRECATED_TYPES})
        outside |= _mask(len(names), _array(self._deprecated), claims[:, 0])
        if has_axioms:
            edges, types = self._with_axioms(edges, types, helpers, origin)
        edges = edges[~(outside[edges[:, 0]] | outside[edges[:, 2]])]
        edges = self._without(edges, licences)
        types = types[~(outside[types[:, 0]] | helpers[types[:, 1]])]
        if rename_blank_nodes and (blank & ~helpers).any():
            rename_by_content(names, blank & ~helpers, edges, types, texts)

        is_entity = self._entities(edges, types, texts) & ~outside
        entities = np.flatnonzero(is_entity)
        row = np.cumsum(is_entity) - 1
        relations, edge_relations = _numbered(edges[:, 1])
        of_world = [kind for kind in np.unique(types[:, 1]).tolist() if not names[kind].startswith(META)]
        types = unique_rows(types[is_entity[types[:, 0]] & np.isin(types[:, 1], of_world)], keep_order=True)
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
            licence="; ".join(sorted({text for _, text in licences})),
            sources=sources,
        )

    def _of_types(self, types: Int[np.ndarray, "row 2"], iris: Iterable[str]) -> Bool[np.ndarray, " node"]:
        kinds = [self._nodes[iri] for iri in iris if iri in self._nodes]
        return _mask(len(self._nodes.names), *((types[np.isin(types[:, 1], kinds), 0],) if kinds else ()))

    def _own_licences(self, edges: Int[np.ndarray, "edge 3"], types: Int[np.ndarray, "row 2"]) -> list[tuple[int, str]]:
        """Licences of the graph, not of a thing in it: whose subject is a dataset, or the file (a relative IRI).

        A blank node names no licence.
        """
        names = self._nodes.names
        relations = [self._nodes[iri] for iri in LICENCES if iri in self._nodes]
        linked = edges[np.isin(edges[:, 1], relations)] if relations else edges[:0]
        stated = self._licence_texts + [
            (head, names[tail]) for head, _, tail in linked.tolist() if not names[tail].startswith("_:")
        ]
        if not stated:
            return []
        datasets = self._of_types(types, DATASETS)
        return [
            (node, text)
            for node, text in stated
            if datasets[node] or (names[node].startswith("file:///") and "#" not in names[node])
        ]

    def _without(self, edges: Int[np.ndarray, "edge 3"], licences: list[tuple[int, str]]) -> Int[np.ndarray, "left 3"]:
        """Edges but those that say the same as the licences."""
        if not licences:
            return edges
        stated = {(node, self._nodes.get(text)) for node, text in licences}
        near = np.flatnonzero(np.isin(edges[:, 0], [node for node, _ in stated]))
        left: np.ndarray = np.delete(edges, [at for at in near.tolist() if (edges[at, 0], edges[at, 2]) in stated], 0)
        return left

    def _with_axioms(
        self,
        edges: Int[np.ndarray, "edge 3"],
        types: Int[np.ndarray, "row 2"],
        helpers: Bool[np.ndarray, " node"],
        origin: str,
    ) -> tuple[Int[np.ndarray, "more 3"], Int[np.ndarray, "others 2"]]:
        """Statements and types, with those that class axioms make."""
        blank, required = set(np.flatnonzero(helpers).tolist()), set(self._required)
        axioms = ClassAxioms(map(tuple, edges.tolist()), blank, required, self._nodes, origin)
        of_types, named = axioms.of_types(map(tuple, types[helpers[types[:, 1]]].tolist()))
        made = array("i", [number for edge in (*axioms.edges(self._nodes[SUBCLASS]), *of_types) for number in edge])
        kinds = array("i", [number for pair in named for number in pair])
        return np.concatenate([edges, _rows(made, 3)]), np.concatenate([types, _rows(kinds, 2)])

    def _entities(
        self, edges: Int[np.ndarray, "edge 3"], types: Int[np.ndarray, "row 2"], texts: dict[int, list[str]]
    ) -> Bool[np.ndarray, " node"]:
        """Which nodes are entities: what an edge joins, and what has a text or a type and describes no other."""
        size = len(self._nodes.names)
        schema = self._of_types(types, SCHEMA_TYPES) | _mask(size, edges[:, 1], types[:, 1])
        described = _mask(size, _array(texts), types[:, 0])
        entities: np.ndarray = _mask(size, edges[:, 0], edges[:, 2]) | (described & ~schema)
        return entities


def _array(numbers: "array[int] | dict[int, list[str]]") -> Int[np.ndarray, " number"]:
    return np.fromiter(numbers, dtype=np.int32, count=len(numbers))


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
