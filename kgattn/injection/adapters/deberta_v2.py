"""DeBERTa-v2 and -v3 (He et al. 2023, arXiv:2111.09543)."""

from functools import partial
from typing import Any

from torch import Tensor, nn
from transformers.models.deberta_v2.modeling_deberta_v2 import DebertaV2Layer, DisentangledSelfAttention

from kgattn.attention import materialize
from kgattn.bias import MentionBias
from kgattn.injection.adapters.adapter import Adapter, stand_in, with_values
from kgattn.injection.adapters.disentangled import attend
from kgattn.mentions import SlotLayout


class InjectedDisentangledSelfAttention(DisentangledSelfAttention):
    """DeBERTa-v2's self-attention while it is injected."""

    def forward(self, hidden_states: Tensor, attention_mask: Tensor, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
        """As DeBERTa-v2's."""
        return attend(self, _with_bias, hidden_states, attention_mask, *args, **kwargs)


def _with_bias(module: DisentangledSelfAttention, bias: MentionBias, layout: SlotLayout) -> DisentangledSelfAttention:
    """The bias joins that of the relative positions; for a model without them it takes their place."""
    parts: dict[str, Any] = {"value_proj": with_values(module.value_proj, bias.values, layout)}
    if bias.pair_bias is not None:
        dense_bias = materialize(bias.pair_bias, layout.token_slot, layout.token_slot).flatten(0, 1)
        parts["disentangled_attention_bias"] = partial(_position_bias, module, dense_bias)
        if not module.relative_attention:
            parts |= {"relative_attention": True, "pos_dropout": nn.Identity()}
    return stand_in(module, **parts)


def _position_bias(module: DisentangledSelfAttention, dense_bias: Tensor, query: Tensor, *args: Any) -> Tensor:
    """The bias between positions and between mentions, [batch * head, query, key]."""
    dense_bias = dense_bias.to(query.dtype)
    if not module.relative_attention:
        return dense_bias
    of_positions: Tensor = module.disentangled_attention_bias(query, *args)  # type: ignore[no-untyped-call]
    return of_positions + dense_bias


ADAPTER = Adapter(DisentangledSelfAttention, InjectedDisentangledSelfAttention, DebertaV2Layer, "attention_mask")
