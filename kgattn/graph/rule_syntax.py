"""What a rule may say: a SELECT of ?head and ?tail or a CONSTRUCT, over the graph and nothing outside it."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pyparsing import ParseBaseException, ParseResults
from rdflib.plugins.sparql.algebra import translateQuery
from rdflib.plugins.sparql.parser import parseQuery, parseUpdate
from rdflib.plugins.sparql.parserutils import CompValue

from kgattn.errors import RuleError
from kgattn.graph.naming import clean_text
from kgattn.graph.rules import PREFIXES

if TYPE_CHECKING:
    from kgattn.graph.rules import Kind, Rule

MAX_LENGTH = 1 << 16
MAX_DEPTH = 40
_OUTSIDE = {"ServiceGraphPattern": "SERVICE", "GraphGraphPattern": "GRAPH", "DatasetClause": "FROM"}
_UPDATE = re.compile(r"\b(LOAD|INSERT|DELETE|CLEAR|DROP|CREATE|COPY|MOVE|ADD)\b", re.IGNORECASE)


_AMBIGUOUS = re.compile(r"\r(?!\n)|\\[uU]")
"""What one parser reads as the end of a comment or string and another does not: a way to hide a SERVICE."""


def kind_of(rule: "Rule") -> "Kind":
    """Parse a rule, by rdflib, and say what it is.

    Raises:
        RuleError: It is no query, of another form, too long or too deep, changes data, or asks another graph.
    """
    if len(rule.query) > MAX_LENGTH:
        raise rule.error(None, f"a query may have {MAX_LENGTH} characters, got {len(rule.query)}; shorten it")
    _check_depth(rule)
    ambiguous = _AMBIGUOUS.search(rule.query)
    if ambiguous:
        place = rule.query.count("\n", 0, ambiguous.start()) + 1
        raise rule.error(
            place, "lone carriage returns and \\u escapes are refused, parsers differ over them; write it out"
        )
    try:
        tree: Any = parseQuery(rule.query)
        for node in _nodes(tree):
            if node.name in _OUTSIDE:
                word = _OUTSIDE[node.name]
                line = _line_of(rule, word)
                raise rule.error(line, f"{word} is refused, a rule may ask nothing but the graph; remove it")
        algebra = translateQuery(tree, initNs=PREFIXES).algebra
    except RuleError:
        raise
    except ParseBaseException as error:
        raise _unreadable(rule, error) from None
    except RecursionError:
        raise rule.error(None, "the query is nested too deep; simplify it") from None
    except Exception as error:  # rdflib raises bare Exceptions over what it parses but cannot translate
        reason = clean_text(str(error))
        prefix = re.search(r"prefix : (\S*)", reason)
        line = _line_of(rule, f"{prefix[1]}:") if prefix else None
        raise rule.error(line, f"not a SPARQL query ({reason[:160]}); repair it") from None
    if algebra.name == "ConstructQuery":
        return "construct"
    if algebra.name != "SelectQuery":
        raise rule.error(1, f"a rule is a SELECT or CONSTRUCT query, got {algebra.name}; rewrite it")
    names = sorted(str(name) for name in algebra.PV)
    if names != ["head", "tail"]:
        got = " ".join(f"?{name}" for name in names) or "nothing"
        raise rule.error(_line_of(rule, "SELECT"), f"a SELECT rule selects ?head and ?tail, got {got}; rename them")
    return "select"


def _check_depth(rule: "Rule") -> None:
    depth = 0
    for number, line in enumerate(rule.query.split("\n"), start=1):
        for character in line:
            depth += (character in "({[") - (character in ")}]")
            if depth > MAX_DEPTH:
                raise rule.error(number, f"brackets may be nested {MAX_DEPTH} deep, got more; simplify it")


def _unreadable(rule: "Rule", error: ParseBaseException) -> RuleError:
    word = _UPDATE.search(rule.query)
    if word and _is_update(rule.query):
        line = _line_of(rule, word[1])
        return rule.error(
            line, f"{word[1].upper()} is refused, a rule may not change data; write a CONSTRUCT query instead"
        )
    return rule.error(error.lineno, f"not a SPARQL query ({clean_text(str(error))[:160]}); repair it")


def _is_update(query: str) -> bool:
    try:
        parseUpdate(query)
    except Exception:  # broken in either language
        return False
    return True


def _line_of(rule: "Rule", word: str) -> int | None:
    """The first line that holds a word outside comments."""
    pattern = re.compile(rf"(?<![\w:]){re.escape(word)}", re.IGNORECASE)
    lines = enumerate(rule.query.split("\n"), start=1)
    return next((number for number, line in lines if pattern.search(re.sub(r"(^|\s)#.*", "", line))), None)


def _nodes(tree: Any) -> Iterator[Any]:
    """Every named part of a parse tree."""
    pending = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, list | tuple | ParseResults):  # the last one says that it is a mapping, too
            pending += list(node)
        elif isinstance(node, CompValue):
            yield node
            pending += node.values()
