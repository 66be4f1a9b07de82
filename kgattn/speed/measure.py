"""Timing functions against a baseline: interleaved, so that a slow minute hits all of them alike."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch


@dataclass(frozen=True)
class Timing:
    """How long one of several interleaved functions took.

    Attributes:
        name: Which function.
        milliseconds: Median over the rounds.
        ratio: Median over the rounds of its time by the baseline's in the same round.
        ratio_low: First quartile of these ratios.
        ratio_high: Third quartile.
    """

    name: str
    milliseconds: float
    ratio: float
    ratio_low: float
    ratio_high: float

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)


def clock_for(device: torch.device) -> tuple[str, Callable[[], float]]:
    """A name and a clock in seconds: CPU time of one thread where there is only one, else time on the wall.

    On an accelerator it waits until all work is done.
    """
    if device.type == "cuda":

        def synchronized() -> float:
            torch.cuda.synchronize(device)
            return time.perf_counter()

        return "wall, synchronized", synchronized
    if torch.get_num_threads() == 1:
        return "CPU time of one thread", time.thread_time
    return f"wall, {torch.get_num_threads()} threads", time.perf_counter


def interleave(
    runs: Mapping[str, Callable[[], object]], repeats: int, clock: Callable[[], float], *, warm_up: int = 1
) -> list[Timing]:
    """Run all functions in turn, `repeats` times, each round beginning with another one.

    Args:
        runs: Functions by name; the first one is the baseline.
        repeats: Rounds that count, at least 1.
        clock: Seconds.
        warm_up: Rounds before, that do not count.
    """
    names = list(runs)
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for number in range(-warm_up, repeats):
        start = number % len(names)
        for name in names[start:] + names[:start]:
            begin = clock()
            runs[name]()
            took = clock() - begin
            if number >= 0:
                seconds[name].append(took)
    baseline = seconds[names[0]]
    return [_summarize(name, seconds[name], baseline) for name in names]


def _summarize(name: str, seconds: list[float], baseline: list[float]) -> Timing:
    ratios = sorted(one / other for one, other in zip(seconds, baseline, strict=True))
    low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive") if len(ratios) > 1 else ratios * 3
    return Timing(name, 1000 * statistics.median(seconds), middle, low, high)
