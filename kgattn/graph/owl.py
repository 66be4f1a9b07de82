"""OWL class axioms, which blank nodes hold together, as triples between names.

| axiom about a named C | becomes |
|---|---|
| C subClassOf or equivalentClass [onProperty p; someValuesFrom, allValuesFrom or hasValue D] | (C, p, D) |
| C ... [onProperty p; minQualifiedCardinality or qualifiedCardinality n; onClass D], n at least 1 | (C, p, D) |
| the same with n = 0, with maxQualifiedCardinality, or without onClass | nothing |
| C subClassOf or equivalentClass [intersectionOf (A ...)]; C intersectionOf (A ...) | each part in turn |
| a part A that is a named class | (C, rdfs:subClassOf, A) |
| a filler D that is an intersection or a union | one triple for each named part |
| x rdf:type one of these expressions | (x, p, D); a named part is a type of x |

These are the projection rules of OWL2Vec* (Chen et al. 2021, arXiv:2009.14654, table 1), but for cardinalities that
allow for none: "at most 3" and "exactly 0" do not say that there is one. minCardinality and cardinality beside an
onClass, which OWL 2 does not know, count as their qualified forms. Complements, inverse properties and axioms whose
left side has no name make no triple.
"""

from collections.abc import Container, Iterable, Iterator, Mapping

from kgattn.errors import GraphError

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
OWL = "http://www.w3.org/2002/07/owl#"
SUBCLASS = "http://www.w3.org/2000/01/rdf-schema#subClassOf"
EQUIVALENT = OWL + "equivalentClass"
INTERSECTION = OWL + "intersectionOf"
UNION = OWL + "unionOf"
ON_PROPERTY = OWL + "onProperty"
FILLERS = (OWL + "someValuesFrom", OWL + "allValuesFrom", OWL + "hasValue")
ON_CLASS = OWL + "onClass"
AT_LEAST = frozenset(OWL + name for name in ("minQualifiedCardinality", "qualifiedCardinality"))
AT_LEAST |= {OWL + name for name in ("minCardinality", "cardinality")}
FIRST, REST, NIL = (RDF + name for name in ("first", "rest", "nil"))

HELPER_TYPES = {
    *(RDF + name for name in ("List", "Statement")),
    *(OWL + name for name in ("Restriction", "Axiom", "Annotation", "NegativePropertyAssertion")),
    *(OWL + name for name in ("AllDifferent", "AllDisjointClasses", "AllDisjointProperties")),
}  # a blank node of these types is no thing in the world, even if it carries a label

ALWAYS_ALLOWED = 100_000
MAX_GROWTH = 100
"""Parts of class expressions that may be looked at for each statement; of those that nothing shares it is 1 or 2."""

Edge = tuple[int, ...]


class ClassAxioms:
    """The class expressions of a graph, whose nodes and relations are numbers.

    Args:
        edges: Head, relation and tail of every statement between nodes.
        helpers: Blank nodes that are no entities.
        required: Restrictions whose number of values is one of `AT_LEAST` and at least 1.
        numbers: IRI to number.
        origin: The file they came from, for the error message.
    """

    def __init__(
        self,
        edges: Iterable[Edge],
        helpers: set[int],
        required: Container[int],
        numbers: Mapping[str, int],
        origin: str = "",
    ) -> None:
        self._origin = origin
        self._left = ALWAYS_ALLOWED
        self._helpers = helpers
        self._required = required
        self._numbers = numbers
        self._about: dict[int, dict[int, list[int]]] = {}
        self._axioms: list[tuple[int, int]] = []
        outer = {numbers.get(iri, -1) for iri in (SUBCLASS, EQUIVALENT, INTERSECTION)}
        for head, relation, tail in edges:
            self._left += MAX_GROWTH
            if head in helpers:
                self._about.setdefault(head, {}).setdefault(relation, []).append(tail)
                if relation == numbers.get(EQUIVALENT) and tail not in helpers:
                    self._axioms.append((tail, head))
            elif relation in outer and tail in helpers:
                self._axioms.append((head, tail))

    def edges(self, subclass: int) -> Iterator[Edge]:
        """Triples of every axiom about a class; `subclass` is the number of rdfs:subClassOf.

        Raises:
            GraphError: So many axioms share so large an expression that the triples would be without measure.
        """
        for name, expression in self._axioms:
            for relation, tail in self._parts(expression):
                yield name, subclass if relation is None else relation, tail

    def of_types(self, types: Iterable[Edge]) -> tuple[list[Edge], list[Edge]]:
        """Triples, and pairs of entity and named type, of the entities whose type is an expression.

        Raises:
            GraphError: As `edges`.
        """
        triples: list[Edge] = []
        named: list[Edge] = []
        for entity, kind in types:
            self._left += MAX_GROWTH
            for relation, tail in self._parts(kind) if kind in self._helpers else ():
                if relation is None:
                    named.append((entity, tail))
                else:
                    triples.append((entity, relation, tail))
        return triples, named

    def _parts(self, expression: int) -> Iterator[tuple[int | None, int]]:
        """The named classes an expression is part of, after None, and its restrictions as relation and filler."""
        for node in self._walk(expression, (INTERSECTION,)):
            if node not in self._helpers:
                yield None, node
                continue
            kinds = (*FILLERS, ON_CLASS) if node in self._required else FILLERS
            for relation in self._said(node, ON_PROPERTY):
                if relation not in self._helpers:
                    for filler in (filler for iri in kinds for filler in self._said(node, iri)):
                        for tail in self._walk(filler, (INTERSECTION, UNION)):
                            if tail not in self._helpers:
                                yield relation, tail

    def _walk(self, start: int, kinds: tuple[str, ...]) -> Iterator[int]:
        """A node, and all that lies in its lists of these kinds, however deep; each once."""
        seen: dict[int, None] = {}
        pending = [start]
        while pending:
            node = pending.pop()
            if node in seen or node == self._numbers.get(NIL):
                continue
            seen[node] = None
            self._left -= 1
            if self._left < 0:
                where = f"{self._origin}: " if self._origin else ""
                raise GraphError(
                    f"{where}class expressions may have {MAX_GROWTH} parts for each statement, counted once for each "
                    "class, got more: many classes share a large one; give it a name, and say subClassOf that name"
                )
            if node in self._helpers:
                lists = [place for kind in kinds for place in self._said(node, kind)] + self._said(node, REST)
                pending += reversed(self._said(node, FIRST) + lists)
        yield from seen

    def _said(self, node: int, iri: str) -> list[int]:
        return self._about.get(node, {}).get(self._numbers.get(iri, -1), [])
