"""DeBERTa (He et al. 2021, arXiv:2006.03654)."""

from functools import partial
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn
from transformers.models.deberta.modeling_deberta import DebertaLayer, DisentangledSelfAttention

from kgattn.attention import materialize
from kgattn.bias import MentionBias
from kgattn.injection.adapters.adapter import Adapter, stand_in, with_values
from kgattn.injection.adapters.disentangled import attend
from kgattn.mentions import SlotLayout


class InjectedDisentangledSelfAttention(DisentangledSelfAttention):
    """DeBERTa's self-attention while it is injected."""

    def forward(self, hidden_states: Tensor, attention_mask: Tensor, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
        """As DeBERTa's."""
        return attend(self, _with_bias, hidden_states, attention_mask, *args, **kwargs)


def _with_bias(module: DisentangledSelfAttention, bias: MentionBias, layout: SlotLayout) -> DisentangledSelfAttention:
    """Values are the last third of each head's fused projection; the bias enters where "talking heads" mix logits."""
    values = None if bias.values is None else F.pad(bias.values, (2 * bias.values.shape[-1], 0))
    parts: dict[str, Any] = {"in_proj": with_values(module.in_proj, values, layout)}
    if bias.pair_bias is not None:
        dense_bias = materialize(bias.pair_bias, layout.token_slot, layout.token_slot)
        parts["head_logits_proj"] = partial(_add_bias, module.head_logits_proj, dense_bias)
    return stand_in(module, **parts)


def _add_bias(projection: nn.Module | None, dense_bias: Tensor, logits: Tensor) -> Tensor:
    """Logits come and go as [batch, query, key, head]."""
    logits = logits if projection is None else projection(logits)
    return logits + dense_bias.permute(0, 2, 3, 1).to(logits.dtype)


ADAPTER = Adapter(DisentangledSelfAttention, InjectedDisentangledSelfAttention, DebertaLayer, "attention_mask")
