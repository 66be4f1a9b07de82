"""The correction of the kernel `block`, and of its gradients, each in one compiled pass over the linked tokens."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable
from torch.utils._python_dispatch import _get_current_dispatch_mode

from kgattn.attention import loops
from kgattn.attention.materialize import match_heads
from kgattn.attention.row_mask import hides_linked
from kgattn.attention.rows import shares_memory, writing
from kgattn.bias import MentionBias
from kgattn.mentions import SlotLayout
from kgattn.shapes import Float

VECTOR = 16
"""Numbers that compiled code takes at once: heads must be that wide, or several times."""

_attention = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
_attention_backward = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward


def is_watched() -> bool:
    """Whether operations are compiled, traced or counted: then all must be PyTorch's, and nothing is remembered."""
    if torch.compiler.is_compiling():  # before all else, which compilers could not follow
        return True
    return torch.jit.is_tracing() or _get_current_dispatch_mode() is not None  # type: ignore[attr-defined, no-untyped-call]


def can_correct(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, bias: MentionBias) -> bool:
    """Whether compiled code can serve: it is there, nobody watches, and the additive mask hides no linked token."""
    if is_watched() or loops.compiled is None or bias.pair_bias is None:
        return False
    tensors = (query, key, value, bias.pair_bias, *(() if bias.values is None else (bias.values,)))
    if not all(type(tensor) is Tensor for tensor in tensors) or not _fits(query, key, value, bias):
        return False
    return mask is None or not hides_linked(mask, bias.layout)


def _fits(query: Tensor, key: Tensor, value: Tensor, bias: MentionBias) -> bool:
    """Whether all tensors have the types and shapes that compiled code, which checks none, takes for granted."""
    (batch, num_heads, length, dim), num_slots = query.shape, bias.layout.num_slots
    if dim % VECTOR or query.dtype != torch.float32 or bias.layout.token_slot.shape != (batch, length):
        return False
    if bias.values is not None:
        if (bias.values.shape[0], *bias.values.shape[2:]) != (batch, num_slots, dim):
            return False
        if shares_memory(value, query, key):
            return False
    if any(part.dtype != query.dtype or part.shape != query.shape for part in (key, value)):
        return False
    return (
        all(part.stride(-1) == 1 for part in (query, key, value))
        and bias.pair_bias is not None
        and bias.pair_bias.shape == (batch, num_heads, num_slots, num_slots)
    )


