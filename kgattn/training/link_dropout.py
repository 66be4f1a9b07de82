"""Withholding links in training, so that a model does not lean on them alone where it has them.

What a graph lacks and what a linker misses stands in every text: a model trained on links only where they are reads the
rest as "no entity". Word dropout (Iyyer et al. 2015, "Deep Unordered Composition Rivals Syntactic Methods", sec. 3.2)
for links. All draw by torch's global random state.
"""

import torch
from torch import Tensor

from kgattn.shapes import Int


def hide_mentions(slots: Int[Tensor, "batch token"], probability: float) -> Int[Tensor, "batch token"]:
    """Take each mention off its tokens with this probability, in [0, 1]."""
    kept = torch.rand(len(slots), int(slots.max()) + 1, device=slots.device) >= probability
    return slots * kept.gather(1, slots.long())


def hide_windows(slots: Int[Tensor, "batch token"], probability: float) -> Int[Tensor, "batch token"]:
    """Take all mentions of a window off its tokens with this probability, in [0, 1]; 0 draws no random numbers."""
    if not probability:
        return slots
    return slots * (torch.rand(len(slots), 1, device=slots.device) >= probability)
