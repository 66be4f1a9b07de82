"""A graph out of a SPARQL endpoint: one query, asked page by page.

The transport is `kgattn.graph.endpoint`; answers are read by rdflib.
"""

import io
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from rdflib import BNode, Graph, URIRef
from rdflib.plugins.sparql.results.jsonresults import JSONResultParser
from rdflib.term import Node

from kgattn.errors import GraphError
from kgattn.graph.endpoint import Answer, Endpoint
from kgattn.graph.knowledge_graph import KnowledgeGraph
from kgattn.graph.naming import clean_text
from kgattn.graph.provenance import record_reading
from kgattn.graph.rdf import add_statement, node_name
from kgattn.graph.statements import Statements
from kgattn.graph.vocabulary import DEPRECATED, LICENCES, LITERAL_FORM, TEXT_RANKS

LOG = logging.getLogger(__name__)
JSON = "application/sparql-results+json"
GRAPH_TYPES = {"application/n-triples": "nt", "text/plain": "nt", "text/turtle": "turtle"}
DEFAULT_QUERY = f"""SELECT ?s ?p ?o WHERE {{
  ?s ?p ?o .
  FILTER(isIRI(?s) && (isIRI(?o) || ?p IN (
    {", ".join(f"<{iri}>" for iri in (*sorted(TEXT_RANKS), LITERAL_FORM, DEPRECATED, *sorted(LICENCES)))}
  )))
}}"""
_NOISE = re.compile(
    r"""\"\"\".*?\"\"\"|'''.*?'''|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|<[^<>\s]*>|\#[^\n]*""", re.DOTALL
)
_PROLOGUE = re.compile(r"\b(PREFIX\s+[^\s:]*:|BASE)\s", re.IGNORECASE)
_FORM = re.compile(r"\b(SELECT|CONSTRUCT|ASK|DESCRIBE|INSERT|DELETE|LOAD|CLEAR|CREATE|DROP|COPY|MOVE|ADD)\b", re.I)
_BOUNDED = re.compile(r"\b(LIMIT|OFFSET)\s+\d", re.IGNORECASE)
_ORDERED = re.compile(r"\bORDER\s+BY\b", re.IGNORECASE)
_VALUES = re.compile(r"\bVALUES\s*(?:[?$]\w+|\([^(){}]*\))\s*\{[^{}]*\}\s*\Z", re.IGNORECASE)
_VARIABLE = re.compile(r"[?$](\w+)")
_PARSER: Any = JSONResultParser()  # type: ignore[no-untyped-call]

Triple = tuple[Node, Node, Node]


@dataclass(frozen=True)
class Paging:
    """How a query is cut into pages.

    Attributes:
        query: The query, with `{limit}` and `{offset}` where it is asked page by page.
        selects: Whether it is a SELECT, whose answers are rows; a CONSTRUCT answers triples.
        paged: Whether there is more than one page.
    """

    query: str
    selects: bool
    paged: bool

    def page(self, limit: int, offset: int) -> str:
        """The query for one page."""
        if not self.paged:
            return self.query
        return self.query.replace("{limit}", str(limit)).replace("{offset}", str(offset))


def graph_from_sparql(
    endpoint: str,
    *,
    query: str | None,
    language: str,
    page_size: int,
    max_pages: int,
    timeout: float,
    retries: int,
    headers: Mapping[str, str] | None,
) -> KnowledgeGraph:
    """What `KnowledgeGraph.from_sparql` says."""
    for name, value, least in (("page_size", page_size, 1), ("max_pages", max_pages, 1), ("retries", retries, 0)):
        if value < least:
            raise GraphError(f"{name} must be at least {least}, got {value}; leave it out for the default")
    paging = plan(DEFAULT_QUERY if query is None else query)
    server = Endpoint(endpoint, timeout=timeout, retries=retries, headers=headers or {})
    statements = Statements(language)
    taken = _read_pages(server, paging, statements, page_size, max_pages)
    if not taken:
        raise GraphError(
            f"{endpoint}: expected statements, got an empty answer; check the query, and if the endpoint keeps its "
            "data in named graphs, pass a query with GRAPH ?g { ?s ?p ?o }"
        )
    graph = statements.build(origin=endpoint, sources=(endpoint,))
    return record_reading(graph, name=endpoint, source_format="sparql", query=query or DEFAULT_QUERY)


