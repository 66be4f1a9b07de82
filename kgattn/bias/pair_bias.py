"""The bias between two mentions: what they are, how the graph relates them, whether they are the same one."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from kgattn.shapes import Float, Int


@dataclass(frozen=True)
class RelationMatches:
    """Graph relations between mentions of one example, as a sparse list.

    Attributes:
        batch, query, key: Which example, which mention asks, which is asked; mentions counted from 0.
        relation: Row of the relation in the relation codes; inverses and identity have rows of their own. The terms
            of `PairTerms` count on from there.
        weight: P(both mentions name the joined entities), in [0, 1]; of a term times its truth.
    """

    batch: Int[Tensor, " match"]
    query: Int[Tensor, " match"]
    key: Int[Tensor, " match"]
    relation: Int[Tensor, " match"]
    weight: Float[Tensor, " match"]


class PairBias(nn.Module):
    """A bounded, gated bias per layer, head and pair of mentions.

    bound * tanh(scale * gate * (q_m . k_n / sqrt(rank) + relation[r(m, n)] + term[t(m, n)] + key(g_n)) / bound)

    The relation term is the edge encoding of Graphormer (Ying et al. 2021, arXiv:2106.05234, sec. 3.1.3) kept to direct
    edges; a mention is joined to itself by the identity relation. A term, of `PairTerms`, is scale * strength * truth,
    the strength zero at the start. The gate starts at zero: injecting changes nothing.
    In the layers of `unlinked_queries`, queries that lie in no mention look by key(g_n) alone. Without `content` the
    first and the last summand are left out, without `relations` the second.
    """

    query_projection: nn.Linear | None
    key_projection: nn.Linear | None
    salience: nn.Linear | None
    relation: nn.Linear | None
    gate: nn.Parameter
    strength: nn.Parameter | None

    def __init__(
        self,
        dim: int,
        code_dim: int,
        num_layers: int,
        num_heads: int,
        rank: int,
        bound: float,
        gate_scale: float,
        unlinked_queries: tuple[bool, ...] = (),
        num_terms: int = 0,
        content: bool = True,
        relations: bool = True,
    ) -> None:
        super().__init__()
        self.unlinked_queries = unlinked_queries
        self.num_layers, self.num_heads, self.rank = num_layers, num_heads, rank
        self.bound, self.gate_scale = bound, gate_scale
        self.query_projection = nn.Linear(dim, num_layers * num_heads * rank, bias=False) if content else None
        self.key_projection = nn.Linear(dim, num_layers * num_heads * rank, bias=False) if content else None
        self.salience = nn.Linear(dim, num_layers * num_heads) if content else None
        self.relation = nn.Linear(code_dim, num_layers * num_heads, bias=False) if relations else None
        self.gate = nn.Parameter(torch.zeros(num_layers, num_heads))
        self.strength = nn.Parameter(torch.zeros(num_terms, num_layers, num_heads)) if num_terms else None
        if self.relation is not None:
            nn.init.normal_(self.relation.weight, std=1.0)  # codes have unit length: terms near 1

    def forward(
        self,
        mentions: Float[Tensor, "batch mention dim"],
        matches: RelationMatches,
        relation_codes: Float[Tensor, "relation code"],
    ) -> Float[Tensor, "layer batch head slot slot"]:
        """Tables of all layers; column 0 is zero, and so are row and column of mentions without a vector.

        Row 0 is zero but in the layers of `unlinked_queries`. Without content the vectors tell mentions from padding.
        """
        total = self._relations(matches, relation_codes, *mentions.shape[:2])
        salience = self._salience(mentions)
        if self.query_projection is not None and self.key_projection is not None:
            query = self._by_head(self.query_projection(mentions))
            key = self._by_head(self.key_projection(mentions))
            total = torch.einsum("bmlhr,bnlhr->lbhmn", query, key) * self.rank**-0.5 + salience + total
        real = (mentions != 0).any(dim=-1)
        table = self._bounded(total) * (real[:, None, :, None] & real[:, None, None, :])
        if not any(self.unlinked_queries):
            return F.pad(table, (1, 0, 1, 0))
        looks = salience.new_tensor(self.unlinked_queries)[:, None, None, None, None]
        row = self._bounded(salience) * real[:, None, None, :] * looks
        return F.pad(torch.cat([row, table], dim=-2), (1, 0))

    def _salience(self, mentions: Float[Tensor, "batch mention dim"]) -> Float[Tensor, "layer batch head one mention"]:
        if self.salience is None:
            return mentions.new_zeros(self.num_layers, len(mentions), self.num_heads, 1, mentions.shape[1])
        layered = (*mentions.shape[:2], self.num_layers, self.num_heads)
        salience: Tensor = self.salience(mentions).view(*layered).permute(2, 0, 3, 1)[..., None, :]
        return salience

    def _by_head(self, projected: Float[Tensor, "batch mention out"]) -> Float[Tensor, "batch mention layer head rank"]:
        return projected.view(*projected.shape[:2], self.num_layers, self.num_heads, self.rank)

    def term_biases(self) -> Float[Tensor, "term layer head"]:
        """What each term by itself, with truth 1, adds to a logit, in nats; at most `bound` in size."""
        if self.strength is None:
            return self.gate.new_zeros(0, self.num_layers, self.num_heads)
        gated = self.gate_scale * self.gate * (self.gate_scale * self.strength)
        return self.bound * torch.tanh(gated / self.bound)

    def _bounded(
        self, total: Float[Tensor, "layer batch head query key"]
    ) -> Float[Tensor, "layer batch head query key"]:
        gated = self.gate_scale * self.gate[:, None, :, None, None] * total
        return self.bound * torch.tanh(gated / self.bound)

    def _relations(
        self, matches: RelationMatches, relation_codes: Tensor, batch: int, num_mentions: int
    ) -> Float[Tensor, "layer batch head mention mention"]:
        if self.relation is None:
            strength = relation_codes.new_zeros(len(relation_codes), self.gate.numel())
        else:
            strength = self.relation(relation_codes)  # [relation, layer * head]
        if self.strength is not None:
            strength = torch.cat([strength, self.gate_scale * self.strength.flatten(1)])
        cell = (matches.batch * num_mentions + matches.query) * num_mentions + matches.key
        sums = strength.new_zeros(batch * num_mentions * num_mentions, strength.shape[1])
        sums = sums.index_add(0, cell, strength[matches.relation] * matches.weight[:, None].to(strength.dtype))
        shape = (batch, num_mentions, num_mentions, self.num_layers, self.num_heads)
        spread: Tensor = sums.view(shape).permute(3, 0, 4, 1, 2)
        return spread
