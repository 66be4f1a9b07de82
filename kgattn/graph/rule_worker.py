"""The process that evaluates rules: `python -m kgattn.graph.rule_worker FOLDER`.

A process of its own, because a SPARQL engine deep in a join can be neither interrupted nor kept from using memory from
inside. It reads the request and the graph from the folder, and leaves the answer and arrays there.
"""

import sys
from array import array
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from rdflib import Literal, URIRef
from rdflib.term import Node

from kgattn.graph.knowledge_graph import KnowledgeGraph
from kgattn.graph.limited_process import answer_request
from kgattn.graph.rdf import entity_name, node_id
from kgattn.graph.rule_engine import CURRENT, PAIRS, TRIPLES
from kgattn.graph.rule_stores import make_store
from kgattn.graph.rules import Rule
from kgattn.graph.vocabulary import TYPE
from kgattn.shapes import Int

COMPACT_EVERY = 1 << 18


def main(folder: Path) -> None:
    """Do what the request says; a RuleError becomes the answer."""

    def work(request: dict[str, Any]) -> dict[str, Any]:
        graph = KnowledgeGraph.load(folder / "graph")
        rules = [Rule(**rule) for rule in request["rules"]]
        store = make_store(graph, request["engine"])
        if request["task"] == "select":
            return _select(graph, store, rules, request["limit"], folder)
        return _construct(graph, store, rules, request["limit"], request["rounds"], folder)

    answer_request(folder, work)


def _select(graph: KnowledgeGraph, store: Any, rules: list[Rule], limit: int, folder: Path) -> dict[str, Any]:
    for number, rule in enumerate(rules):
        _note(folder, rule)
        keys = _pair_keys(graph, store.select(rule), rule, limit)
        np.save(folder / f"{PAIRS}{number}.npy", keys, allow_pickle=False)
    return {}


def _pair_keys(
    graph: KnowledgeGraph, solutions: Iterable[tuple[Node | None, Node | None]], rule: Rule, limit: int
) -> Int[np.ndarray, " pair"]:
    """Keys `head * num_entities + tail` of the pairs of entities, rising; what is no entity is passed over."""
    size = graph.num_entities
    keys, new = np.zeros(0, dtype=np.int64), array("q")

    def compacted() -> Int[np.ndarray, " pair"]:
        merged: np.ndarray = np.union1d(keys, np.frombuffer(new, dtype=np.int64)) if len(new) else keys
        if len(merged) > limit:
            raise rule.error(None, f"a rule may find {limit} pairs, got more; make it more specific")
        return merged

    for head, tail in solutions:
        rows = (_row(graph, head), _row(graph, tail))
        if rows[0] is not None and rows[1] is not None:
            new.append(rows[0] * size + rows[1])
        if len(new) >= COMPACT_EVERY:
            keys, new = compacted(), array("q")
    return compacted()


def _construct(
    graph: KnowledgeGraph, store: Any, rules: list[Rule], limit: int, rounds: int, folder: Path
) -> dict[str, Any]:
    relations = {name: row for row, name in enumerate(graph.relation_ids)}
    types = {name: row for row, name in enumerate(graph.type_ids)}
    derived: dict[tuple[int, int, int], int] = {}  # relation -1: the tail is a type
    for _ in range(rounds):
        before = len(derived)
        for number, rule in enumerate(rules):
            _note(folder, rule)
            fresh = []
            for statement in store.construct(rule):
                triple = _triple(graph, statement, relations, types, rule)
                if triple in derived or _is_known(graph, triple):
                    continue
                derived[triple] = number
                fresh.append(statement)
                if len(derived) > limit:
                    raise rule.error(None, f"rules may derive {limit} triples, got more; make it more specific")
            store.add(fresh)
        if len(derived) == before:
            break
    counts = np.bincount(np.array(list(derived.values()), dtype=np.int64), minlength=len(rules))
    np.save(folder / TRIPLES, np.array(sorted(derived), dtype=np.int64).reshape(-1, 3), allow_pickle=False)
    return {"relations": list(relations), "types": list(types), "counts": counts.tolist()}


def _triple(
    graph: KnowledgeGraph,
    statement: tuple[Node, Node, Node],
    relations: dict[str, int],
    types: dict[str, int],
    rule: Rule,
) -> tuple[int, int, int]:
    head, relation, tail = statement
    head_row = _row(graph, head)
    if head_row is not None and relation == URIRef(TYPE) and not isinstance(tail, Literal):
        return head_row, -1, types.setdefault(node_id(tail), len(types))
    tail_row = _row(graph, tail)
    if head_row is None or tail_row is None:
        text = " ".join(term.n3() for term in statement)
        raise rule.error(
            None,
            f"a derived triple joins entities of the graph, or one with a type, got {text[:200]}; change the template",
        )
    return head_row, relations.setdefault(node_id(relation), len(relations)), tail_row


def _is_known(graph: KnowledgeGraph, triple: tuple[int, int, int]) -> bool:
    head, relation, tail = triple
    if relation < 0:
        return bool((graph.type_indices[graph.type_offsets[head] : graph.type_offsets[head + 1]] == tail).any())
    keys, relations = graph.pair_index.keys, graph.pair_index.relations
    key = head * graph.num_entities + tail
    begin, end = np.searchsorted(keys, [key, key + 1])
    return bool((relations[begin:end] == relation).any())


def _row(graph: KnowledgeGraph, node: Node | None) -> int | None:
    name = None if node is None else entity_name(node)
    return graph.entity_index(name) if name is not None and name in graph else None


def _note(folder: Path, rule: Rule) -> None:
    """Say which rule is at work, for the message should it take too long."""
    (folder / CURRENT).write_text(rule.name, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
