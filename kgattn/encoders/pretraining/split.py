"""Which triples are trained on and which are only ranked."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kgattn.errors import GraphError
from kgattn.graph import KnowledgeGraph
from kgattn.graph.packed import plain_suffix
from kgattn.graph.tables import read_table
from kgattn.shapes import Int


@dataclass(frozen=True, eq=False)
class Split:
    """Triples as rows of head, relation and tail, no triple in two parts.

    Attributes:
        train: Trained on.
        valid: Ranked, to choose settings by.
        test: Ranked, to report.
    """

    train: Int[np.ndarray, "train 3"]
    valid: Int[np.ndarray, "valid 3"]
    test: Int[np.ndarray, "test 3"]

    def known(self) -> Int[np.ndarray, "triple 3"]:
        """All triples held to be true."""
        return np.concatenate([self.train, self.valid, self.test])


def hold_out(triples: Int[np.ndarray, "triple 3"], share: float, seed: int) -> Split:
    """Put a random share of the triples aside as test triples.

    Every entity and relation keeps at least one training triple, without which its vector would mean nothing. So in a
    small or sparse graph fewer are put aside than asked for.

    Args:
        triples: All triples.
        share: In [0, 1).
        seed: Of the choice.
    """
    order = np.random.default_rng(seed).permutation(len(triples))
    shuffled = triples[order].astype(np.int64)
    needed = np.zeros(len(shuffled), dtype=bool)
    if len(shuffled):
        ends = np.concatenate([shuffled[:, 0], shuffled[:, 2]])
        needed[np.unique(ends, return_index=True)[1] % len(shuffled)] = True
        needed[np.unique(shuffled[:, 1], return_index=True)[1]] = True
    free = np.flatnonzero(~needed)[: round(share * len(shuffled))]
    test = np.zeros(len(shuffled), dtype=bool)
    test[free] = True
    return Split(shuffled[~test], shuffled[:0], shuffled[test])


def given_split(graph: KnowledgeGraph, valid: Path | None, test: Path) -> Split:
    """Take validation and test triples from files; the graph's other triples are trained on.

    Args:
        graph: The graph.
        valid: A file of triples by id: head, relation, tail, tab-separated, or comma-separated if it ends in .csv;
            plain or packed (.gz .bz2 .xz).
        test: Another one.

    Raises:
        GraphError: A file is absent or malformed, or names an entity or relation that the graph does not have, or
            nothing is left to train on.
    """
    parts = [np.zeros((0, 3), dtype=np.int64) if file is None else _read(graph, file) for file in (valid, test)]
    taken = np.unique(np.concatenate([_keys(graph, part) for part in parts]))
    parts[0] = parts[0][~np.isin(_keys(graph, parts[0]), _keys(graph, parts[1]))]
    train = graph.triples[~np.isin(_keys(graph, graph.triples), taken)].astype(np.int64)
    if not len(train):
        raise GraphError("expected triples beside those in the files of the split, got none; train on a larger graph")
    return Split(train, *parts)


def _read(graph: KnowledgeGraph, path: Path) -> Int[np.ndarray, "triple 3"]:
    relations = {relation_id: row for row, relation_id in enumerate(graph.relation_ids)}
    rows = []
    delimiter = "," if plain_suffix(path) == ".csv" else "\t"
    for where, (head, relation, tail) in read_table(path, ("head", "relation", "tail"), delimiter=delimiter):
        for end in (head, tail):
            if end not in graph:
                raise GraphError(f"{where}: expected ids of entities of the graph, got {end!r}; take it out")
        if relation not in relations:
            raise GraphError(f"{where}: expected a relation of the graph, got {relation!r}; take it out")
        rows.append((graph.entity_index(head), relations[relation], graph.entity_index(tail)))
    if not rows:
        raise GraphError(f"{path}: expected triples, got none; give a file of head, relation and tail")
    return np.unique(np.array(rows, dtype=np.int64), axis=0)


def _keys(graph: KnowledgeGraph, triples: Int[np.ndarray, "triple 3"]) -> Int[np.ndarray, " triple"]:
    head, relation, tail = triples.astype(np.int64).T
    keys: np.ndarray = (head * graph.num_relations + relation) * graph.num_entities + tail
    return keys
