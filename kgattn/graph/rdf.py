"""To and from rdflib graphs; `kgattn.graph.statements` says what each statement becomes."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import numpy as np
from rdflib import BNode, ConjunctiveGraph, Graph, Literal, URIRef
from rdflib.term import Node

from kgattn.errors import GraphError
from kgattn.graph.blank_nodes import is_random, stable_names
from kgattn.graph.knowledge_graph import KnowledgeGraph
from kgattn.graph.naming import OWN, own_id
from kgattn.graph.statements import Statements
from kgattn.graph.vocabulary import ALT_LABEL, LABEL, PROPERTY, TYPE
from kgattn.shapes import Int

Item = TypeVar("Item")
_ABSOLUTE_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20\x7f-\xa0<>\"{}|\\^`]+")
_BLANK = re.compile(r"_:[A-Za-z0-9]+")
_TO_ESCAPE = re.compile(r"[^A-Za-z0-9]|^[0-9]")  # leaves what RDF/XML takes as the name of an element


def graph_from_rdf(graph: Graph, *, language: str) -> KnowledgeGraph:
    """What `KnowledgeGraph.from_rdf` says; statements are taken in sorted order, as rdflib keeps none."""
    if not isinstance(graph, Graph):
        raise GraphError(
            f"from_rdf takes an rdflib.Graph, got {type(graph).__name__}; read files by KnowledgeGraph.load"
        )
    triples = list(_all_triples(graph))
    names = stable_names(triples)

    def name(node: Node) -> str:
        return names.get(node) or node_name(node)

    def place(statement: tuple[Node, Node, Node]) -> tuple[str, ...]:
        target = statement[2]
        language = target.language or "" if isinstance(target, Literal) else ""
        return (*(names.get(node, "") if is_random(node) else str(node) for node in statement), language)

    statements = Statements(language)
    for subject, predicate, target in sorted(triples, key=place):
        add_statement(statements, subject, predicate, target, name)
    return statements.build()


def _all_triples(graph: Graph) -> Iterable[tuple[Node, Node, Node]]:
    """The statements of a graph, or those of all the graphs of a dataset, once each."""
    if isinstance(graph, ConjunctiveGraph):  # a Dataset is one, and its `triples` are those of its default graph
        return {(quad[0], quad[1], quad[2]) for quad in graph.quads((None, None, None, None))}
    return graph.triples((None, None, None))


def graph_to_rdf(graph: KnowledgeGraph) -> Graph:
    """What `KnowledgeGraph.to_rdf` says."""
    result = Graph()
    for statement in rdf_statements(graph):
        result.add(statement)
    return result


def rdf_statements(graph: KnowledgeGraph) -> Iterator[tuple[Node, Node, Node]]:
    """The statements of `KnowledgeGraph.to_rdf`, one after the other; the term of an id is one object throughout."""
    entities = [_term(name, "entity") for name in graph.entity_ids]
    relations = [_term(name, "relation") for name in graph.relation_ids]
    types = [_term(name, "type") for name in graph.type_ids]
    for terms, labels in (
        (entities, graph.labels),
        (relations, graph.relation_labels),
        (types, graph.type_labels),
    ):
        for term, label in zip(terms, labels, strict=True):
            yield term, URIRef(LABEL), Literal(label)
    for relation in relations:
        yield relation, URIRef(TYPE), URIRef(PROPERTY)
    for entity, alias in _owned(entities, graph.alias_offsets, graph.alias_texts):
        yield entity, URIRef(ALT_LABEL), Literal(alias)
    for entity, row in _owned(entities, graph.type_offsets, graph.type_indices.tolist()):
        yield entity, URIRef(TYPE), types[row]
    for head, relation_row, tail in graph.triples.tolist():
        yield entities[head], relations[relation_row], entities[tail]


def entity_name(node: Node) -> str | None:
    """The id that a term of `rdf_statements` stands for; None for texts, and relations and types of our own."""
    if isinstance(node, Literal) or str(node).startswith((f"{OWN}relation:", f"{OWN}type:")):
        return None
    return node_id(node)


def node_id(node: Node) -> str:
    """The id that an IRI or a blank node stands for; undoes `_term`."""
    return own_id(node_name(node))


def add_statement(
    statements: Statements, subject: Node, predicate: Node, target: Node, name: Callable[[Node], str]
) -> None:
    """Pass on one statement of rdflib terms; `name` makes the id of an IRI or a blank node."""
    if isinstance(target, Literal):
        statements.add_text(name(subject), name(predicate), str(target), target.language or "")
    else:
        statements.add_link(name(subject), name(predicate), name(target))


def node_name(node: Node) -> str:
    """What names an IRI or a blank node among statements."""
    return f"_:{node}" if isinstance(node, BNode) else str(node)


def _term(name: str, kind: str) -> URIRef | BNode:
    """An id as an RDF term: IRIs and blank nodes as they are, anything else under `urn:kgattn:`."""
    if kind == "entity" and _BLANK.fullmatch(name):
        return BNode(name.removeprefix("_:"))
    if _ABSOLUTE_IRI.fullmatch(name) and ("://" in name or name.startswith("urn:")) and not name.startswith(OWN):
        return URIRef(name)
    return URIRef(f"{OWN}{kind}:{_TO_ESCAPE.sub(lambda match: f'_{ord(match[0]):x}_', name)}")


def _owned(
    owners: list[URIRef | BNode], offsets: Int[np.ndarray, " owner_plus_one"], items: Iterable[Item]
) -> Iterator[tuple[URIRef | BNode, Item]]:
    rows = np.repeat(np.arange(len(owners)), np.diff(offsets)).tolist()
    return ((owners[row], item) for row, item in zip(rows, items, strict=True))
