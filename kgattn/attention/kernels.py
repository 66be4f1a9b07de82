"""The kernels by name, their common protocol, what each cannot serve, and the choice between them."""

import logging
from collections.abc import Callable, Iterator
from functools import cache
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from kgattn.attention.block import LARGEST_BOUND, block
from kgattn.attention.block_compiled import CompiledBlock, can_correct
from kgattn.attention.dense import dense
from kgattn.attention.flex import flex
from kgattn.attention.fold import fold
from kgattn.attention.materialize import additive_mask
from kgattn.attention.reference import reference
from kgattn.attention.row_mask import hides_linked
from kgattn.bias import MentionBias
from kgattn.errors import ConfigError, KernelError
from kgattn.shapes import Float

LOG = logging.getLogger(__name__)
HALF = (torch.bfloat16, torch.float16)
LARGEST_BLOCK_SHARE = 0.35
"""Share of linked tokens up to which `block` was measured to be the fastest on the CPU without compiled code.

With it `block` was the fastest with half of the tokens linked too: 64 mentions in 256 tokens, in the sweep of
`benchmarks.attention_speed`."""


@runtime_checkable
class Kernel(Protocol):
    """Attention with a bias between mentions; every kernel equals `reference` in outputs and gradients."""

    def __call__(
        self,
        query: Float[Tensor, "batch head token dim"],
        key: Float[Tensor, "batch kv_head token dim"],
        value: Float[Tensor, "batch kv_head token dim"],
        mask: Tensor | None,
        scaling: float,
        dropout: float,
        bias: MentionBias,
        is_causal: bool = False,
    ) -> Float[Tensor, "batch head token dim"]:
        """Attend.

        Args:
            query: Queries, not yet scaled.
            key: Keys; with fewer heads than the queries, each serves as many queries' heads in a row.
            value: Values, without what the mentions add.
            mask: Four axes, broadcastable to [batch, head, query, key]: boolean (True = may attend) or additive, or
                None. A query that may attend to nothing gets zero.
            scaling: Factor on query . key, usually 1/sqrt(dim).
            dropout: Probability of dropping an attention weight, in [0, 1); 0 outside training.
            bias: What the graph says.
            is_causal: No token attends to a later one; then `mask` is None.
        """


Attend = Callable[[Tensor, Tensor, Tensor, MentionBias], Tensor]
"""Attention for calls that are alike: of queries, keys, values and a bias. Shapes are those of `Kernel`."""

KERNELS: dict[str, Kernel] = {"reference": reference, "dense": dense, "fold": fold, "block": block, "flex": flex}


def why_not(
    name: str, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, dropout: float, bias: MentionBias
) -> str | None:
    """Why a kernel cannot serve a call, in words, or None if it can."""
    if name == "block":
        return next(_against_block(query, value, mask, dropout, bias), None)
    if name != "flex":
        return None
    trained = (query, key, value, mask, bias.pair_bias, bias.values)
    if torch.is_grad_enabled() and any(tensor is not None and tensor.requires_grad for tensor in trained):
        return "it is for inference: use torch.no_grad()"
    return f"it cannot drop attention weights, asked for with probability {dropout}" if dropout > 0 else None


def _against_block(
    query: Tensor, value: Tensor, mask: Tensor | None, dropout: float, bias: MentionBias
) -> Iterator[str]:
    """What stands against the kernel `block`; no text is made in vain, as every layer asks."""
    if query.device.type != "cpu":
        yield f"it runs on the CPU, not on {query.device.type}"
    if mask is not None and mask.requires_grad:
        yield "it has no gradient for a mask"
    if not bias.linked_only:
        yield "it biases linked tokens only"
    if dropout > 0:  # then attention is written out
        if torch.compiler.is_compiling():
            yield f"compilers cannot follow how it drops attention weights, asked for with probability {dropout}"
        return
    if query.dtype in HALF:
        yield f"its correction would magnify the rounding of {query.dtype}"
    if bias.pair_bias is not None and bias.bound > LARGEST_BOUND:
        yield f"the bias must be bounded by {LARGEST_BOUND}"
    if value.shape[-1] != query.shape[-1]:
        yield "values must be as wide as queries"


def choose_kernel(
    name: str, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, dropout: float, bias: MentionBias
) -> Kernel:
    """The kernel of that name, or for "auto" the one that was measured to be the fastest for such a call.

    Raises:
        ConfigError: There is no such kernel.
        KernelError: The kernel cannot serve this call.
    """
    if name == "auto":
        return KERNELS[fastest(query, key, value, mask, dropout, bias)]
    if name not in KERNELS:
        raise ConfigError(f"kernel must be auto or one of {', '.join(KERNELS)}, got {name!r}")
    reason = why_not(name, query, key, value, mask, dropout, bias)
    if reason is not None:
        raise KernelError(f"the kernel {name!r} cannot serve this call: {reason}; use another kernel, or auto")
    return KERNELS[name]


def prepare(
    name: str,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None,
    scaling: float,
    dropout: float,
    bias: MentionBias,
    is_causal: bool,
) -> Attend:
    """What serves this call and all others that are alike.

    Alike are calls whose queries, keys, values and tables have the same types, shapes and steps in memory, and that
    share the rest: the layers of one forward pass, nearly always.

    Args:
        name: A kernel, or "auto".
        query: As for a kernel, which says what the other arguments are.
        key: The same.
        value: The same.
        mask: The same.
        scaling: The same.
        dropout: The same.
        bias: The same; a later call's may have other tables for the same layout.
        is_causal: The same.

    Raises:
        ConfigError: There is no such kernel.
        KernelError: The kernel cannot serve this call.
    """
    kernel = choose_kernel(name, query, key, value, mask, dropout, bias)
    if kernel is block and dropout == 0:
        additive = None if mask is None else additive_mask(mask, query.dtype)
        if can_correct(query, key, value, additive, bias):
            return CompiledBlock(query, key, value, additive, scaling, bias.layout, is_causal)

    def attend(query: Tensor, key: Tensor, value: Tensor, bias: MentionBias) -> Tensor:
        return kernel(query, key, value, mask, scaling, dropout, bias, is_causal)

    return attend


def fastest(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, dropout: float, bias: MentionBias) -> str:
    """Name of the kernel "auto" takes."""
    if mask is not None and mask.requires_grad:
        return "dense"
    if query.device.type != "cpu":
        return "fold"
    reason = why_not("block", query, key, value, mask, dropout, bias)
    if reason is None and dropout > 0:  # the fastest at any share of links
        return "block"
    if bias.layout.linked_share > LARGEST_BLOCK_SHARE:
        able = reason is None and can_correct(query, key, value, None, bias)
        hidden = able and mask is not None and hides_linked(additive_mask(mask, query.dtype), bias.layout)
        return "block" if able and not hidden else "dense"
    if reason is None:
        return "block"
    _tell_once(reason)
    return "fold"


@cache
def _tell_once(reason: str) -> None:
    LOG.info("attention runs the kernel 'fold' in place of the faster 'block': %s", reason)
