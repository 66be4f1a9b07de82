"""One attention operation, by every kernel and without a bias."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from kgattn.attention import choose_kernel, why_not
from kgattn.bias import MentionBias
from kgattn.errors import KernelError
from kgattn.mentions import SlotLayout
from kgattn.speed.measure import Timing, clock_for, interleave

BOUND = 4.0
TOLERANCE = {torch.float32: 1e-4, torch.float64: 1e-10, torch.bfloat16: 0.1, torch.float16: 0.02}
"""Largest difference to the reference that is still rounding, at logits of a few nats."""


@dataclass(frozen=True)
class Shape:
    """Sizes of an attention operation; every mention covers `span` tokens."""

    batch: int
    heads: int
    length: int
    dim: int
    mentions: int
    span: int = 2

    def __str__(self) -> str:
        return f"{self.batch} x {self.length}, {self.heads} heads of {self.dim}, {self.mentions} mentions"


def spread_mentions(shape: Shape, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Random slots and lengths: [batch, token] slots, and [batch, token] True at tokens that are no padding."""
    lengths = torch.randint(max(1, int(0.7 * shape.length)), shape.length + 1, (shape.batch,), generator=generator)
    lengths[0] = shape.length
    slots = torch.zeros(shape.batch, shape.length, dtype=torch.long)
    for row, length in enumerate(lengths.tolist()):
        places = torch.randperm(length // shape.span, generator=generator)[: shape.mentions].sort().values
        for number, place in enumerate((shape.span * places).tolist()):
            slots[row, place : place + shape.span] = number + 1
    return slots, torch.arange(shape.length)[None] < lengths[:, None]


def measure_kernels(
    shape: Shape,
    names: Sequence[str],
    *,
    backward: bool,
    repeats: int,
    dropout: float = 0.0,
    dtype: torch.dtype = torch.float32,
    device: torch.device | None = None,
) -> list[Timing]:
    """Time kernels against PyTorch's fused attention with the padding mask and no bias.

    Args:
        shape: Sizes.
        names: Kernels; those that cannot serve the call are left out.
        backward: Whether to time forward and backward, with gradients for table and values too.
        repeats: Rounds.
        dropout: Probability of dropping an attention weight.
        dtype: Of queries, keys and values; table and values of mentions are float32.
        device: Where; None is the CPU.

    Raises:
        KernelError: A kernel's output is not the reference's; nothing is timed then.
    """
    device = device or torch.device("cpu")
    runs = prepare_kernels(shape, names, backward=backward, dropout=dropout, dtype=dtype, device=device)
    return interleave(runs, repeats, clock_for(device)[1])


def prepare_kernels(
    shape: Shape,
    names: Sequence[str],
    *,
    backward: bool,
    dropout: float = 0.0,
    dtype: torch.dtype = torch.float32,
    device: torch.device | None = None,
) -> dict[str, Callable[[], object]]:
    """What `measure_kernels` times, by name, "plain" first. Arguments and errors are those of `measure_kernels`."""
    device = device or torch.device("cpu")
    generator = torch.Generator().manual_seed(0)
    slots, keep = spread_mentions(shape, generator)
    mask = keep[:, None, None, :].to(device)  # one row for all queries, for plain as well: with a full one it is slower

    def random(*size: int, kind: torch.dtype = torch.float32) -> Tensor:
        tensor = torch.randn(size, generator=generator).to(device, kind)
        return tensor.requires_grad_(backward)

    size = (shape.batch, shape.length, shape.heads, shape.dim)
    query, key, value = (random(*size, kind=dtype) for _ in range(3))
    # row and column 0 of the table, and slot 0 of the values, are zero
    table = F.pad(random(shape.batch, shape.heads, shape.mentions, shape.mentions), (1, 0, 1, 0))
    table = BOUND * torch.tanh(table / BOUND)
    values = F.pad(random(shape.batch, shape.heads, shape.mentions, shape.dim), (0, 0, 1, 0))
    bias = MentionBias(SlotLayout.of(slots.to(device), shape.mentions + 1), table, values, BOUND)
    scaling = shape.dim**-0.5
    leaves = (query, key, value, table, values)

    def attend(name: str | None) -> Tensor:
        q, k, v = (tensor.transpose(1, 2) for tensor in (query, key, value))
        if name is None:
            return F.scaled_dot_product_attention(q, k, v, attn_mask=mask, dropout_p=dropout, scale=scaling)
        return choose_kernel(name, q, k, v, mask, dropout, bias)(q, k, v, mask, scaling, dropout, bias)

    def timed(name: str | None) -> Callable[[], object]:
        def run() -> object:
            with torch.set_grad_enabled(backward):
                output = attend(name)
            if not backward:
                return output
            wanted = [leaf for leaf in leaves[: 3 if name is None else 5] if leaf.requires_grad]
            return torch.autograd.grad(output.sum(), wanted, retain_graph=True)

        return run

    with torch.set_grad_enabled(backward):
        able = [name for name in names if why_not(name, query, key, value, mask, dropout, bias) is None]
        if dropout == 0:
            _check(able, attend, dtype)
    return {"plain": timed(None), **{name: timed(name) for name in able}}


def _check(names: Sequence[str], attend: Callable[[str], Tensor], dtype: torch.dtype) -> None:
    expected = attend("reference").float()
    for name in names:
        error = float((attend(name).float() - expected).detach().abs().max())
        if error > TOLERANCE[dtype]:
            raise KernelError(f"the kernel {name!r} is {error:.2g} off the reference; timing it would mean nothing")
