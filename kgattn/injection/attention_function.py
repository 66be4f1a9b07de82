"""The attention function that injected modules fetch from Transformers' registry under the name "kgattn"."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AttentionInterface, PretrainedConfig
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from kgattn.attention import add_values, choose_kernel, join_mask, materialize
from kgattn.bias import MentionBias
from kgattn.injection.context import CONTEXT, MentionContext
from kgattn.injection.random_state import untouched_random_state

NAME = "kgattn"


@dataclass
class AttentionSite:
    """What an injected attention module carries as `kgattn_site`.

    Attributes:
        layer: Number of the injected layer, counted from 0.
        config: The config the module came with, still shared with its model.
        eager: The module's own written-out attention, for models that run "eager".
        kernel: Name of the kernel for models that run "sdpa".
    """

    layer: int
    config: PretrainedConfig
    eager: Any
    kernel: str


def register() -> None:
    """Make the function known to Transformers, once per process; no model uses it before `inject`."""
    AttentionInterface.register(NAME, kgattn_attention)


def kgattn_attention(
    module: nn.Module, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None, **kwargs: Any
) -> tuple[Tensor, Tensor | None]:
    """Attention of one injected module: with the context's bias if there is one, else exactly the model's own.

    The signature is the registry's: query, key and value are [batch, head, token, dim], the output is
    [batch, token, head, dim] with the weights or None. Other keyword arguments are the model's own and go to
    the function it would have called.
    """
    site: AttentionSite = module.kgattn_site  # type: ignore[assignment]
    context: MentionContext | None = kwargs.pop(CONTEXT, None)
    implementation = site.config._attn_implementation
    plain = ALL_ATTENTION_FUNCTIONS.get_interface(implementation, site.eager)
    if context is None or not _fits(context, query, key):
        return plain(module, query, key, value, attention_mask, **kwargs)  # type: ignore[no-any-return]
    bias = context.layer(site.layer)
    if implementation == "eager":
        dense_bias = None if bias.pair_bias is None else materialize(bias.pair_bias, bias.token_slot)
        mask = join_mask(dense_bias, attention_mask, query.dtype)
        value = add_values(value, bias.values, bias.token_slot)
        return plain(module, query, key, value, mask, **kwargs)  # type: ignore[no-any-return]
    if not context.gates_closed:
        return _biased(module, site, query, key, value, attention_mask, bias, kwargs), None
    if not torch.is_grad_enabled():
        return plain(module, query, key, value, attention_mask, **kwargs)  # type: ignore[no-any-return]
    # closed gates: plain's numbers bit for bit, the biased path's gradients, so that the gates can open
    with untouched_random_state(query.device):
        biased = _biased(module, site, query, key, value, attention_mask, bias, kwargs)
    output, weights = plain(module, query, key, value, attention_mask, **kwargs)
    return output.detach() + (biased - biased.detach()), weights


def _fits(context: MentionContext, query: Tensor, key: Tensor) -> bool:
    """Self-attention over the very tokens the slots were made for (not a cached or cross step)."""
    batch, length = context.token_slot.shape
    return query.shape[0] == batch and query.shape[2] == length and key.shape[2] == length


def _biased(
    module: nn.Module,
    site: AttentionSite,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    bias: MentionBias,
    kwargs: dict[str, Any],
) -> Tensor:
    mask = attention_mask
    if mask is None and kwargs.get("is_causal", getattr(module, "is_causal", False)) and query.shape[2] > 1:
        length = query.shape[2]  # sdpa leaves causality to a flag that excludes a mask: here it becomes the mask
        mask = torch.ones(length, length, dtype=torch.bool, device=query.device).tril()[None, None]
    scaling = kwargs.get("scaling")
    output = choose_kernel(site.kernel)(
        query,
        key,
        value,
        mask,
        query.shape[-1] ** -0.5 if scaling is None else scaling,
        kwargs.get("dropout", 0.0),
        bias,
    )
    return output.transpose(1, 2).contiguous()
