"""What both generations of DeBERTa share: the context comes on the mask."""

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

from kgattn.bias import MentionBias
from kgattn.injection.adapters.adapter import AdapterSite
from kgattn.injection.adapters.passage import carried
from kgattn.injection.arms import take_arm
from kgattn.injection.context import MentionContext
from kgattn.mentions import SlotLayout


def attend(
    module: nn.Module,
    with_bias: Callable[[Any, MentionBias, SlotLayout], nn.Module],
    hidden_states: Tensor,
    attention_mask: Tensor,
    *args: Any,
    **kwargs: Any,
) -> tuple[Any, ...]:
    """The module's own forward, run by itself or by its stand-in.

    Args:
        module: An injected module.
        with_bias: Makes its stand-in from the layer's bias and the tokens' layout.
        hidden_states: The module's own argument.
        attention_mask: The same; carries the context, if there is one.
        *args: The module's other arguments.
        **kwargs: The same, by name.
    """
    site: AdapterSite = module.kgattn_site  # type: ignore[assignment]

    def plain(attending: nn.Module = module) -> tuple[Any, ...]:
        answer: tuple[Any, ...] = site.plain.forward(attending, hidden_states, attention_mask, *args, **kwargs)
        return answer

    def biased(context: MentionContext) -> tuple[Any, ...]:
        length = hidden_states.shape[1]
        return plain(with_bias(module, context.layers[site.layer], context.key_layout(length, length)))

    return take_arm(carried(attention_mask), site.layer, hidden_states.device, plain, biased)
