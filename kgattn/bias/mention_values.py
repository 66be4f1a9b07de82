"""What a linked token hands on when it is attended to: a gated projection of its mention's vector."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from kgattn.shapes import Float


class MentionValues(nn.Module):
    """value[layer, head, m] = scale * gate[layer, head] * W[layer, head] g_m, added to its tokens' values.

    The value half of relation-aware attention (Shaw et al. 2018, arXiv:1803.02155, eq. 3), per mention instead of
    per pair. The gate starts at zero: injecting changes nothing.
    """

    project: nn.Linear
    gate: nn.Parameter

    def __init__(self, dim: int, num_layers: int, num_heads: int, head_dim: int, gate_scale: float) -> None:
        super().__init__()
        self.num_layers, self.num_heads, self.head_dim = num_layers, num_heads, head_dim
        self.gate_scale = gate_scale
        self.project = nn.Linear(dim, num_layers * num_heads * head_dim, bias=False)
        self.gate = nn.Parameter(torch.zeros(num_layers, num_heads))

    def forward(self, mentions: Float[Tensor, "batch mention dim"]) -> Float[Tensor, "layer batch head slot dim2"]:
        """Values of all layers; slot 0 and mentions without a vector add zero."""
        batch, num_mentions, _ = mentions.shape
        shape = (batch, num_mentions, self.num_layers, self.num_heads, self.head_dim)
        gate = self.gate_scale * self.gate[:, None, :, None, None]
        values = self.project(mentions).view(shape).permute(2, 0, 3, 1, 4) * gate
        return F.pad(values, (0, 0, 1, 0))
