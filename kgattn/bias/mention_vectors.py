"""One vector per mention, from the vectors of the entities it may name."""

import torch
from torch import Tensor, nn

from kgattn.shapes import Float

SMALLEST_PRIOR = 1e-6


class MentionVectors(nn.Module):
    """Average a mention's candidates by prior and fit, with a share for "none of them".

    weight_c = softmax over candidates and NIL of (log prior_c + s . entity_c), with a learned NIL logit and vector:
    a wrong or doubtful link can be talked down by what the graph says of the entity, for the task at hand.
    """

    score: nn.Linear
    nil_logit: nn.Parameter
    nil: nn.Parameter
    dropout: nn.Dropout

    def __init__(self, dim: int, dropout: float) -> None:
        super().__init__()
        self.score = nn.Linear(dim, 1, bias=False)
        self.nil_logit = nn.Parameter(torch.full((1,), -2.0))
        self.nil = nn.Parameter(torch.zeros(dim))
        self.dropout = nn.Dropout(dropout)
        nn.init.normal_(self.score.weight, std=dim**-0.5)

    def forward(
        self,
        entities: Float[Tensor, "batch mention candidate dim"],
        priors: Float[Tensor, "batch mention candidate"],
    ) -> Float[Tensor, "batch mention dim"]:
        """Vectors of the mentions; a mention without candidates (padding) gets zero.

        Args:
            entities: Vectors of the candidates, zero at padding.
            priors: P(entity given surface form), in [0, 1]; 0 is padding.
        """
        real = priors > 0
        logits = priors.clamp_min(SMALLEST_PRIOR).log() + self.score(entities).squeeze(-1)
        logits = logits.masked_fill(~real, float("-inf"))
        nil = self.nil_logit.expand(*priors.shape[:2], 1)
        weights = torch.cat([logits, nil], dim=-1).softmax(dim=-1)
        candidates = torch.cat([entities, self.nil.expand(*priors.shape[:2], 1, -1)], dim=2)
        vectors = torch.einsum("bmc,bmcd->bmd", weights, candidates)
        linked: Tensor = self.dropout(vectors) * real.any(dim=-1, keepdim=True)
        return linked
