"""How high a model ranks the true end of a triple among all entities."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch_geometric.nn.kge import KGEModel

from kgattn.encoders.pretraining.scorers import Scorer, score_entities
from kgattn.shapes import Float, Int

SCORES_AT_ONCE = 2**23
"""Numbers in one block of scores: 32 MiB."""
PROTOCOL = (
    "filtered: rank of the true entity among all entities that do not make another known triple, for both directions "
    "(Bordes et al. 2013); of equal scores the middle rank. raw_tails: tails alone, nothing filtered, as "
    "torch_geometric.nn.kge.KGEModel.test ranks"
)


@dataclass(frozen=True, eq=False)
class Ranks:
    """Rank of the true entity for each triple; 1 is best, halves come from equal scores.

    Attributes:
        tails: Of the true tail, other known tails left out.
        heads: Of the true head, other known heads left out.
        raw_tails: Of the true tail among all entities.
    """

    tails: Float[np.ndarray, " triple"]
    heads: Float[np.ndarray, " triple"]
    raw_tails: Float[np.ndarray, " triple"]

    def summary(self) -> dict[str, dict[str, float]]:
        """Mean reciprocal rank, Hits@1, 3 and 10 (shares, in [0, 1]) and mean rank, by protocol; see `PROTOCOL`."""
        return {
            "filtered": _measures(np.concatenate([self.tails, self.heads])),
            "filtered_tails": _measures(self.tails),
            "filtered_heads": _measures(self.heads),
            "raw_tails": _measures(self.raw_tails),
        }


@torch.no_grad()
def rank_triples(
    scorer: Scorer, model: KGEModel, triples: Int[np.ndarray, "triple 3"], known: Int[np.ndarray, "known 3"]
) -> Ranks:
    """Rank the true tail and the true head of each triple.

    Args:
        scorer: What kind of model it is.
        model: The model.
        triples: What to rank.
        known: All true triples, those to rank included: what is left out of a filtered rank.
    """
    table = scorer.table(model)
    tails, raw_tails = _ranks(scorer, model, table, triples, known, True)
    heads, _ = _ranks(scorer, model, table, triples, known, False)
    return Ranks(tails, heads, raw_tails)


def _ranks(
    scorer: Scorer,
    model: KGEModel,
    table: Float[Tensor, "entity width"],
    triples: Int[np.ndarray, "triple 3"],
    known: Int[np.ndarray, "known 3"],
    tails: bool,
) -> tuple[Float[np.ndarray, " triple"], Float[np.ndarray, " triple"]]:
    """Filtered and raw ranks of one end."""
    given, asked = (0, 2) if tails else (2, 0)
    num_relations = int(known[:, 1].max(initial=0)) + 1
    keys = known[:, given].astype(np.int64) * num_relations + known[:, 1]
    order = np.argsort(keys, kind="stable")
    keys, others = keys[order], known[order, asked]
    filtered, raw = np.empty(len(triples)), np.empty(len(triples))
    step = max(1, SCORES_AT_ONCE // len(table))
    for start in range(0, len(triples), step):
        rows = triples[start : start + step].astype(np.int64)
        place = torch.from_numpy(rows).to(table.device)
        scores = score_entities(scorer, model, table, place[:, given], place[:, 1], tails)
        true = scores.gather(1, place[:, asked, None])
        raw[start : start + step] = _rank(scores, true)
        wanted = rows[:, given] * num_relations + rows[:, 1]
        first, last = np.searchsorted(keys, wanted, side="left"), np.searchsorted(keys, wanted, side="right")
        count = last - first
        owner = np.repeat(np.arange(len(rows)), count)
        index = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count - first, count)
        scores[torch.from_numpy(owner), torch.from_numpy(others[index].astype(np.int64))] = -torch.inf
        scores.scatter_(1, place[:, asked, None], true)
        filtered[start : start + step] = _rank(scores, true)
    return filtered, raw


def _rank(scores: Float[Tensor, "batch entity"], true: Float[Tensor, "batch 1"]) -> Float[np.ndarray, " batch"]:
    better = (scores > true).sum(dim=1)
    equal = (scores == true).sum(dim=1) - 1
    rank: np.ndarray = (1 + better + equal / 2).double().cpu().numpy()
    return rank


def _measures(ranks: Float[np.ndarray, " rank"]) -> dict[str, float]:
    hits = {f"hits_at_{limit}": float((ranks <= limit).mean()) for limit in (1, 3, 10)}
    return {"mrr": float((1 / ranks).mean()), **hits, "mean_rank": float(ranks.mean())}
