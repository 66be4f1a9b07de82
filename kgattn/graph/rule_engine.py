"""Asking a graph what its rules say, within limits of time, memory and size."""

import dataclasses
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kgattn.errors import RuleError
from kgattn.graph.adjacency import PairIndex
from kgattn.graph.knowledge_graph import KnowledgeGraph
from kgattn.graph.limited_process import Died, OutOfTime, ask
from kgattn.graph.naming import readable_name
from kgattn.graph.rules import Rule, check_rules
from kgattn.graph.storage import save_graph
from kgattn.graph.strings import StringTable

CURRENT, PAIRS, TRIPLES = "current", "pairs", "triples.npy"
"""Files in the folder that is shared with `kgattn.graph.rule_worker`, beside request and answer."""
MAX_PAIRS = 5_000_000
TIME_LIMIT = 60.0
"""Seconds for all rules of one request, beside the filling of the store."""
FILL_SECONDS = 1e-4
FILL_BYTES = 4096
"""A triple, with its share of the texts, in rdflib's store; measured 23 microseconds and 900 bytes a statement."""
MEMORY = 4 << 30


def rule_pairs(
    graph: KnowledgeGraph,
    rules: Sequence[Rule],
    *,
    limit: int = MAX_PAIRS,
    time_limit: float = TIME_LIMIT,
    engine: str = "auto",
) -> PairIndex:
    """Evaluate SELECT rules over the whole graph.

    Args:
        graph: What to ask.
        rules: SELECT rules of different names.
        limit: Most pairs one rule may find.
        time_limit: Seconds for all of them; filling the engine's store gets its own share on top.
        engine: "rdflib", "oxigraph", or "auto" by the size of the graph.

    Returns:
        The pairs of all rules, with the number of the rule as relation, to be looked up by `match_pairs`.

    Raises:
        RuleError: A rule is no SELECT rule, finds too many pairs, or takes too long.
    """
    rules = tuple(rules)
    check_rules(rules, "select", "call graph.derive(rules) with it before training")
    if not rules:
        return PairIndex(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    with tempfile.TemporaryDirectory(prefix="kgattn-rules-") as name:
        folder = Path(name)
        _ask(graph, rules, folder, time_limit, {"task": "select", "limit": limit, "engine": engine})
        parts = [np.load(folder / f"{PAIRS}{number}.npy", allow_pickle=False) for number in range(len(rules))]
    keys = np.concatenate(parts)
    numbers = np.repeat(np.arange(len(rules), dtype=np.int64), [len(part) for part in parts])
    order = np.argsort(keys, kind="stable")
    return PairIndex(keys[order], numbers[order])


def derive(
    graph: KnowledgeGraph, rules: Sequence[Rule], *, rounds: int, limit: int, time_limit: float, engine: str = "auto"
) -> KnowledgeGraph:
    """What `KnowledgeGraph.derive` says."""
    rules = tuple(rules)
    check_rules(rules, "construct", "give it to InjectionConfig(rules=...) instead")
    if not rules:
        raise RuleError("derive needs at least one rule, got none; read some with kgattn.read_rules(path)")
    if rounds < 1 or limit < 1:
        raise RuleError(f"rounds and limit must be at least 1, got {rounds} and {limit}; raise them")
    with tempfile.TemporaryDirectory(prefix="kgattn-rules-") as name:
        folder = Path(name)
        answer = _ask(
            graph, rules, folder, time_limit, {"task": "construct", "limit": limit, "rounds": rounds, "engine": engine}
        )
        derived = np.load(folder / TRIPLES, allow_pickle=False)
    notes = (f"rule {rule.name}: {count} derived" for rule, count in zip(rules, answer["counts"], strict=True) if count)
    return _with_derived(graph, derived, answer["relations"], answer["types"], tuple(notes))


def _ask(
    graph: KnowledgeGraph, rules: tuple[Rule, ...], folder: Path, time_limit: float, request: dict[str, Any]
) -> dict[str, Any]:
    """Run the worker on a folder and read its answer.

    Raises:
        RuleError: It said so, or was stopped by a limit.
    """
    save_graph(dataclasses.replace(graph, features=None), folder / "graph")
    texts = [{"name": rule.name, "query": rule.query, "source": rule.source} for rule in rules]
    timeout = time_limit + FILL_SECONDS * (graph.num_triples + graph.num_entities)
    memory = MEMORY + graph.num_triples * FILL_BYTES
    try:
        answer = ask("kgattn.graph.rule_worker", folder, {**request, "rules": texts}, seconds=timeout, memory=memory)
    except OutOfTime:
        raise _at_work(rules, folder).error(
            None, f"rules may take {time_limit:g} s, this one was not done; make it more specific"
        ) from None
    except Died as death:
        raise _at_work(rules, folder).error(None, f"the rule could not be evaluated ({death}); simplify it") from None
    if "error" in answer:
        raise RuleError(answer["error"])
    return answer


def _at_work(rules: tuple[Rule, ...], folder: Path) -> Rule:
    current = folder / CURRENT
    name = current.read_text(encoding="utf-8") if current.exists() else rules[0].name
    return next(rule for rule in rules if rule.name == name)


def _with_derived(
    graph: KnowledgeGraph, derived: np.ndarray, relations: list[str], types: list[str], notes: tuple[str, ...]
) -> KnowledgeGraph:
    """The same rows, with more triples and types."""
    is_type = derived[:, 1] < 0
    triples = np.unique(np.concatenate([graph.triples, derived[~is_type].astype(graph.triples.dtype)]), axis=0)
    owner = np.repeat(np.arange(graph.num_entities), np.diff(graph.type_offsets))
    owners = np.concatenate([owner, derived[is_type, 0]])
    indices = np.concatenate([graph.type_indices, derived[is_type, 2].astype(graph.type_indices.dtype)])
    order = np.argsort(owners, kind="stable")
    offsets = np.searchsorted(owners[order], np.arange(graph.num_entities + 1)).astype(np.int64)
    new_relations, new_types = relations[graph.num_relations :], types[graph.num_types :]
    return dataclasses.replace(
        graph,
        triples=triples,
        type_offsets=offsets,
        type_indices=indices[order],
        relation_ids=StringTable.from_strings(relations),
        relation_labels=StringTable.from_strings([*graph.relation_labels, *map(readable_name, new_relations)]),
        type_ids=StringTable.from_strings(types),
        type_labels=StringTable.from_strings([*graph.type_labels, *map(readable_name, new_types)]),
        sources=(*graph.sources, *notes),
        path=None,
    )
