"""The engines that evaluate rules: rdflib's, and for big graphs oxigraph's where it is installed."""

import re
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from typing import Any, Protocol

from rdflib import BNode, Graph, Literal, URIRef
from rdflib.plugins.sparql import prepareQuery
from rdflib.term import Node

from kgattn.graph.knowledge_graph import KnowledgeGraph
from kgattn.graph.rdf import rdf_statements
from kgattn.graph.rules import PREFIXES, Rule

Statement = tuple[Node, Node, Node]
BIG = 100_000
"""Triples from which on oxigraph is worth filling."""
_SERVICE = re.compile(r"\bservice\b", re.IGNORECASE)


class RuleStore(Protocol):
    """The statements of a graph, ready to be asked."""

    def select(self, rule: Rule) -> Iterator[tuple[Node | None, Node | None]]:
        """?head and ?tail of every solution, None where one is unbound."""

    def construct(self, rule: Rule) -> Iterator[Statement]:
        """What the template makes of every solution; what was added since is not seen by an answer under way."""

    def add(self, statements: Iterable[Statement]) -> None:
        """Add statements to what is asked."""


def make_store(graph: KnowledgeGraph, engine: str) -> RuleStore:
    """Fill a store; `engine` is "rdflib", "oxigraph" or "auto": the latter for big graphs, if it is installed."""
    if engine == "oxigraph" or (engine == "auto" and graph.num_triples >= BIG and find_spec("pyoxigraph")):
        return OxigraphStore(rdf_statements(graph))
    return RdflibStore(rdf_statements(graph))


class RdflibStore:
    """Pure Python."""

    def __init__(self, statements: Iterable[Statement]) -> None:
        self._graph = Graph(bind_namespaces="none")
        self.add(statements)

    def select(self, rule: Rule) -> Iterator[tuple[Node | None, Node | None]]:
        """As the protocol."""
        for solution in self._answer(rule):
            yield solution.get("head"), solution.get("tail")

    def construct(self, rule: Rule) -> Iterator[Statement]:
        """As the protocol."""
        yield from self._answer(rule)

    def _answer(self, rule: Rule) -> Any:
        return self._graph.query(prepareQuery(rule.query, initNs=PREFIXES))

    def add(self, statements: Iterable[Statement]) -> None:
        """As the protocol."""
        for statement in statements:
            self._graph.add(statement)


class OxigraphStore:
    """Compiled, an extra: `pip install 'kgattn[fast-rdf]'`."""

    def __init__(self, statements: Iterable[Statement]) -> None:
        import pyoxigraph

        self._ox: Any = pyoxigraph
        self._store = pyoxigraph.Store()
        self.add(statements)

    def select(self, rule: Rule) -> Iterator[tuple[Node | None, Node | None]]:
        """As the protocol."""
        for solution in self._answer(rule):
            yield self._out(solution["head"]), self._out(solution["tail"])

    def construct(self, rule: Rule) -> Iterator[Statement]:
        """As the protocol."""
        for triple in self._answer(rule):
            yield self._out(triple.subject), self._out(triple.predicate), self._out(triple.object)

    def add(self, statements: Iterable[Statement]) -> None:
        """As the protocol."""
        known: dict[Node, Any] = {}

        def term(node: Node) -> Any:
            if isinstance(node, Literal):
                return self._in(node)
            if node not in known:
                known[node] = self._in(node)
            return known[node]

        self._store.bulk_extend(self._ox.Quad(*map(term, statement)) for statement in statements)

    def _answer(self, rule: Rule) -> Any:
        if _SERVICE.search(rule.query):  # oxigraph would ask it, and what was checked is another parser's reading
            raise rule.error(None, "the word SERVICE is refused here, in comments and IRIs too; remove it")
        return self._store.query(rule.query, prefixes=PREFIXES)

    def _in(self, node: Node) -> Any:
        if isinstance(node, Literal):
            datatype = None if node.datatype is None else self._ox.NamedNode(str(node.datatype))
            return self._ox.Literal(str(node), language=node.language, datatype=datatype)
        return self._ox.BlankNode(str(node)) if isinstance(node, BNode) else self._ox.NamedNode(str(node))

    def _out(self, term: Any) -> Any:
        if term is None:
            return None
        if isinstance(term, self._ox.Literal):
            return Literal(term.value)  # no literal is an entity: its text is for messages
        return BNode(term.value) if isinstance(term, self._ox.BlankNode) else URIRef(term.value)
