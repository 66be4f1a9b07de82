"""The attention function that injected modules fetch from Transformers' registry under the name "kgattn"."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AttentionInterface, PretrainedConfig
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from kgattn.attention import (
    across_bias,
    add_values,
    attend_across,
    causal_mask,
    choose_kernel,
    join_mask,
    materialize,
)
from kgattn.bias import MentionBias
from kgattn.errors import InjectionError
from kgattn.injection.arms import take_arm
from kgattn.injection.config import CROSS, DECODER
from kgattn.injection.context import CONTEXT, IdleContext, MentionContext

NAME = "kgattn"
IMPLEMENTATIONS = ("sdpa", "eager")
"""Transformers' names of the attention functions that can carry a bias."""


@dataclass
class AttentionSite:
    """What an injected attention module carries as `kgattn_site`.

    Attributes:
        layer: Number of the injected layer, counted from 0.
        config: The config the module came with, still shared with its model.
        eager: The module's own written-out attention, for models that run "eager".
        kernel: Name of the kernel for models that run "sdpa".
        kind: Whether it is attention of the "encoder" (or the only stack), of the "decoder" or "cross".
    """

    layer: int
    config: PretrainedConfig
    eager: Any
    kernel: str
    kind: str

    def restore(self, module: nn.Module) -> None:
        """Make the module what it was."""
        module.config = self.config  # type: ignore[assignment]


@dataclass(frozen=True)
class _Call:
    """One call of an attention function: its arguments, and the function it would have gone to."""

    module: nn.Module
    plain: Any
    query: Tensor
    key: Tensor
    value: Tensor
    mask: Tensor | None
    kwargs: dict[str, Any]

    def as_plain(self) -> tuple[Tensor, Tensor | None]:
        """The model's own answer."""
        answer: tuple[Tensor, Tensor | None] = self.plain(
            self.module, self.query, self.key, self.value, self.mask, **self.kwargs
        )
        return answer

    @property
    def is_causal(self) -> bool:
        """Whether causality is left to a flag, by the rule of Transformers' "sdpa"."""
        flag = self.kwargs.get("is_causal")
        causal = getattr(self.module, "is_causal", True) if flag is None else flag
        return bool(causal) and self.mask is None and self.query.shape[2] > 1


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

    Raises:
        InjectionError: The module's heads are not those the injection was made for, or its attention implementation was
            changed to one that cannot carry a bias.
        KernelError: The kernel asked for by name cannot serve the call.
    """
    site: AttentionSite = module.kgattn_site  # type: ignore[assignment]
    context: MentionContext | IdleContext | None = kwargs.pop(CONTEXT, None)
    implementation = site.config._attn_implementation
    plain = site.eager if implementation == "eager" else ALL_ATTENTION_FUNCTIONS[implementation]
    call = _Call(module, plain, query, key, value, attention_mask, kwargs)
    if isinstance(context, MentionContext):
        _check_heads(module, context.layer(site.layer), query, value)
    num_queries, num_keys = query.shape[2], key.shape[2]
    fused = implementation == "sdpa" and kwargs.get("position_bias") is None and kwargs.get("softcap") is None

    def biased(context: MentionContext) -> tuple[Tensor, Tensor | None]:
        if implementation not in IMPLEMENTATIONS:
            raise InjectionError(
                f"attention implementation must be {' or '.join(IMPLEMENTATIONS)} to carry a bias, it was changed to "
                f'{implementation!r}; call model.set_attn_implementation("sdpa")'
            )
        if site.kind == DECODER:
            context = context.of_target()
        if not context.layout.rows.shape[1]:  # no key lies in a mention
            return call.as_plain()
        if site.kind == CROSS:
            return _across(call, context, site.layer, fused=fused)
        bias = context.layer(site.layer)
        if fused and not context.offset and num_queries == num_keys == context.layout.token_slot.shape[1]:
            return _by_kernel(call, site.kernel, bias, context), None
        return _over_all_pairs(call, bias, context)

    output, weights = take_arm(context, site.layer, query.device, call.as_plain, biased)
    return output, weights


def _over_all_pairs(call: _Call, bias: MentionBias, context: MentionContext) -> tuple[Tensor, Tensor | None]:
    """The model's own function with the bias on every pair of tokens: for weights, position biases and caches."""
    num_queries, num_keys = call.query.shape[2], call.key.shape[2]
    layout = context.key_layout(num_queries, num_keys)
    value = add_values(call.value, bias.values, layout)
    mask, kwargs = call.mask, call.kwargs
    if bias.pair_bias is not None and context.queries_linked(num_queries):
        dense_bias = materialize(bias.pair_bias, context.query_slots(num_queries), layout.token_slot).to(
            call.query.dtype
        )
        if kwargs.get("position_bias") is not None:
            kwargs = {**kwargs, "position_bias": kwargs["position_bias"] + dense_bias}
        else:
            if call.is_causal:
                mask = causal_mask(num_queries, call.query.device, num_keys)
            mask = join_mask(dense_bias, mask, call.query.dtype)
    answer: tuple[Tensor, Tensor | None] = call.plain(call.module, call.query, call.key, value, mask, **kwargs)
    return answer


