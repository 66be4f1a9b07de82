"""The correction of the kernel `block`, and of its gradients, each in one compiled pass over the linked tokens."""

from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable
from torch.utils._python_dispatch import _get_current_dispatch_mode

from kgattn.attention import loops
from kgattn.attention.materialize import match_heads
from kgattn.attention.row_mask import row_mask
from kgattn.attention.rows import LinkedRows, writing
from kgattn.bias import MentionBias
from kgattn.mentions import SlotLayout
from kgattn.shapes import Float

VECTOR = 16
"""Numbers that compiled code takes at once: heads must be that wide, or several times."""

_attention = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
_attention_backward = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward
_Result = TypeVar("_Result")


def can_correct(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, bias: MentionBias) -> bool:
    """Whether compiled code can serve: it is there, nobody watches, and the mask hides no linked token."""
    if loops.compiled is None or bias.pair_bias is None or query.dtype != torch.float32 or query.shape[-1] % VECTOR:
        return False
    traced = torch.compiler.is_compiling() or torch.jit.is_tracing()  # type: ignore[attr-defined, no-untyped-call]
    watched = _get_current_dispatch_mode() is not None
    tensors = (query, key, value, bias.pair_bias, *(() if bias.values is None else (bias.values,)))
    if traced or watched or not all(type(tensor) is Tensor for tensor in tensors):
        return False
    return mask is None or row_mask(mask, bias.layout) is None


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
    table = bias.pair_bias.to(query.dtype)
    added = None if slot_values is None else match_heads(slot_values.to(value.dtype), query.shape[1])
    inputs = (query, key, value, added, table)
    if torch.is_grad_enabled() and any(part is not None and part.requires_grad for part in inputs):
        output: Tensor = _CompiledBlock.apply(*inputs, bias.layout, mask, scaling, is_causal)  # type: ignore[no-untyped-call]
        return output
    return _attend(query, key, value, added, table, bias.layout, mask, scaling, is_causal, keeps_sums=False)[0]


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
        output, sums = _attend(query, key, value, added, table, layout, mask, scaling, is_causal, keeps_sums=True)
        ctx.save_for_backward(query, key, value, added, table, mask, output, sums)  # type: ignore[arg-type]
        ctx.layout, ctx.scaling, ctx.is_causal = layout, scaling, is_causal  # type: ignore[attr-defined]
        return output

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        query, key, value, added, table, mask, output, sums = ctx.saved_tensors
        rows = CompiledRows(ctx.layout, query, table)
        grad = grad if grad.stride(-1) == 1 else grad.contiguous()

        def differentiate(before: Tensor | None) -> tuple[Tensor | None, ...]:
            grads = _attention_backward(
                grad, query, key, value, output, sums, 0.0, ctx.is_causal, attn_mask=mask, scale=ctx.scaling
            )
            call = (query, key, value, output, sums, ctx.scaling, ctx.is_causal, before)
            return *grads, *rows.correct_gradients(*call, grad, *grads)

        return *rows.with_values(value, added, differentiate), None, None, None, None


def _attend(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    added: Float[Tensor, "batch head slot dim"] | None,
    table: Float[Tensor, "batch head slot slot"],
    layout: SlotLayout,
    mask: Tensor | None,
    scaling: float,
    is_causal: bool,
    keeps_sums: bool,
) -> tuple[Float[Tensor, "batch head token dim"], Float[Tensor, "batch head token"]]:
    """The output and the log-sum-exp of each row: of the biased logits if it `keeps_sums`."""
    rows = CompiledRows(layout, query, table)

    def attend(before: Tensor | None) -> tuple[Tensor, Tensor]:
        output, sums = _attention(query, key, value, 0.0, is_causal, attn_mask=mask, scale=scaling)
        rows.correct(query, key, value, output, sums, scaling, is_causal, before, keeps_sums)
        return output, sums

    return rows.with_values(value, added, attend)


