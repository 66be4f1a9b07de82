"""The kernel `block` in inference: its correction in one compiled pass over the linked tokens."""

import torch
from torch import Tensor
from torch.utils._python_dispatch import _get_current_dispatch_mode

from kgattn.attention import loops
from kgattn.attention.materialize import match_heads
from kgattn.attention.row_mask import row_mask
from kgattn.attention.rows import LinkedRows, writing
from kgattn.bias import MentionBias
from kgattn.shapes import Float

VECTOR = 16
"""Numbers that compiled code takes at once: heads must be that wide, or several times."""

_attention = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu


def can_compiled(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, bias: MentionBias) -> bool:
    """Whether compiled code can serve: it is there, nothing is recorded, and the mask hides no linked token."""
    if loops.compiled is None or bias.pair_bias is None or query.dtype != torch.float32 or query.shape[-1] % VECTOR:
        return False
    tensors = (query, key, value, bias.pair_bias, *(() if bias.values is None else (bias.values,)))
    recorded = torch.is_grad_enabled() and any(tensor.requires_grad for tensor in tensors)
    traced = torch.compiler.is_compiling() or torch.jit.is_tracing()  # type: ignore[attr-defined, no-untyped-call]
    watched = _get_current_dispatch_mode() is not None
    if recorded or traced or watched or not all(type(tensor) is Tensor for tensor in tensors):
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
    """`block` where `can_compiled` says so; `slot_values` are written into the values while PyTorch reads them."""
    compiled = loops.compiled
    assert compiled is not None
    assert bias.pair_bias is not None
    layout, (batch, num_heads, _, dim) = bias.layout, query.shape
    table = bias.pair_bias.to(query.dtype).contiguous()
    rows, slots = (tensor.to(torch.int64).contiguous() for tensor in (layout.rows, layout.row_slot))
    sizes = (rows.data_ptr(), slots.data_ptr(), batch, rows.shape[1], num_heads, layout.num_slots, dim)
    place = _place(value)
    before = added = None
    if slot_values is not None:
        added = match_heads(slot_values.to(value.dtype), num_heads).contiguous()
        before = value.new_empty(batch, rows.shape[1], num_heads, dim)

    def attend() -> Tensor:
        output, sums = _attention(query, key, value, 0.0, is_causal, attn_mask=mask, scale=scaling)
        compiled.correct(
            sizes,
            _place(query),
            _place(key),
            place,
            _place(output),
            _place(sums[..., None]),
            table.data_ptr(),
            0 if before is None else before.data_ptr(),
            scaling,
            is_causal,
            torch.get_num_threads(),
        )
        return output  # type: ignore[no-any-return]

    if added is None or before is None:
        return attend()
    with writing(value):
        compiled.write(sizes, place, added.data_ptr(), before.data_ptr())
        try:
            return attend()
        except BaseException:
            LinkedRows(layout).put(value.data, before.transpose(1, 2))
            raise


def _place(tensor: Float[Tensor, "batch head token dim"]) -> tuple[int, int, int, int]:
    batch, head, token, _ = tensor.stride()
    return tensor.data_ptr(), batch, head, token
