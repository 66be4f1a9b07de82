"""Measure what it costs to look up the pairs of a batch: relations alone, and with paths, types, siblings and a rule.

    python -m benchmarks.pair_terms         about 3 minutes on one core

Batches are 16 x 8 mentions, their candidates drawn by degree as a linker would draw them. The variants take turns.
"""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
import torch

from kg_data import bundled_graph
from kgattn.bias import PairTerms, match_relations, term_names
from kgattn.files import write_json
from kgattn.graph import KnowledgeGraph
from kgattn.graph.adjacency import PairIndex
from kgattn.graph.paths import HUB_DEGREE
from kgattn.mentions import MentionBatch
from kgattn.speed.measure import clock_for, interleave
from kgattn.speed.steps import make_graph
from kgattn.training.environment import describe_environment

ROOT = Path(__file__).resolve().parent.parent
NAME = "pair_terms"
BATCH, LENGTH, MENTIONS, CANDIDATES = 16, 128, 8, (1, 2, 5)
KINDS = ("paths", "types", "siblings")
RULE_PAIRS, REPEATS = 200_000, 30


def draw_batch(graph: KnowledgeGraph, candidates: int, generator: np.random.Generator) -> MentionBatch:
    """Candidates by degree: a random end of a random triple."""
    size = (BATCH, MENTIONS, candidates)
    entities = graph.triples[generator.integers(0, graph.num_triples, size), 2 * generator.integers(0, 2, size)]
    slots = torch.zeros(BATCH, LENGTH, dtype=torch.long)
    return MentionBatch(slots, torch.from_numpy(entities.astype(np.int64)), torch.full(size, 1 / candidates))


def variants(graph: KnowledgeGraph, generator: np.random.Generator) -> dict[str, PairTerms | None]:
    """Terms by name, "relations" alone first."""
    none = PairIndex(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    keys = np.sort(generator.integers(0, graph.num_entities**2, RULE_PAIRS))
    rule = PairIndex(keys, np.zeros(RULE_PAIRS, dtype=np.int64))

    def of(*kinds: str) -> PairTerms:
        return PairTerms(graph, kinds, HUB_DEGREE, term_names(kinds, ()), none)

    terms = {"relations": None, **{kind: of(kind) for kind in KINDS}, "all three": of(*KINDS)}
    return {**terms, "rule": PairTerms(graph, (), HUB_DEGREE, ("rule",), rule)}


def measure(graph: KnowledgeGraph, candidates: int) -> dict[str, Any]:
    """Timings of all variants, each round on another batch, which all of them get."""
    generator = np.random.default_rng(0)
    batches = [draw_batch(graph, candidates, generator) for _ in range(REPEATS + 1)]

    def look_up(terms: PairTerms | None) -> Callable[[], object]:
        turns = iter(batches)
        return lambda: match_relations(graph, next(turns), terms)

    runs = {name: look_up(terms) for name, terms in variants(graph, generator).items()}
    timings = interleave(runs, REPEATS, clock_for(torch.device("cpu"))[1])
    return {"candidates": candidates, "timings": [timing.to_json() for timing in timings]}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print as a table, write."""
    torch.set_num_threads(1)
    graphs = {"bundled": bundled_graph.build(), "random": make_graph(10_000), "large random": make_graph(100_000)}
    rows = []
    for name, graph in graphs.items():
        for candidates in CANDIDATES:
            row = measure(graph, candidates)
            rows.append({"graph": name, "entities": graph.num_entities, "triples": graph.num_triples, **row})
            cells = [f"{timing['milliseconds']:.1f}" for timing in row["timings"]]
            print(
                "|", " | ".join([f"{name}, {graph.num_entities:,} entities", str(candidates), *cells]), "|", flush=True
            )
    environment = describe_environment(torch.device("cpu"), None)
    result = {"format_version": 1, "kind": NAME, "repeats": REPEATS, "rows": rows, "environment": environment}
    write_json(ROOT / "benchmarks" / "results" / f"{NAME}.json", result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
