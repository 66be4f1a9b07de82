"""The attention function that injected modules fetch from Transformers' registry under the name "kgattn"."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AttentionInterface, PretrainedConfig
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from kgattn.attention import (
    Attend,
    across_bias,
    add_values,
    attend_across,
    causal_mask,
    is_watched,
    join_mask,
    materialize,
    prepare,
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


@dataclass(slots=True)
class _Call:
    """One call of an injected module's attention function: its arguments."""

    module: nn.Module
    site: AttentionSite
    query: Tensor
    key: Tensor
    value: Tensor
    mask: Tensor | None
    kwargs: dict[str, Any]

    @property
    def implementation(self) -> Any:
        """Transformers' name of the function it would have gone to."""
        return self.site.config._attn_implementation

    @property
    def plain(self) -> Any:
        """That function."""
        implementation = self.implementation
        return self.site.eager if implementation == "eager" else ALL_ATTENTION_FUNCTIONS[implementation]

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

    @property
    def is_fused(self) -> bool:
        """Whether it would have gone to PyTorch's fused attention, without what only "eager" or a model's own knows."""
        kwargs = self.kwargs
        fused = self.implementation == "sdpa" and kwargs.get("position_bias") is None and kwargs.get("softcap") is None
        return bool(fused)

    @property
    def precision(self) -> torch.dtype | None:
        """What autocast computes in; None without it."""
        device = self.query.device.type
        return torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else None

    @property
    def scaling(self) -> float:
        """Factor on query . key."""
        scaling = self.kwargs.get("scaling")
        return float(self.query.shape[-1] ** -0.5 if scaling is None else scaling)

    @property
    def dropout(self) -> float:
        """Probability of dropping an attention weight."""
        return float(self.kwargs.get("dropout", 0.0))  # ALBERT's is 0

    def likeness(self) -> tuple[object, ...]:
        """What two fused calls with one mask and context must share to be served alike; tables are of one making."""
        query, key, value, site = self.query, self.key, self.value, self.site
        return (
            *(query.shape, query.stride(), query.dtype, type(query)),
            *(key.shape, key.stride(), key.dtype, type(key)),
            *(value.shape, value.stride(), value.dtype, type(value)),
            *(value.data_ptr() in (query.data_ptr(), key.data_ptr()), self.precision, self.is_causal),
            *(torch.is_grad_enabled(), query.requires_grad, key.requires_grad, value.requires_grad),
            *(site.kind, site.kernel, self.kwargs.get("scaling"), self.kwargs.get("dropout")),
        )


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
    call = _Call(module, site, query, key, value, attention_mask, kwargs)
    if isinstance(context, MentionContext):
        if site.kind == DECODER:
            context = context.of_target
        if not context.gates_closed and call.is_fused and not is_watched():
            attend = context.prepared(attention_mask, call.likeness())
            if attend is not None:
                return attend(query, key, value, context.layers[site.layer]), None
        _check_heads(module, context.layers[site.layer], query, value)
    output, weights = take_arm(context, site.layer, query.device, call.as_plain, partial(_biased, call))
    return output, weights


def _biased(call: _Call, context: MentionContext) -> tuple[Tensor, Tensor | None]:
    """The answer with the context's bias and values."""
    site, num_queries, num_keys = call.site, call.query.shape[2], call.key.shape[2]
    if call.implementation not in IMPLEMENTATIONS:
        raise InjectionError(
            f"attention implementation must be {' or '.join(IMPLEMENTATIONS)} to carry a bias, it was changed to "
            f'{call.implementation!r}; call model.set_attn_implementation("sdpa")'
        )
    if not context.layout.rows.shape[1]:  # no key lies in a mention
        return call.as_plain()
    if site.kind == CROSS:
        return _across(call, context)
    bias = context.layers[site.layer]
    if call.is_fused and not context.offset and num_queries == num_keys == context.layout.token_slot.shape[1]:
        attend = _by_kernel(call, context)
        return attend(call.query, call.key, call.value, bias), None
    return _over_all_pairs(call, bias, context)


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


def _across(call: _Call, context: MentionContext) -> tuple[Tensor, Tensor | None]:
    """From the decoder's tokens to the encoder's, whose keys and values a cache holds as the model made them."""
    num_queries, target = call.query.shape[2], context.of_target
    query_slot = target.query_slots(num_queries) if target.queries_linked(num_queries) else None
    bias = replace(context.layers[call.site.layer], linked_only=False)
    if call.is_fused and num_queries > 1:
        mask = _mask(call, context, call.precision or call.query.dtype)

        def attend(query: Tensor, key: Tensor, value: Tensor, bias: MentionBias) -> Tensor:
            return attend_across(query, key, value, mask, call.scaling, call.dropout, bias, query_slot)

        return _as_sdpa(call, attend)(call.query, call.key, call.value, bias), None
    mask = call.mask
    if bias.pair_bias is not None:
        dense_bias = across_bias(bias.pair_bias, query_slot, bias.layout.token_slot).to(call.query.dtype)
        mask = join_mask(dense_bias, mask, call.query.dtype)
    value = add_values(call.value, bias.values, bias.layout)
    answer: tuple[Tensor, Tensor | None] = call.plain(call.module, call.query, call.key, value, mask, **call.kwargs)
    return answer


def _by_kernel(call: _Call, context: MentionContext) -> Attend:
    """What gives a kernel's answers; kept for the other layers, which call alike."""
    dtype = call.precision or call.query.dtype
    query, key, value = (tensor.to(dtype) for tensor in (call.query, call.key, call.value))
    mask, bias = _mask(call, context, dtype), context.layers[call.site.layer]
    kernel = prepare(call.site.kernel, query, key, value, mask, call.scaling, call.dropout, bias, call.is_causal)
    attend = _as_sdpa(call, kernel)
    if not is_watched():
        context.keep(call.mask, call.likeness(), attend)
    return attend


def _mask(call: _Call, context: MentionContext, dtype: torch.dtype) -> Tensor | None:
    """The mask of a fused call; on the CPU as numbers to add, which PyTorch would make in every layer."""
    mask = call.mask
    if mask is None or call.query.is_cpu:
        return None if mask is None else context.additive(mask, dtype)
    return mask.to(dtype) if mask.is_floating_point() else mask


def _as_sdpa(call: _Call, attend: Attend) -> Attend:
    """Attention in the place of Transformers' "sdpa": in its precision, its outputs [batch, token, head, dim]."""
    dtype, device = call.precision, call.query.device.type
    if dtype is None:
        return lambda query, key, value, bias: attend(query, key, value, bias).transpose(1, 2).contiguous()

    def cast(query: Tensor, key: Tensor, value: Tensor, bias: MentionBias) -> Tensor:
        with torch.autocast(device, enabled=False):  # kernels choose their own precision
            output = attend(query.to(dtype), key.to(dtype), value.to(dtype), bias)
        return output.transpose(1, 2).contiguous()

    return cast


def _check_heads(module: nn.Module, bias: MentionBias, query: Tensor, value: Tensor) -> None:
    """For architectures outside the table, whose shape was read from common names in their configs."""
    heads = None if bias.pair_bias is None else bias.pair_bias.shape[1]
    shape = None if bias.values is None else (bias.values.shape[1], bias.values.shape[3])
    if heads not in (None, query.shape[1]) or shape not in (None, (value.shape[1], value.shape[3])):
        raise InjectionError(
            f"{type(module).__name__} attends with {query.shape[1]} heads and values {value.shape[1]} x "
            f"{value.shape[3]}, the injection was made for {heads} and {shape}: kgattn cannot inject this model"
        )
