"""Interval plots as inline SVG: no script, no font, no file beside the page."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 420
"""Width of the drawing in its own units; the page scales it, down to a phone's width."""
LABEL_WIDTH = 128
ROW_HEIGHT = 30
MARGIN = 14
AXIS_HEIGHT = 40


@dataclass(frozen=True)
class Interval:
    """One line of a plot.

    Attributes:
        label: Name at the left.
        mean: Where the mark is.
        low: Left end of the line.
        high: Right end of the line.
        points: Single runs, drawn as dots.
        emphasised: Whether the row is drawn in the accent colour.
    """

    label: str
    mean: float
    low: float
    high: float
    points: tuple[float, ...] = ()
    emphasised: bool = False


def interval_plot(intervals: Sequence[Interval], axis: str, *, zero_line: bool = False) -> str:
    """Draw a row for each interval over a common axis.

    Args:
        intervals: Rows from top to bottom; at least one.
        axis: What the axis shows, with its unit.
        zero_line: Whether zero belongs on the axis, with a line of its own.

    Returns:
        An `<svg>` element.
    """
    values = [value for row in intervals for value in (row.low, row.high, row.mean, *row.points)]
    ticks = axis_ticks(min(values + [0.0] * zero_line), max(values + [0.0] * zero_line))
    left, right = LABEL_WIDTH, WIDTH - MARGIN
    bottom = MARGIN + ROW_HEIGHT * len(intervals)

    def place(value: float) -> float:
        return left + (right - left) * (value - ticks[0]) / (ticks[-1] - ticks[0])

    parts = [
        f'<svg viewBox="0 0 {WIDTH} {bottom + AXIS_HEIGHT}" role="img" '
        f'aria-label="{escape(axis)}: {escape(", ".join(map(_spell, intervals)))}">'
    ]
    for tick in ticks:
        kind = "zero" if zero_line and tick == 0 else "grid"
        x = f"{place(tick):.1f}"
        parts.append(f'<line class="{kind}" x1="{x}" x2="{x}" y1="{MARGIN}" y2="{bottom}"/>')
        parts.append(f'<text class="tick" x="{x}" y="{bottom + 15}">{tick:g}</text>')
    for number, row in enumerate(intervals):
        parts.append(_draw_row(row, MARGIN + ROW_HEIGHT * (number + 0.5), place))
    parts.append(f'<text class="axis" x="{(left + right) / 2:.1f}" y="{bottom + 33}">{escape(axis)}</text></svg>')
    return "\n".join(parts)


def _draw_row(row: Interval, y: float, place: Callable[[float], float]) -> str:
    dots = "".join(f'<circle class="run" cx="{place(point):.1f}" cy="{y:.1f}" r="3"/>' for point in row.points)
    return (
        f'<g class="{"accent" if row.emphasised else "arm"}"><title>{escape(_spell(row))}</title>'
        f'<text class="label" x="0" y="{y + 4:.1f}">{escape(row.label)}</text>'
        f'<line class="interval" x1="{place(row.low):.1f}" x2="{place(row.high):.1f}" '
        f'y1="{y:.1f}" y2="{y:.1f}"/>'
        f'{dots}<line class="mean" x1="{place(row.mean):.1f}" x2="{place(row.mean):.1f}" '
        f'y1="{y - 8:.1f}" y2="{y + 8:.1f}"/></g>'
    )


def _spell(row: Interval) -> str:
    return f"{row.label} {row.mean:.1f} [{row.low:.1f}, {row.high:.1f}]"


def axis_ticks(low: float, high: float) -> list[float]:
    """Round numbers from at most `low` to at least `high`, about five of them."""
    span = max(high - low, 1e-3)
    power = 10.0 ** math.floor(math.log10(span / 4))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= span / 4)
    first = math.floor(low / step + 1e-9)
    last = max(math.ceil(high / step - 1e-9), first + 1)
    return [round(number * step, 9) for number in range(first, last + 1)]
