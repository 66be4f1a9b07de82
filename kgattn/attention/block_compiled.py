"""The correction of the kernel `block` in one compiled pass over the linked tokens."""

import torch
from torch import Tensor
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
        self._compiled = loops.compiled
        batch, num_heads, _, dim = query.shape
        self._kept = rows, slots = [part.to(torch.int64).contiguous() for part in (layout.rows, layout.row_slot)]
        self._table = pair_bias.to(query.dtype).contiguous()
        self._sizes = (rows.data_ptr(), slots.data_ptr(), batch, rows.shape[1], num_heads, layout.num_slots, dim)

    def write(
        self, value: Float[Tensor, "batch head token dim"], slot_values: Float[Tensor, "batch head slot dim"]
    ) -> Float[Tensor, "batch linked head dim"]:
        """Add what slots add to the values in place, and return what was there."""
        batch, num_heads, _, dim = value.shape
        before = value.new_empty(batch, self._kept[0].shape[1], num_heads, dim)
        added = slot_values.to(value.dtype).contiguous()
        self._compiled.write(self._sizes, _place(value), added.data_ptr(), before.data_ptr())
        return before

    def correct(
        self,
        query: Float[Tensor, "batch head token dim"],
        key: Float[Tensor, "batch head token dim"],
        value: Float[Tensor, "batch head token dim"],
        output: Float[Tensor, "batch head token dim"],
        sums: Float[Tensor, "batch head token"],
        scaling: float,
        is_causal: bool,
        *,
        before: Float[Tensor, "batch linked head dim"] | None = None,
        keeps_sums: bool = False,
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
            before: What `write` returned; it is put back.
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
    """`block` without gradients; `slot_values` are written into the values while PyTorch reads them."""
    assert bias.pair_bias is not None
    rows = CompiledRows(bias.layout, query, bias.pair_bias)

    def attend(before: Tensor | None) -> Tensor:
        output, sums = _attention(query, key, value, 0.0, is_causal, attn_mask=mask, scale=scaling)
        rows.correct(query, key, value, output, sums, scaling, is_causal, before=before)
        return output  # type: ignore[no-any-return]

    if slot_values is None:
        return attend(None)
    with writing(value):
        before = rows.write(value, match_heads(slot_values, query.shape[1]))
        try:
            return attend(before)
        except BaseException:
            LinkedRows(bias.layout).put(value.data, before.transpose(1, 2))
            raise


def _place(tensor: Float[Tensor, "batch head token *dim"]) -> tuple[int, ...]:
    """As compiled code is told of a tensor."""
    return tensor.data_ptr(), *tensor.stride()[:3]
