"""How the cost of a kernel beyond plain attention grows with the length, mentions fixed."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from torch.profiler import ProfilerActivity, profile, record_function

from kgattn.speed.kernels import Shape, prepare_kernels

FUSED = "aten::_scaled_dot_product"
"""How the names of PyTorch's fused attentions begin, forward and backward."""
RUN = "kgattn.run"


@dataclass(frozen=True)
class Parts:
    """Milliseconds of one way to attend, forward and backward: medians.

    Attributes:
        name: A kernel, or "plain".
        inside: In PyTorch's fused attention.
        outside: In all else.
    """

    name: str
    inside: float
    outside: float


@dataclass(frozen=True)
class GrowthRow:
    """Plain attention and kernels at one length, "plain" first."""

    length: int
    parts: tuple[Parts, ...]

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "GrowthRow":
        """From what `to_json` gave."""
        return cls(values["length"], tuple(Parts(**parts) for parts in values["parts"]))


@dataclass(frozen=True)
class Growth:
    """What a kernel costs beyond plain attention, over the length.

    Attributes:
        kernel: Its name.
        lengths: Tokens.
        extra: Milliseconds outside of PyTorch's fused attention, more than plain's, at each length.
        inside: Time inside of it as a ratio to plain's, at each length.
        milliseconds_per_1000_tokens: Slope of a straight line through `extra`.
        r_squared: Share of the variance that the line explains.
        exponent: Slope of `extra` in a log-log plot: 0 is constant, 1 linear, 2 quadratic.
    """

    kernel: str
    lengths: tuple[int, ...]
    extra: tuple[float, ...]
    inside: tuple[float, ...]
    milliseconds_per_1000_tokens: float
    r_squared: float
    exponent: float


def measure_growth(shape: Shape, names: Sequence[str], repeats: int) -> GrowthRow:
    """Time kernels and plain attention on the CPU, forward and backward, inside the fused attention and outside.

    A difference of whole times would drown: at 4,096 tokens the fused attention, which is the same, varies by more than
    all else takes.

    Args:
        shape: Sizes.
        names: Kernels.
        repeats: Rounds, interleaved.

    Raises:
        KernelError: As `measure_kernels`.
    """
    runs = prepare_kernels(shape, names, backward=True)
    rounds = [{name: _parts(run) for name, run in runs.items()} for _ in range(repeats + 1)][1:]

    def median(name: str, part: int) -> float:
        return statistics.median(times[name][part] for times in rounds)

    return GrowthRow(shape.length, tuple(Parts(name, median(name, 0), median(name, 1)) for name in runs))


def fit_growth(rows: Sequence[GrowthRow]) -> tuple[Growth, ...]:
    """Lines through what every kernel costs beyond plain; none for fewer than three rows."""
    if len(rows) < 3:
        return ()
    lengths = np.array([row.length for row in rows], dtype=float)
    fits = []
    for number, name in enumerate([parts.name for parts in rows[0].parts[1:]], start=1):
        extra = np.array([row.parts[number].outside - row.parts[0].outside for row in rows])
        slope, offset = np.polyfit(lengths, extra, 1)
        residual = extra - (slope * lengths + offset)
        spread = float(((extra - extra.mean()) ** 2).sum())
        fits.append(
            Growth(
                kernel=name,
                lengths=tuple(row.length for row in rows),
                extra=tuple(extra.tolist()),
                inside=tuple(row.parts[number].inside / row.parts[0].inside for row in rows),
                milliseconds_per_1000_tokens=1000 * float(slope),
                r_squared=1 - float((residual**2).sum()) / spread if spread else 1.0,
                exponent=float(np.polyfit(np.log(lengths), np.log(np.maximum(extra, 1e-3)), 1)[0]),
            )
        )
    return tuple(fits)


def _parts(run: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds inside and outside of the fused attention, by one clock, the profiler's."""
    with profile(activities=[ProfilerActivity.CPU]) as recorded, record_function(RUN):
        run()
    events = recorded.key_averages()
    whole = sum(event.cpu_time_total for event in events if event.key == RUN)
    inside = sum(event.self_cpu_time_total for event in events if event.key.startswith(FUSED))
    return inside / 1000, (whole - inside) / 1000