def _across(call: _Call, context: MentionContext, layer: int, *, fused: bool) -> tuple[Tensor, Tensor | None]:
    """From the decoder's tokens to the encoder's, whose keys and values a cache holds as the model made them."""
    num_queries, target = call.query.shape[2], context.of_target()
    query_slot = target.query_slots(num_queries) if target.queries_linked(num_queries) else None
    bias = context.layer(layer, linked_only=False)
    if fused and num_queries > 1:
        return _fused(call, context, partial(attend_across, bias=bias, query_slot=query_slot)), None
    mask = call.mask
    if bias.pair_bias is not None:
        dense_bias = across_bias(bias.pair_bias, query_slot, bias.layout.token_slot).to(call.query.dtype)
        mask = join_mask(dense_bias, mask, call.query.dtype)
    value = add_values(call.value, bias.values, bias.layout)
    answer: tuple[Tensor, Tensor | None] = call.plain(call.module, call.query, call.key, value, mask, **call.kwargs)
    return answer


def _by_kernel(call: _Call, kernel: str, bias: MentionBias, context: MentionContext) -> Tensor:
    """The kernel's answer, [batch, token, head, dim]."""

    def attend(
        query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, scaling: float, dropout: float
    ) -> Tensor:
        chosen = choose_kernel(kernel, query, key, value, mask, dropout, bias)
        return chosen(query, key, value, mask, scaling, dropout, bias, call.is_causal)

    return _fused(call, context, attend)


def _fused(
    call: _Call,
    context: MentionContext,
    attend: Callable[[Tensor, Tensor, Tensor, Tensor | None, float, float], Tensor],
) -> Tensor:
    """What stands in for Transformers' "sdpa", in its precision and with its defaults, [batch, token, head, dim]."""
    query, key, value, mask, device = call.query, call.key, call.value, call.mask, call.query.device.type
    autocast = torch.is_autocast_enabled(device)
    if autocast:  # as PyTorch casts for its own; rotary embeddings leave float32 behind
        dtype = torch.get_autocast_dtype(device)
        query, key, value = (tensor.to(dtype) for tensor in (query, key, value))
        mask = mask.to(dtype) if mask is not None and mask.is_floating_point() else mask
    if device == "cpu" and mask is not None:  # as PyTorch does in every layer
        mask = context.additive(mask, query.dtype)
    scaling, dropout = call.kwargs.get("scaling"), float(call.kwargs.get("dropout", 0.0))  # ALBERT's is 0
    scaling = query.shape[-1] ** -0.5 if scaling is None else scaling
    with torch.autocast(device, enabled=False) if autocast else nullcontext():  # kernels choose their own precision
        output = attend(query, key, value, mask, scaling, dropout)
    return output.transpose(1, 2).contiguous()


def _check_heads(module: nn.Module, bias: MentionBias, query: Tensor, value: Tensor) -> None:
    """For architectures outside the table, whose shape was read from common names in their configs."""
    heads = None if bias.pair_bias is None else bias.pair_bias.shape[1]
    shape = None if bias.values is None else (bias.values.shape[1], bias.values.shape[3])
    if heads not in (None, query.shape[1]) or shape not in (None, (value.shape[1], value.shape[3])):
        raise InjectionError(
            f"{type(module).__name__} attends with {query.shape[1]} heads and values {value.shape[1]} x "
            f"{value.shape[3]}, the injection was made for {heads} and {shape}: kgattn cannot inject this model"
        )
