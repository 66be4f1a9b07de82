"""Measure what biased attention costs: a sweep of kernels and whole steps of MiniLM; JSON, plot and README table.

    python -m benchmarks.attention_speed             everything: about 40 minutes on one quiet core
    python -m benchmarks.attention_speed --quick     a few sizes, into runs/: to see that it works

Each measurement is kept under runs/ as it comes: what was stopped goes on, unless the commit or a version is another.

On the CPU it uses one thread and that thread's CPU time. Run it on a machine that does nothing else: caches and clock
rates are shared even where cores are not.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch

from benchmarks.tables import main as fill_tables
from kgattn.files import replacing
from kgattn.report.plot import Interval, interval_plot
from kgattn.speed.kernels import Shape
from kgattn.speed.report import KernelRow, SpeedReport
from kgattn.speed.suite import Size, Suite
from kgattn.training.precision import training_device

ROOT = Path(__file__).resolve().parent.parent
NAME = "attention_speed"
SIZES = (Size(16, 128, 8), Size(16, 128, 16), Size(4, 512, 8), Size(4, 512, 16))
LENGTHS = (64, 128, 256, 512, 1024, 2048, 4096)
TOKENS = 4096
"""Tokens of a batch in the sweep over lengths: longer texts, fewer of them."""


SHAPES = tuple(Shape(max(1, min(16, TOKENS // length)), 12, length, 32, 8) for length in LENGTHS)


def full_suite(repeats: int, device: torch.device) -> Suite:
    """Length, head width and mentions each vary around 8 x 256, 12 heads of 32 and 8 mentions."""
    widths = [Shape(8, 12, 256, dim, 8) for dim in (64, 128)]
    mentions = [Shape(8, 12, 256, 32, count) for count in (1, 4, 16, 32, 64)]
    batches = [Shape(batch, 12, 128, 32, 8) for batch in (1, 64)]
    growth = tuple(Shape(1, 12, length, 32, 8) for length in LENGTHS[1:]) if device.type == "cpu" else ()
    return Suite("minilm", None, SIZES, repeats, sweep=(*SHAPES, *widths, *mentions, *batches), growth=growth)


def quick_suite() -> Suite:
    """Small sizes, one round each."""
    growth = tuple(Shape(1, 2, length, 32, 4) for length in (64, 128, 256))
    return Suite("minilm", None, (Size(2, 64, 4),), 1, sweep=SHAPES[:2], growth=growth)


def plot(report: SpeedReport) -> str:
    """Ratios of the kernels over the lengths, forward and backward, as an SVG file."""
    rows = [row for row in report.kernels if row.backward and row.shape in SHAPES]
    intervals = [interval for row in rows for interval in _intervals(row)]
    drawing = interval_plot(intervals, "time of attention, as a ratio to plain")
    style = (
        "<style>text{font:11px sans-serif}.axis,.tick{text-anchor:middle}.grid{stroke:#ddd}"
        ".interval,.mean{stroke:#333;stroke-width:2}.accent line{stroke:#06c}</style>"
    )
    head, _, rest = drawing.partition(">")
    return f'{head} xmlns="http://www.w3.org/2000/svg">{style}{rest}\n'


def _intervals(row: KernelRow) -> list[Interval]:
    return [
        Interval(
            f"{timing.name}, {row.shape.length} tokens",
            timing.ratio,
            timing.ratio_low,
            timing.ratio_high,
            emphasised=timing.name == "block",
        )
        for timing in row.timings[1:]
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, write, fill the README's table."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{NAME}", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small sizes, one round, results to runs/")
    parser.add_argument("--repeats", type=int, default=15, help="rounds of each measurement")
    options = parser.parse_args(arguments)
    device = training_device()
    if device.type == "cpu":
        torch.set_num_threads(1)
    suite = quick_suite() if options.quick else full_suite(options.repeats, device)
    folder = ROOT / "runs" if options.quick else ROOT / "benchmarks" / "results"
    total, done = len(suite), 0

    def advance() -> None:
        nonlocal done
        done += 1
        print(f"{done} of {total} measurements", flush=True)

    report = suite.run(device, advance, ROOT / "runs" / f"{NAME}.progress.jsonl")
    report.write(folder / f"{NAME}.json")
    with replacing(folder) as scratch:
        (scratch / f"{NAME}.svg").write_text(plot(report), encoding="utf-8")
    return 0 if options.quick else fill_tables([])


if __name__ == "__main__":
    sys.exit(main())
