"""The correction of the kernel `block`, and of its gradients, each in one compiled pass over the linked tokens."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable
from torch.utils._python_dispatch import _get_current_dispatch_mode

from kgattn.attention import loops
from kgattn.attention.materialize import match_heads
from kgattn.attention.row_mask import hides_linked
from kgattn.attention.rows import LinkedRows, writing
from kgattn.bias import MentionBias
from kgattn.mentions import SlotLayout
from kgattn.shapes import Float

VECTOR = 16
"""Numbers that compiled code takes at once: heads must be that wide, or several times."""

_attention = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
_attention_backward = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward


def can_correct(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, bias: MentionBias) -> bool:
    """Whether compiled code can serve: it is there, nobody watches, and the additive mask hides no linked token."""
    if torch.compiler.is_compiling():  # before all else, which compilers could not follow
        return False
    if loops.compiled is None or bias.pair_bias is None:
        return False
    traced = torch.jit.is_tracing()  # type: ignore[attr-defined, no-untyped-call]
    watched = _get_current_dispatch_mode() is not None
    tensors = (query, key, value, bias.pair_bias, *(() if bias.values is None else (bias.values,)))
    if traced or watched or not all(type(tensor) is Tensor for tensor in tensors) or not _fits(query, key, value, bias):
        return False
    return mask is None or not hides_linked(mask, bias.layout)


def _fits(query: Tensor, key: Tensor, value: Tensor, bias: MentionBias) -> bool:
    """Whether all tensors have the types and shapes that compiled code, which checks none, takes for granted."""
    (batch, num_heads, length, dim), num_slots = query.shape, bias.layout.num_slots
    if dim % VECTOR or query.dtype != torch.float32 or bias.layout.token_slot.shape != (batch, length):
        return False
    if bias.values is not None and (bias.values.shape[0], *bias.values.shape[2:]) != (batch, num_slots, dim):
        return False
    shape = (batch, length, dim)
    return (
        all(part.dtype == query.dtype and (part.shape[0], *part.shape[2:]) == shape for part in (key, value))
        and bias.pair_bias is not None
        and bias.pair_bias.shape == (batch, num_heads, num_slots, num_slots)
    )


def block_compiled(
    query: Float[Tensor, "batch head token dim"],
    key: Float[Tensor, "batch head token dim"],
    value: Float[Tensor, "batch head token dim"],
    mask: Float[Tensor, "#batch #head #query #key"] | None,
    scaling: float,
    slot_values: Float[Tensor, "batch kv_head slot dim"] | None,
    bias: MentionBias,
    is_causal: bool,
) -> Float[Tensor, "batch head token dim"]:
    """`block`; `slot_values` are written into the values while PyTorch reads them."""
    assert bias.pair_bias is not None
    table, added = bias.pair_bias.to(query.dtype), None
    if slot_values is not None:
        added = match_heads(slot_values.to(query.dtype), query.shape[1])
    output: Tensor = _CompiledBlock.apply(  # type: ignore[no-untyped-call]
        query, key, value, added, table, bias.layout, mask, scaling, is_causal
    )
    return output


class _CompiledBlock(torch.autograd.Function):
    """Inputs as in `block_compiled`, but `added`: what each slot adds to the values, of all heads; or None."""

    @staticmethod
    def forward(
        ctx: FunctionCtx,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        added: Float[Tensor, "batch head slot dim"] | None,
        table: Float[Tensor, "batch head slot slot"],
        layout: SlotLayout,
        mask: Tensor | None,
        scaling: float,
        is_causal: bool,
    ) -> Tensor:
        correction = _Correction(query, key, value, table, layout, scaling, is_causal)
        with correction.written(added):
            output, sums = _attention(query, key, value, 0.0, is_causal, attn_mask=mask, scale=scaling)
            correction.correct(output, sums)
        ctx.save_for_backward(query, key, value, added, table, mask, output, sums)  # type: ignore[arg-type]
        ctx.layout, ctx.scaling, ctx.is_causal = layout, scaling, is_causal  # type: ignore[attr-defined]
        return output  # type: ignore[no-any-return]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        query, key, value, added, table, mask, output, sums = ctx.saved_tensors
        correction = _Correction(query, key, value, table, ctx.layout, ctx.scaling, ctx.is_causal)
        if grad.stride(-1) != 1:  # laid out as PyTorch wants it, which would make another copy
            grad = grad.transpose(1, 2).contiguous().transpose(1, 2)
        grad_table, grad_added = table.new_zeros(table.shape), None if added is None else added.new_zeros(added.shape)
        with correction.written(added):
            grads = _attention_backward(
                grad, query, key, value, output, sums, 0.0, ctx.is_causal, attn_mask=mask, scale=ctx.scaling
            )
            correction.correct_gradients((output, sums, grad, *grads), grad_table, grad_added)
        return *grads, grad_added, grad_table, None, None, None, None


class _Correction:
    """Compiled code for one call.

    Made before attention: right after it Python's own code is in no cache, and every step takes several times as long.

    Args:
        query: Queries, not scaled, [batch, head, token, dim].
        key: Keys, of as many heads.
        value: Values, likewise.
        table: The bias, in nats, [batch, head, slot, slot].
        layout: Which tokens are linked.
        scaling: Factor on query . key.
        is_causal: No token attends to a later one.
    """

    def __init__(
        self,
        query: Float[Tensor, "batch head token dim"],
        key: Float[Tensor, "batch head token dim"],
        value: Float[Tensor, "batch head token dim"],
        table: Float[Tensor, "batch head slot slot"],
        layout: SlotLayout,
        scaling: float,
        is_causal: bool,
    ) -> None:
        assert loops.compiled is not None
        self._value, self._layout = value, layout
        batch, num_heads, _, dim = query.shape
        rows, slots = (part.to(torch.int64).contiguous() for part in (layout.rows, layout.row_slot))
        self._kept: tuple[Tensor, ...] = (rows, slots, table.contiguous())  # as long as their addresses are used
        self._compiled = loops.compiled.Correction(
            (rows.data_ptr(), slots.data_ptr(), batch, rows.shape[1], num_heads, layout.num_slots, dim),
            _place(query),
            _place(key),
            _place(value),
            self._kept[2].data_ptr(),
            scaling,
            is_causal,
            torch.get_num_threads(),
        )

    @contextmanager
    def written(self, added: Float[Tensor, "batch head slot dim"] | None) -> Iterator[None]:
        """In the block the values hold what slots add, if that is not None, until the correction puts them back."""
        if added is None:
            yield
            return
        batch, num_heads, _, dim = self._value.shape
        before, added = self._value.new_empty(batch, self._layout.rows.shape[1], num_heads, dim), added.contiguous()
        with writing(self._value):
            self._compiled.write(added.data_ptr(), before.data_ptr())
            try:
                yield
            except BaseException:
                LinkedRows(self._layout).put(self._value.data, before.transpose(1, 2))
                raise

    def correct(self, output: Float[Tensor, "batch head token dim"], sums: Float[Tensor, "batch head token"]) -> None:
        """Put right the output of attention without the bias, in place.

        Args:
            output: That output.
            sums: The log-sum-exp of each row, which becomes that of the biased logits.
        """
        self._compiled.correct(_place(output), _place(sums))

    def correct_gradients(
        self,
        tensors: tuple[Tensor, ...],
        grad_table: Float[Tensor, "batch head slot slot"],
        grad_added: Float[Tensor, "batch head slot dim"] | None,
    ) -> None:
        """Put right the gradients of attention without the bias, in place.

        Args:
            tensors: What `correct` made of the output and the sums, the gradient of the output, and those of queries,
                keys and values by attention without the bias that has this output and these sums. These three change.
            grad_table: Zeros, which become the gradient of the bias.
            grad_added: Zeros, which become that of what slots add to the values; None if they add nothing.
        """
        output, sums, grad, grad_query, grad_key, grad_value = (_place(tensor) for tensor in tensors)
        self._compiled.correct_gradients(
            output,
            sums,
            grad,
            grad_query,
            grad_key,
            grad_value,
            grad_table.data_ptr(),
            0 if grad_added is None else grad_added.data_ptr(),
        )


def _place(tensor: Float[Tensor, "batch head token *dim"]) -> tuple[int, int, int, int]:
    """As compiled code is told of a tensor."""
    batch, head, token = tensor.stride()[:3]
    return tensor.data_ptr(), batch, head, token