class CompiledBlock:
    """`block` for all calls of the same shapes, types and steps in memory, of which `can_correct` was told one.

    What is the same is worked out here. Right after attention no cache holds Python's own code, and each step of it
    takes several times as long.

    Args:
        query: Queries of such a call, not scaled, [batch, head, token, dim].
        key: Its keys, of as many heads.
        value: Its values, likewise.
        mask: The additive mask of all of them, or None.
        scaling: Factor on query . key.
        layout: Which tokens are linked.
        is_causal: No token attends to a later one.
    """

    def __init__(
        self,
        query: Float[Tensor, "batch head token dim"],
        key: Float[Tensor, "batch head token dim"],
        value: Float[Tensor, "batch head token dim"],
        mask: Float[Tensor, "#batch #head #query #key"] | None,
        scaling: float,
        layout: SlotLayout,
        is_causal: bool,
    ) -> None:
        assert loops.compiled is not None
        batch, num_heads, _, dim = query.shape
        self.mask, self.scaling, self.layout, self.is_causal = mask, scaling, layout, is_causal
        self._rows, self._slots = (part.to(torch.int64).contiguous() for part in (layout.rows, layout.row_slot))
        sizes = (batch, self._rows.shape[1], num_heads, layout.num_slots, dim)
        self._plan = loops.compiled.Plan(
            (self._rows.data_ptr(), self._slots.data_ptr(), *sizes),
            query.stride(),
            key.stride(),
            value.stride(),
            scaling,
            is_causal,
            torch.get_num_threads(),
        )

    def __call__(
        self,
        query: Float[Tensor, "batch head token dim"],
        key: Float[Tensor, "batch head token dim"],
        value: Float[Tensor, "batch head token dim"],
        bias: MentionBias,
    ) -> Float[Tensor, "batch head token dim"]:
        """Attend; what slots add is written into the values while PyTorch reads them."""
        table, added = bias.pair_bias, bias.values
        assert table is not None
        if table.dtype != torch.float32 or not table.is_contiguous():
            table = table.float().contiguous()
        if added is not None and not (
            added.dtype == torch.float32 and added.shape[1] == query.shape[1] and added.is_contiguous()
        ):
            added = match_heads(added.float(), query.shape[1]).contiguous()
        trained = (query, key, value, table, added)
        if torch.is_grad_enabled() and any(tensor is not None and tensor.requires_grad for tensor in trained):
            output: Tensor = _Differentiable.apply(*trained, self)  # type: ignore[no-untyped-call]
            return output
        return self.attend(*trained, keeps_sums=False)[0]

    def attend(
        self,
        query: Float[Tensor, "batch head token dim"],
        key: Float[Tensor, "batch head token dim"],
        value: Float[Tensor, "batch head token dim"],
        table: Float[Tensor, "batch head slot slot"],
        added: Float[Tensor, "batch head slot dim"] | None,
        *,
        keeps_sums: bool,
    ) -> tuple[Float[Tensor, "batch head token dim"], Float[Tensor, "batch head token"]]:
        """The output and, with `keeps_sums`, the log-sum-exp of each row of biased logits; what PyTorch's was without.

        Args:
            query: As in the call.
            key: The same.
            value: The same; changed meanwhile.
            table: The bias, in nats, contiguous.
            added: What each slot adds to the values, of all heads, contiguous; or None.
            keeps_sums: Whether a backward pass will ask for them.
        """
        with writing(value):
            correction = self._begin(query, key, value, table, added)
            try:
                output, sums = _attention(
                    query, key, value, 0.0, self.is_causal, attn_mask=self.mask, scale=self.scaling
                )
                correction.correct(_place(output), _place(sums), keeps_sums)
            except BaseException:
                correction.give_up()
                raise
        return output, sums

    def gradients(
        self,
        tensors: tuple[Tensor, Tensor, Tensor, Tensor, Tensor | None],
        output: Float[Tensor, "batch head token dim"],
        sums: Float[Tensor, "batch head token"],
        grad: Float[Tensor, "batch head token dim"],
    ) -> tuple[Tensor | None, ...]:
        """Gradients of the first five arguments of `attend`.

        Args:
            tensors: These.
            output: What it gave.
            sums: The same.
            grad: Gradient of the output.
        """
        query, key, value, table, added = tensors
        if grad.stride(-1) != 1:  # laid out as PyTorch wants it, which would make another copy
            grad = grad.transpose(1, 2).contiguous().transpose(1, 2)
        grad_table, grad_added = torch.zeros_like(table), None if added is None else torch.zeros_like(added)
        with writing(value):
            correction = self._begin(query, key, value, table, added)
            try:
                grads = _attention_backward(
                    grad, query, key, value, output, sums, 0.0, self.is_causal, attn_mask=self.mask, scale=self.scaling
                )
                places = [_place(tensor) for tensor in (output, sums, grad, *grads)]
                correction.correct_gradients(
                    places, grad_table.data_ptr(), 0 if grad_added is None else grad_added.data_ptr()
                )
            except BaseException:
                correction.give_up()
                raise
        return *grads, grad_table, grad_added

    def _begin(self, query: Tensor, key: Tensor, value: Tensor, table: Tensor, added: Tensor | None) -> Any:
        return self._plan.begin(
            query.data_ptr(),
            key.data_ptr(),
            value.data_ptr(),
            table.data_ptr(),
            0 if added is None else added.data_ptr(),
        )


class _Differentiable(torch.autograd.Function):
    """`CompiledBlock.attend` with its gradients."""

    @staticmethod
    def forward(
        ctx: FunctionCtx,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        table: Tensor,
        added: Tensor | None,
        block: CompiledBlock,
    ) -> Tensor:
        output, sums = block.attend(query, key, value, table, added, keeps_sums=True)
        ctx.save_for_backward(query, key, value, table, added, block.mask, output, sums)  # type: ignore[arg-type]
        ctx.block = block  # type: ignore[attr-defined]
        return output

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        query, key, value, table, added, mask, output, sums = ctx.saved_tensors
        made = ctx.block  # whoever keeps what is saved elsewhere may give it back laid out otherwise
        block = CompiledBlock(query, key, value, mask, made.scaling, made.layout, made.is_causal)
        return *block.gradients((query, key, value, table, added), output, sums, grad), None


def _place(tensor: Float[Tensor, "batch head token *dim"]) -> tuple[int, tuple[int, ...]]:
    """As compiled code is told of a tensor."""
    return tensor.data_ptr(), tensor.stride()
