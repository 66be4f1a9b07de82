"""PyTorch's fused attention without any bias, then an exact correction between linked tokens alone."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable

from kgattn.attention.materialize import additive_mask, match_heads
from kgattn.attention.rows import add_values, put_rows, take_rows
from kgattn.bias import MentionBias
from kgattn.shapes import Float, Int

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
    """
    num_heads = query.shape[1]
    value = match_heads(add_values(value, bias.values, bias.layout), num_heads)
    key = match_heads(key, num_heads)
    query, key, value = (tensor if tensor.stride(-1) == 1 else tensor.contiguous() for tensor in (query, key, value))
    exact = torch.promote_types(query.dtype, torch.float32)
    additive = additive_mask(mask, query.dtype)
    layout = bias.layout
    rows, flat_rows = layout.rows, layout.flat_rows
    if bias.pair_bias is None:
        rows, flat_rows = rows[:, :0], flat_rows[:0]
        excess = query.new_zeros(*query.shape[:2], 0, 0, dtype=exact)
    else:
        excess = _between_rows(torch.expm1(bias.pair_bias.to(exact)), layout.row_one_hot.to(exact))
    output: Tensor = _BlockAttention.apply(  # type: ignore[no-untyped-call]
        query, key, value, excess, rows, flat_rows, additive, scaling, is_causal
    )
    return output


def _between_rows(
    table: Float[Tensor, "batch head slot slot"], one_hot: Float[Tensor, "batch linked slot"]
) -> Float[Tensor, "batch head linked linked"]:
    """The table between linked tokens, by two products over the batch rather than one for each head."""
    batch, num_heads, num_slots, _ = table.shape
    num_linked = one_hot.shape[1]
    queries = one_hot @ table.permute(0, 2, 1, 3).reshape(batch, num_slots, num_heads * num_slots)
    pairs = queries.view(batch, num_linked * num_heads, num_slots) @ one_hot.transpose(1, 2)
    return pairs.view(batch, num_linked, num_heads, num_linked).transpose(1, 2)


class _BlockAttention(torch.autograd.Function):
    """Inputs as in `block`, with `excess` = exp(bias) - 1 between `rows`, and the mask additive or None."""

    @staticmethod
    def forward(
        ctx: FunctionCtx,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        excess: Tensor,
        rows: Int[Tensor, "batch linked"],
        flat_rows: Int[Tensor, " batch_linked"],
        mask: Tensor | None,
        scaling: float,
        is_causal: bool,
    ) -> Tensor:
        output, lse = _attention(query, key, value, 0.0, is_causal, attn_mask=mask, scale=scaling)
        exact = excess.dtype
        if rows.shape[1]:
            row_lse = take_rows(lse[..., None], rows, flat_rows)
            gain = _plain_weights(query, key, row_lse, rows, flat_rows, mask, scaling, is_causal).mul_(excess)
            total = gain.sum(dim=-1, keepdim=True).add_(1)
            row_output, row_value = (take_rows(tensor, rows, flat_rows).to(exact) for tensor in (output, value))
            put_rows(output, rows, flat_rows, (row_output + gain @ row_value) / total)
            put_rows(lse[..., None], rows, flat_rows, row_lse + total.log())
        ctx.save_for_backward(query, key, value, excess, rows, flat_rows, mask, output, lse)  # type: ignore[arg-type]
        ctx.scaling, ctx.is_causal = scaling, is_causal  # type: ignore[attr-defined]
        return output  # type: ignore[no-any-return]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        query, key, value, excess, rows, flat_rows, mask, output, lse = ctx.saved_tensors
        grad_query, grad_key, grad_value = _attention_backward(
            grad, query, key, value, output, lse, 0.0, ctx.is_causal, attn_mask=mask, scale=ctx.scaling
        )
        grad_excess = None
        if rows.shape[1]:
            row_lse = take_rows(lse[..., None], rows, flat_rows)
            weights = _plain_weights(query, key, row_lse, rows, flat_rows, mask, ctx.scaling, ctx.is_causal)
            row_query, row_key, row_value, row_grad, row_output = (
                take_rows(tensor, rows, flat_rows).to(excess.dtype) for tensor in (query, key, value, grad, output)
            )
            grad_weights = row_grad @ row_value.transpose(-1, -2) - (row_grad * row_output).sum(-1, keepdim=True)
            grad_excess = weights * grad_weights
            gain = weights.mul_(excess)  # what the bias adds to the weights
            grad_logits = gain * grad_weights
            put_rows(grad_query, rows, flat_rows, grad_logits @ row_key * ctx.scaling, add=True)
            put_rows(grad_key, rows, flat_rows, grad_logits.transpose(-1, -2) @ row_query * ctx.scaling, add=True)
            put_rows(grad_value, rows, flat_rows, gain.transpose(-1, -2) @ row_grad, add=True)
        return grad_query, grad_key, grad_value, grad_excess, None, None, None, None, None


def _plain_weights(
    query: Tensor,
    key: Tensor,
    row_lse: Float[Tensor, "batch head linked 1"],
    rows: Tensor,
    flat_rows: Tensor,
    mask: Tensor | None,
    scaling: float,
    is_causal: bool,
) -> Float[Tensor, "batch head linked linked"]:
    """exp(logits - log-sum-exp) between linked tokens, in the precision of the log-sum-exp; zero where masked."""
    row_query, row_key = (take_rows(tensor, rows, flat_rows).to(row_lse.dtype) for tensor in (query, key))
    logits = (row_query @ row_key.transpose(-1, -2)).mul_(scaling).sub_(row_lse)
    if mask is not None:
        logits += _between(mask, rows)
    if is_causal:  # before exp: a later key is not part of the log-sum-exp and may lie far above it
        logits.masked_fill_(rows[:, None, :, None] < rows[:, None, None, :], float("-inf"))
    return logits.exp_()


def _between(
    mask: Float[Tensor, "#batch #head #query #key"], rows: Tensor
) -> Float[Tensor, "batch #head #linked linked"]:
    """The mask between linked tokens; axes 1 wide stay so."""
    mask = mask.expand(rows.shape[0], -1, -1, -1)
    if mask.shape[2] > 1:
        mask = mask.gather(2, rows[:, None, :, None].expand(-1, mask.shape[1], -1, mask.shape[3]))
    if mask.shape[3] > 1:
        mask = mask.gather(3, rows[:, None, None, :].expand(-1, mask.shape[1], mask.shape[2], -1))
    return mask
