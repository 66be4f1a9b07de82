"""Which arm a call of an injected module takes: plain, biased, or the one's numbers with the other's gradients."""

from collections.abc import Callable
from typing import Any

import torch

from kgattn.injection.context import IdleContext, MentionContext
from kgattn.injection.idle import touch
from kgattn.injection.random_state import untouched_random_state


def take_arm(
    context: MentionContext | IdleContext | None,
    layer: int,
    device: torch.device,
    plain: Callable[[], tuple[Any, ...]],
    biased: Callable[[MentionContext], tuple[Any, ...]],
) -> tuple[Any, ...]:
    """The module's answer: its output and whatever else it returns.

    Args:
        context: What this call knows of the graph; None is nothing.
        layer: Number of the injected layer, counted from 0.
        device: Where the call computes.
        plain: The model's own answer.
        biased: The answer with the context's bias and values.
    """
    if context is None:
        return plain()
    if isinstance(context, IdleContext):
        output, *rest = plain()
        return (touch(output, context.parameters) if layer == 0 else output, *rest)
    if not context.gates_closed:
        return biased(context)
    if not torch.is_grad_enabled():
        return plain()
    # closed gates: plain's numbers bit for bit, the biased path's gradients, so that the gates can open
    with untouched_random_state(device):
        guide = biased(context)[0]
    output, *rest = plain()
    return (output.detach() + (guide - guide.detach()), *rest)
