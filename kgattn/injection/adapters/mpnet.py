"""MPNet (Song et al. 2020, arXiv:2004.09297)."""

from typing import Any

from torch import Tensor
from transformers.models.mpnet.modeling_mpnet import MPNetLayer, MPNetSelfAttention

from kgattn.attention import materialize
from kgattn.injection.adapters.adapter import Adapter, AdapterSite, stand_in, with_values
from kgattn.injection.adapters.passage import carried
from kgattn.injection.arms import take_arm
from kgattn.injection.context import MentionContext


class InjectedMPNetSelfAttention(MPNetSelfAttention):
    """MPNet's self-attention while it is injected; the context comes on the bias of the relative positions."""

    kgattn_site: AdapterSite

    def forward(
        self,
        hidden_states: Tensor,
        attention_mask: Tensor | None = None,
        position_bias: Tensor | None = None,
        output_attentions: bool = False,
        **kwargs: Any,
    ) -> tuple[Any, ...]:
        """As MPNet's."""
        layer = self.kgattn_site.layer

        def attend(module: MPNetSelfAttention, position_bias: Tensor | None) -> tuple[Any, ...]:
            answer: tuple[Any, ...] = MPNetSelfAttention.forward(  # type: ignore[no-untyped-call]
                module, hidden_states, attention_mask, position_bias, output_attentions, **kwargs
            )
            return answer

        def biased(context: MentionContext) -> tuple[Any, ...]:
            bias, length = context.layers[layer], hidden_states.shape[1]
            layout = context.key_layout(length, length)
            slots = layout.token_slot
            joined = position_bias
            if position_bias is not None and bias.pair_bias is not None:  # not in place: all layers share the tensor
                joined = position_bias + materialize(bias.pair_bias, slots, slots).to(position_bias.dtype)
            return attend(stand_in(self, v=with_values(self.v, bias.values, layout)), joined)

        return take_arm(
            carried(position_bias), layer, hidden_states.device, lambda: attend(self, position_bias), biased
        )


ADAPTER = Adapter(MPNetSelfAttention, InjectedMPNetSelfAttention, MPNetLayer, "position_bias")
