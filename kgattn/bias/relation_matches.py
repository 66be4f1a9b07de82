"""Which mentions of an example the graph joins, and by what."""

import numpy as np
import torch

from kgattn.bias.pair_bias import RelationMatches
from kgattn.graph import KnowledgeGraph, pair_relations
from kgattn.mentions import MentionBatch


def match_relations(graph: KnowledgeGraph, mentions: MentionBatch) -> RelationMatches:
    """Look up every ordered pair of candidates of one example's mentions in the graph.

    Args:
        graph: The graph the candidates are rows of.
        mentions: The batch, on the CPU.

    Returns:
        Each triple between two mentions as a match of its relation from the head's mention to the tail's and of the
        inverse (relation + num_relations) back, weighted by the product of the two priors; mentions that share a
        candidate, and each mention with itself (weight 1), as matches of identity (2 * num_relations). On the CPU.
    """
    entities, priors = mentions.entities.numpy(), mentions.priors.numpy()
    batch, mention, candidate = np.nonzero(entities >= 0)
    entity, prior = entities[batch, mention, candidate].astype(np.int64), priors[batch, mention, candidate]

    # all ordered pairs of entries of one example: entries are sorted by example, so each example is one range
    counts = np.bincount(batch, minlength=len(entities))
    partners = counts[batch]
    first = np.repeat(np.arange(len(batch)), partners)
    begin = (np.cumsum(counts) - counts)[batch]
    second = np.arange(int(partners.sum())) - np.repeat(np.cumsum(partners) - partners - begin, partners)
    other = mention[first] != mention[second]
    first, second = first[other], second[other]
    weight = prior[first] * prior[second]

    pair, relation = pair_relations(graph, entity[first], entity[second])
    same = np.flatnonzero(entity[first] == entity[second])
    identity = 2 * graph.num_relations
    own_batch, own_mention = np.nonzero((entities >= 0).any(axis=2))

    def stack(*parts: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(np.concatenate(parts))

    head, tail = first[pair], second[pair]
    return RelationMatches(
        batch=stack(batch[head], batch[head], batch[first[same]], own_batch),
        query=stack(mention[head], mention[tail], mention[first[same]], own_mention),
        key=stack(mention[tail], mention[head], mention[second[same]], own_mention),
        relation=stack(
            relation,
            relation + graph.num_relations,
            np.full(len(same), identity),
            np.full(len(own_batch), identity),
        ),
        weight=stack(weight[pair], weight[pair], weight[same], np.ones(len(own_batch), dtype=weight.dtype)),
    )
