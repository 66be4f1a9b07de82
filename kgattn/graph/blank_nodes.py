"""Names for the blank nodes of rdflib graphs that are the same in every run.

rdflib's parsers name blank nodes at random. Here each is told apart by what is said about it: its colour is a hash of
its statements, in which other blank nodes stand with their colours of the round before (colour refinement, as in
Weisfeiler and Leman 1968; a canonical form of the whole graph can take exponential time). What no round tells apart
is numbered in the order a walk over neighbours finds it, which is right for copies of one tree-like structure.
"""

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable
from hashlib import blake2b
from typing import TypeAlias, TypeVar

import numpy as np
from rdflib import BNode, Literal
from rdflib.term import Node

from kgattn.shapes import Bool, Int

MAX_ROUNDS = 8
_RANDOM = re.compile(r"[Nnf][0-9a-f]{32}(b[0-9]+)?")

Name = TypeVar("Name", bound=Hashable)
Links: TypeAlias = dict[Name, list[tuple[str, Name]]]
"""What is said about each blank node: a relation with its direction, and the other end."""


def is_random(node: Node) -> bool:
    """Whether a blank node has a name rdflib made up; one the user gave is left alone."""
    return isinstance(node, BNode) and _RANDOM.fullmatch(node) is not None


def stable_names(statements: Iterable[tuple[Node, Node, Node]]) -> dict[Node, str]:
    """A name such as `_:b0` for each blank node with a random name, if any of them has a text.

    Without a text a blank node is no entity, so its name does not matter.
    """
    links: Links[Node] = defaultdict(list)
    taken: set[str] = set()
    named = False
    for subject, predicate, target in statements:
        if is_random(subject):
            links[subject].append((f">{predicate}", target))
            named = named or isinstance(target, Literal)
        if is_random(target):
            links[target].append((f"<{predicate}", subject))
        taken.update(str(node) for node in (subject, target) if isinstance(node, BNode))
    if not named:
        return {}
    free = (f"b{number}" for number in range(len(links) + len(taken)) if f"b{number}" not in taken)
    return dict(zip(_walk(links, _colours(links)), (f"_:{name}" for name in free), strict=False))


def _names_by_content(links: Links[Name]) -> dict[Name, str]:
    """Names `_:b0`, `_:b1` and so on for blank nodes, by what is said about each."""
    return {node: f"_:b{number}" for number, node in enumerate(_walk(links, _colours(links)))}


def rename_by_content(
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
    new = _names_by_content(links)
    for node in np.flatnonzero(blank).tolist():
        names[node] = new[names[node]]


def _colours(links: Links[Name]) -> dict[Name, str]:
    colours: dict[Name, str] = dict.fromkeys(links, "")
    told_apart = 1
    for _ in range(MAX_ROUNDS):
        colours = {
            node: _digest(sorted(f"{relation} {_text(other, colours)}" for relation, other in said))
            for node, said in links.items()
        }
        before, told_apart = told_apart, len(set(colours.values()))
        if told_apart in (before, len(colours)):
            break
    return colours


def _walk(links: Links[Name], colours: dict[Name, str]) -> dict[Name, None]:
    """All nodes by colour, each followed by the neighbours that were not met before."""
    order: dict[Name, None] = {}
    for start in sorted(links, key=lambda node: colours[node]):
        stack: list[Name] = [start]
        while stack:
            node = stack.pop()
            if node in order:
                continue
            order[node] = None
            near = [(relation, colours[other], other) for relation, other in links[node] if other in colours]
            stack += [other for *_, other in sorted(near, key=lambda item: item[:2], reverse=True)]
    return order


def _text(node: Name, colours: dict[Name, str]) -> str:
    if isinstance(node, Literal):
        return f"{str(node)!r}@{node.language}^{node.datatype}"
    return colours.get(node, f"{type(node).__name__} {node}")


def _digest(texts: list[str]) -> str:
    return blake2b("\n".join(texts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
