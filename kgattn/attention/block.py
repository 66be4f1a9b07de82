"""PyTorch's fused attention without any bias, then an exact correction between linked tokens alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable

from kgattn.attention.block_compiled import CompiledBlock, can_correct
from kgattn.attention.materialize import additive_mask, match_heads
from kgattn.attention.row_mask import row_mask
from kgattn.attention.rows import LinkedRows, add_values, between_rows, shares_memory, spread_slots, writing
from kgattn.attention.written_out import attend_written_out
from kgattn.bias import MentionBias
from kgattn.mentions import SlotLayout
from kgattn.shapes import Float

LARGEST_BOUND = 4.6
"""In nats. A bias of -b on a key with all the mass leaves exp(-b) of the normaliser, and that share of accuracy."""

_attention = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
_attention_backward = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward


def block(
    query: Float[Tensor, "batch head token dim"],
    key: Float[Tensor, "batch kv_head token dim"],
    value: Float[Tensor, "batch kv_head token dim"],
    mask: Tensor | None,
    scaling: float,
    dropout: float,
    bias: MentionBias,
    is_causal: bool = False,
) -> Float[Tensor, "batch head token dim"]:
    """Attend as if there were no bias, then put right the rows of linked tokens from the log-sum-exp.

    With p the plain weights between linked tokens and e = exp(bias) - 1, the biased output of a row is
    (o + (p e) v) / c with c = 1 + sum p e, and its log-sum-exp is larger by log c. The plain backward pass called with
    those two is exact outside the block, and the block adds its own. Extra work: (linked / tokens)^2 of attention's.

    Where weights are dropped there is no fused attention on the CPU, and the bias is added to the logits as they are.
    """
    if dropout > 0:
        return attend_written_out(query, key, value, mask, scaling, dropout, bias, is_causal)
    num_heads, layout = query.shape[1], bias.layout
    if bias.values is not None and (torch.compiler.is_compiling() or shares_memory(value, query, key)):
        # compilers cannot write and take back
        value, bias = add_values(value, bias.values, layout), replace(bias, values=None)
    key, value = match_heads(key, num_heads), match_heads(value, num_heads)
    query, key, value = (tensor if tensor.stride(-1) == 1 else tensor.contiguous() for tensor in (query, key, value))
    additive = None if mask is None else additive_mask(mask, query.dtype)
    if can_correct(query, key, value, additive, bias):
        return CompiledBlock(query, key, value, additive, scaling, layout, is_causal)(query, key, value, bias)
    added = None
    if bias.values is not None:
        added = spread_slots(match_heads(bias.values.to(value.dtype), num_heads), layout)
    excess = None
    if bias.pair_bias is not None:
        # not expm1, which is slow: a weight of 1 is rounded as much as this difference
        excess = between_rows(torch.exp(bias.pair_bias.to(query.dtype)) - 1, layout)
    output: Tensor = _BlockAttention.apply(  # type: ignore[no-untyped-call]
        query, key, value, added, excess, layout, additive, scaling, is_causal
    )
    return output


class _BlockAttention(torch.autograd.Function):
    """Inputs as in `block`, but for three.

    `added` is added to the values of `rows`: written into the value tensor while PyTorch reads it and taken back, for a
    copy of the whole costs more than all else here. `excess` = exp(bias) - 1 between `rows`; the mask is additive.
    """

    @staticmethod
    def forward(
        ctx: FunctionCtx,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        added: Float[Tensor, "batch head linked dim"] | None,
        excess: Float[Tensor, "batch head linked linked"] | None,
        layout: SlotLayout,
        mask: Tensor | None,
        scaling: float,
        is_causal: bool,
    ) -> Tensor:
        linked = LinkedRows(layout)
        with _written(value, added, linked) as row_value:
            output, lse = _attention(query, key, value, 0.0, is_causal, attn_mask=mask, scale=scaling)
        if excess is not None and excess.numel():
            row_lse = linked.take(lse[..., None])
            gain = _plain_weights(linked.take(query), linked.take(key), row_lse, layout, mask, scaling, is_causal)
            gain.mul_(excess)
            total = gain.sum(dim=-1, keepdim=True).add_(1)
            row_output = linked.take(output)
            row_output.flatten(0, 1).baddbmm_(gain.flatten(0, 1), row_value.flatten(0, 1))
            linked.put(output, row_output.div_(total))
            if any(ctx.needs_input_grad):  # type: ignore[attr-defined]
                linked.put(lse[..., None], row_lse + total.log())
        ctx.save_for_backward(query, key, value, added, excess, mask, output, lse)  # type: ignore[arg-type]
        ctx.layout, ctx.scaling, ctx.is_causal = layout, scaling, is_causal  # type: ignore[attr-defined]
        return output  # type: ignore[no-any-return]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        query, key, value, added, excess, mask, output, lse = ctx.saved_tensors
        linked = LinkedRows(ctx.layout)
        with _written(value, added, linked) as row_value:
            grad_query, grad_key, grad_value = _attention_backward(
                grad, query, key, value, output, lse, 0.0, ctx.is_causal, attn_mask=mask, scale=ctx.scaling
            )
        grad_excess = None
        if excess is not None and excess.numel():
            row_query, row_key, row_grad = linked.take(query), linked.take(key), linked.take(grad)
            row_lse = linked.take(lse[..., None])
            weights = _plain_weights(row_query, row_key, row_lse, ctx.layout, mask, ctx.scaling, ctx.is_causal)
            inner = (row_grad * linked.take(output)).sum(-1, keepdim=True)
            grad_weights = _add_product(inner, row_grad, row_value.transpose(-1, -2), share=-1.0)
            grad_excess = weights * grad_weights
            gain = weights.mul_(excess)  # what the bias adds to the weights
            grad_logits = grad_weights.mul_(gain).mul_(ctx.scaling)
            linked.add(grad_query, grad_logits @ row_key)
            linked.add(grad_key, grad_logits.transpose(-1, -2) @ row_query)
            linked.add(grad_value, gain.transpose(-1, -2) @ row_grad)
        grad_added = None if added is None else linked.take(grad_value)
        return grad_query, grad_key, grad_value, grad_added, grad_excess, None, None, None, None


@contextmanager
def _written(
    value: Tensor, added: Tensor | None, linked: LinkedRows
) -> Iterator[Float[Tensor, "batch head linked dim"]]:
    """Values of linked tokens with what is added; in the block they stand in `value`, afterwards what was there."""
    if added is None:
        yield linked.take(value)
        return
    memory = value.data  # the version, which autograd checks, stays: the tensor ends as it began
    with writing(value):
        before = linked.take(value)
        total = before + added
        try:
            linked.put(memory, total)
            yield total
        finally:
            linked.put(memory, before)


def _plain_weights(
    row_query: Float[Tensor, "batch head linked dim"],
    row_key: Float[Tensor, "batch head linked dim"],
    row_lse: Float[Tensor, "batch head linked 1"],
    layout: SlotLayout,
    mask: Tensor | None,
    scaling: float,
    is_causal: bool,
) -> Float[Tensor, "batch head linked linked"]:
    """exp(logits - log-sum-exp) between linked tokens; zero where masked."""
    rows = layout.rows
    products = torch.bmm(row_query.flatten(0, 1), row_key.flatten(0, 1).transpose(1, 2))
    logits = products.view(*row_query.shape[:3], row_key.shape[2])
    torch.add(-row_lse, logits, alpha=scaling, out=logits)
    between = None if mask is None else row_mask(mask, layout)
    if between is not None:
        logits += between
    if is_causal:  # before exp: a later key is not part of the log-sum-exp and may lie far above it
        logits.masked_fill_(rows[:, None, :, None] < rows[:, None, None, :], float("-inf"))
    return logits.exp_()


def _add_product(
    start: Float[Tensor, "batch head row #column"],
    left: Float[Tensor, "batch head row inner"],
    right: Float[Tensor, "batch head inner column"],
    share: float = 1.0,
    scale: float = 1.0,
) -> Float[Tensor, "batch head row column"]:
    """A share of `start` and the scaled product, by one operation."""
    product = torch.baddbmm(*(tensor.flatten(0, 1) for tensor in (start, left, right)), beta=share, alpha=scale)
    return product.view(*left.shape[:3], right.shape[-1])
