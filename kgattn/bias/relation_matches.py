"""Which mentions of an example the graph joins, and by what."""

from collections.abc import Collection

import numpy as np
import torch

from kgattn.bias.entity_pairs import EntityPairs
from kgattn.bias.pair_bias import RelationMatches
from kgattn.bias.pair_terms import PairTerms
from kgattn.graph import KnowledgeGraph, pair_relations
from kgattn.mentions import MentionBatch


def match_relations(
    graph: KnowledgeGraph, mentions: MentionBatch, terms: PairTerms | None = None, off: Collection[str] = ()
) -> RelationMatches:
    """Look up every ordered pair of candidates of one example's mentions in the graph.

    Args:
        graph: The graph the candidates are rows of.
        mentions: The batch, on the CPU.
        terms: What else is asked of each pair; of the same graph.
        off: Names of terms to pass over.

    Returns:
        Each triple between two mentions as a match of its relation from the head's mention to the tail's and of the
        inverse (relation + num_relations) back, weighted by the product of the two priors; mentions that share a
        candidate, and each mention with itself (weight 1), as matches of identity (2 * num_relations); then term t as
        2 * num_relations + 1 + t. On the CPU.
    """
    pairs = EntityPairs.of(mentions)
    joined, relation = pair_relations(graph, pairs.head, pairs.tail)
    same = np.flatnonzero(pairs.head == pairs.tail)
    identity = 2 * graph.num_relations
    own_batch, own_mention = np.nonzero((mentions.entities.numpy() >= 0).any(axis=2))
    of_term, term, truth = (np.zeros(0, dtype=np.int64),) * 3 if terms is None else terms.matches(pairs, off)

    def stack(*parts: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(np.concatenate(parts))

    return RelationMatches(
        batch=stack(pairs.batch[joined], pairs.batch[joined], pairs.batch[same], own_batch, pairs.batch[of_term]),
        query=stack(pairs.query[joined], pairs.key[joined], pairs.query[same], own_mention, pairs.query[of_term]),
        key=stack(pairs.key[joined], pairs.query[joined], pairs.key[same], own_mention, pairs.key[of_term]),
        relation=stack(
            relation,
            relation + graph.num_relations,
            np.full(len(same), identity),
            np.full(len(own_batch), identity),
            term + identity + 1,
        ),
        weight=stack(
            pairs.weight[joined],
            pairs.weight[joined],
            pairs.weight[same],
            np.ones(len(own_batch), dtype=pairs.weight.dtype),
            (pairs.weight[of_term] * truth).astype(pairs.weight.dtype),
        ),
    )
