"""How well types are inferred from relations: hide the types of entities that have some, and ask for them.

    python -m benchmarks.type_inference         seconds

A fifth of the entities that both Freebase and DBpedia describe lose their types and all triples of Freebase, so that
they look like the entities of DBpedia for which types are inferred in the graph `encyclopedia`.
"""

import dataclasses
import os
import sys
from pathlib import Path

import numpy as np

from kg_data import encyclopedia
from kgattn.files import write_json
from kgattn.graph import KnowledgeGraph
from kgattn.shapes import Bool, Int

ROOT = Path(__file__).resolve().parent.parent
RESULT = ROOT / "benchmarks" / "results" / "type_inference.json"
THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7)
SEED = 0


def held_out(graph: KnowledgeGraph) -> Int[np.ndarray, " entity"]:
    """A seeded fifth of the entities of Freebase that take part in a relation of DBpedia."""
    dbpedia = np.array(["dbpedia.org" in name for name in graph.relation_ids])
    triples = graph.triples[dbpedia[graph.triples[:, 1]]]
    described = np.intersect1d(triples[:, [0, 2]], np.flatnonzero(np.diff(graph.type_offsets)))
    described = described[[graph.entity_ids[row].startswith("/m/") for row in described.tolist()]]
    return np.sort(np.random.default_rng(SEED).permutation(described)[: len(described) // 5])


def without(graph: KnowledgeGraph, rows: Int[np.ndarray, " entity"]) -> KnowledgeGraph:
    """The graph as it would be, had DBpedia alone named these entities."""
    hidden = np.zeros(graph.num_entities, dtype=bool)
    hidden[rows] = True
    counts = np.diff(graph.type_offsets)
    freebase = np.array(["dbpedia.org" not in name for name in graph.relation_ids])
    heads, relations, tails = graph.triples.T
    return dataclasses.replace(
        graph,
        triples=graph.triples[~(freebase[relations] & (hidden[heads] | hidden[tails]))],
        type_indices=graph.type_indices[~np.repeat(hidden, counts)],
        type_offsets=np.concatenate([[0], np.cumsum(np.where(hidden, 0, counts))]),
        path=None,
    )


def held_types(graph: KnowledgeGraph, rows: Int[np.ndarray, " entity"]) -> Bool[np.ndarray, "entity type"]:
    """Which types these entities have."""
    table = np.zeros((len(rows), graph.num_types), dtype=bool)
    for place, row in enumerate(rows.tolist()):
        table[place, graph.type_indices[graph.type_offsets[row] : graph.type_offsets[row + 1]]] = True
    return table


def main() -> int:
    """Measure, write the result and print it."""
    data = Path(os.environ.get("KGATTN_DATA", ROOT.parent / "shared" / "data")).expanduser()
    graph = encyclopedia.build_as_given(data)
    rows = held_out(graph)
    known, asked = held_types(graph, rows), without(graph, rows)
    found = {}
    for threshold in THRESHOLDS:
        inferred = held_types(asked.with_inferred_types(threshold), rows)
        right = int((inferred & known).sum())
        found[str(threshold)] = {
            "precision": right / max(1, int(inferred.sum())),
            "recall": right / int(known.sum()),
            "with_a_type": float(inferred.any(axis=1).mean()),
        }
        print(threshold, {name: round(value, 3) for name, value in found[str(threshold)].items()})
    untyped = float((np.diff(graph.type_offsets) == 0).mean())
    left = float((np.diff(graph.with_inferred_types().type_offsets) == 0).mean())
    print(f"without types: {untyped:.1%} of all entities, {left:.1%} after inference")
    result = {"entities": len(rows), "thresholds": found, "untyped": untyped, "untyped_after": left}
    write_json(RESULT, {**result, "command": "python -m benchmarks.type_inference"})
    return 0


if __name__ == "__main__":
    sys.exit(main())