def plan(query: str) -> Paging:
    """Decide how a query is paged: by its own `{limit}` and `{offset}`, not at all, or by an order added to it.

    Raises:
        GraphError: It is neither SELECT nor CONSTRUCT, or has one of the two placeholders alone.
    """
    plain = _PROLOGUE.sub(_blank, _NOISE.sub(_blank, query))
    form = _FORM.search(plain)
    if form is None or form[1].upper() not in ("SELECT", "CONSTRUCT"):
        raise GraphError(
            "a graph is read by a CONSTRUCT query or by SELECT ?s ?p ?o, got "
            f"{form[1].upper() if form else clean_text(query)[:60]!r}; rewrite the query"
        )
    selects = form[1].upper() == "SELECT"
    places = ["{limit}" in query, "{offset}" in query]
    if any(places):
        if not all(places):
            raise GraphError(
                "a query with placeholders must have both {limit} and {offset}, got one; add the other, or take "
                "it out and let kgattn page the query"
            )
        return Paging(query, selects, paged=True)
    table = _VALUES.search(plain)  # nothing may come behind it
    body = len(query) if table is None else table.start()
    end = plain[plain.rfind("}", 0, body) + 1 : body]
    if _BOUNDED.search(end):
        return Paging(query, selects, paged=False)
    order = "" if _ORDERED.search(end) else f"\nORDER BY {_keys(plain[form.end() :], selects)}"
    rest = "" if table is None else f"\n{query[body:]}"
    return Paging(f"{query[:body].rstrip()}{order}\nLIMIT {{limit}} OFFSET {{offset}}{rest}", selects, paged=True)


def _blank(match: re.Match[str]) -> str:
    """White space as long as the text it stands for, so that places stay the same."""
    return " " * len(match[0])


def _keys(body: str, selects: bool) -> str:
    """The variables that tell one statement from another: what is selected, or what the template of CONSTRUCT holds."""
    start = body.find("{")
    head = body[:start] if selects else body[start : body.find("}")]
    names = dict.fromkeys(_VARIABLE.findall(head)) or dict.fromkeys(_VARIABLE.findall(body))
    if not names:
        raise GraphError("a query must have variables to be paged by, got none; put LIMIT at its end")
    return " ".join(f"?{name}" for name in names)


def _read_pages(server: Endpoint, paging: Paging, statements: Statements, page_size: int, max_pages: int) -> int:
    """Pass on all statements and count them. The end is an empty page, as servers may give fewer rows than asked."""
    offset = taken = 0
    before: bytes | None = None
    accept = JSON if paging.selects else "application/n-triples, text/turtle;q=0.8"
    for page in range(max_pages):
        answer = server.ask(paging.page(page_size, offset), accept)
        triples = _selected(answer) if paging.selects else _constructed(answer)
        if not triples:
            break
        if answer.body == before:
            raise GraphError(
                f"{server.address}: the same page came twice, so the endpoint does not heed OFFSET; "
                "put {limit} and {offset} where the query needs them, or LIMIT at its end"
            )
        before = answer.body
        _pass_on(triples, statements, page)
        taken += len(triples)
        LOG.info("%s: page %d, %d statements so far", server.address, page + 1, taken)
        if not paging.paged:
            break
        offset += len(triples) if paging.selects else page_size
    else:
        raise GraphError(
            f"{server.address}: expected at most {max_pages} pages of {page_size}, got more; narrow the query, or "
            "raise page_size or max_pages"
        )
    return taken


def _pass_on(triples: list[Triple], statements: Statements, page: int) -> None:
    """Blank nodes are named anew by every answer, so that they get the number of theirs."""
    numbers: dict[Node, str] = {}
    fresh = count()

    def name(node: Node) -> str:
        if not isinstance(node, BNode):
            return node_name(node)
        if node not in numbers:
            numbers[node] = f"_:p{page}b{next(fresh)}"
        return numbers[node]

    for triple in triples:
        add_statement(statements, *triple, name)


def _selected(answer: Answer) -> list[Triple]:
    if answer.media_type not in (JSON, "application/json"):
        raise answer.unexpected(JSON)
    try:
        result = _PARSER.parse(io.BytesIO(answer.body))
        names = list(result.vars or ())
        rows = [tuple(row.get(name) for name in names) for row in result.bindings]
    except Exception as error:  # rdflib raises all kinds of errors over a broken answer
        raise answer.broken(error) from None
    if len(names) != 3:
        raise GraphError(
            f"{answer.address}: a SELECT query must give three columns (head, relation, tail), got {len(names)}; "
            "name the three in the query"
        )
    return [_checked(row, answer) for row in rows]


def _constructed(answer: Answer) -> list[Triple]:
    style = GRAPH_TYPES.get(answer.media_type)
    if style is None:
        raise answer.unexpected("application/n-triples or text/turtle")
    try:
        graph = Graph(bind_namespaces="none").parse(data=answer.body, format=style, publicID=answer.address)
    except Exception as error:
        raise answer.broken(error) from None
    return [_checked(triple, answer) for triple in graph.triples((None, None, None))]


def _checked(row: tuple[Node | None, ...], answer: Answer) -> Triple:
    head, relation, tail = row
    if not isinstance(head, URIRef | BNode) or not isinstance(relation, URIRef) or tail is None:
        raise GraphError(
            f"{answer.address}: a statement needs an IRI or a blank node, an IRI, and a value, got "
            f"{clean_text(str(row))[:200]}; repair the query"
        )
    return head, relation, tail