class CompiledRows:
    """Compiled code for the linked tokens of a layout.

    Made before attention: right after it Python's own code is in no cache, and every step takes several times as long.

    Args:
        layout: Which tokens are linked.
        query: Queries of the call, [batch, head, token, dim].
        pair_bias: The bias, in nats, [batch, head, slot, slot].
    """

    def __init__(
        self,
        layout: SlotLayout,
        query: Float[Tensor, "batch head token dim"],
        pair_bias: Float[Tensor, "batch head slot slot"],
    ) -> None:
        assert loops.compiled is not None
        self._compiled, self._layout = loops.compiled, layout
        batch, num_heads, _, dim = query.shape
        self._kept = rows, slots = [part.to(torch.int64).contiguous() for part in (layout.rows, layout.row_slot)]
        self._table = pair_bias.to(query.dtype).contiguous()
        self._sizes = (rows.data_ptr(), slots.data_ptr(), batch, rows.shape[1], num_heads, layout.num_slots, dim)

    def with_values(
        self,
        value: Float[Tensor, "batch head token dim"],
        added: Float[Tensor, "batch head slot dim"] | None,
        work: Callable[[Float[Tensor, "batch linked head dim"] | None], _Result],
    ) -> _Result:
        """Do work while what slots add is in the values, in place.

        Args:
            value: The values.
            added: What each slot adds; None for nothing.
            work: Is given what was there and puts it back, as `correct` and `correct_gradients` do.
        """
        if added is None:
            return work(None)
        batch, num_heads, _, dim = value.shape
        before = value.new_empty(batch, self._kept[0].shape[1], num_heads, dim)
        added = added.contiguous()
        with writing(value):
            self._compiled.write(self._sizes, _place(value), added.data_ptr(), before.data_ptr())
            try:
                return work(before)
            except BaseException:
                LinkedRows(self._layout).put(value.data, before.transpose(1, 2))
                raise

    def correct(
        self,
        query: Float[Tensor, "batch head token dim"],
        key: Float[Tensor, "batch head token dim"],
        value: Float[Tensor, "batch head token dim"],
        output: Float[Tensor, "batch head token dim"],
        sums: Float[Tensor, "batch head token"],
        scaling: float,
        is_causal: bool,
        before: Float[Tensor, "batch linked head dim"] | None,
        keeps_sums: bool,
    ) -> None:
        """Put right the output of attention without the bias, in place.

        Args:
            query: Queries, not scaled.
            key: Keys.
            value: Values, with what slots add to them.
            output: Attention of these.
            sums: The log-sum-exp of each row.
            scaling: Factor on query . key.
            is_causal: No token attends to a later one.
            before: The values without it, which are put back; None if nothing was added.
            keeps_sums: Make `sums` those of the biased logits.
        """
        self._compiled.correct(
            self._sizes,
            *(_place(tensor) for tensor in (query, key, value, output, sums)),
            self._table.data_ptr(),
            0 if before is None else before.data_ptr(),
            scaling,
            is_causal,
            keeps_sums,
            torch.get_num_threads(),
        )

    def correct_gradients(
        self,
        query: Float[Tensor, "batch head token dim"],
        key: Float[Tensor, "batch head token dim"],
        value: Float[Tensor, "batch head token dim"],
        output: Float[Tensor, "batch head token dim"],
        sums: Float[Tensor, "batch head token"],
        scaling: float,
        is_causal: bool,
        before: Float[Tensor, "batch linked head dim"] | None,
        grad: Float[Tensor, "batch head token dim"],
        grad_query: Float[Tensor, "batch head token dim"],
        grad_key: Float[Tensor, "batch head token dim"],
        grad_value: Float[Tensor, "batch head token dim"],
    ) -> tuple[Float[Tensor, "batch head slot dim"] | None, Float[Tensor, "batch head slot slot"]]:
        """Put right the gradients of attention without the bias, in place.

        Args:
            query: As in `correct`.
            key: As in `correct`.
            value: As in `correct`.
            output: What `correct` made of it.
            sums: The log-sum-exp of each row's biased logits.
            scaling: As in `correct`.
            is_causal: As in `correct`.
            before: As in `correct`.
            grad: The gradient of the output.
            grad_query: The gradient of attention without the bias that has this output and these sums.
            grad_key: The same.
            grad_value: The same.

        Returns:
            The gradients of what slots add to the values, None if nothing, and of the bias.
        """
        grad_table = torch.zeros_like(self._table)
        grad_added = None if before is None else query.new_zeros(*grad_table.shape[:3], query.shape[-1])
        self._compiled.correct_gradients(
            self._sizes,
            *(_place(tensor) for tensor in (query, key, value, output, sums)),
            self._table.data_ptr(),
            0 if before is None else before.data_ptr(),
            scaling,
            is_causal,
            *(_place(tensor) for tensor in (grad, grad_query, grad_key, grad_value)),
            grad_table.data_ptr(),
            0 if grad_added is None else grad_added.data_ptr(),
            torch.get_num_threads(),
        )
        return grad_added, grad_table


def _place(tensor: Float[Tensor, "batch head token *dim"]) -> tuple[int, ...]:
    """As compiled code is told of a tensor."""
    return tensor.data_ptr(), *tensor.stride()[:3]
