"""A learning curve as inline SVG: one line an arm over the size of the training sample."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from kgattn.report.plot import axis_ticks

WIDTH, HEIGHT = 420, 260
"""Size of the drawing in its own units; the page scales it."""
LEFT, RIGHT, TOP, BOTTOM = 34, 124, 10, 40
"""Margins; the names of the lines stand at the right."""
LINE_HEIGHT = 14


@dataclass(frozen=True)
class Line:
    """One arm's line.

    Attributes:
        label: Name at its right end.
        points: (training sentences, mean, spread to either side), ascending; at least one.
        kind: Class of its marks: `accent`, `plain` or `arm`.
    """

    label: str
    points: tuple[tuple[int, float, float], ...]
    kind: str = "arm"


def curve_plot(lines: Sequence[Line], axis: str) -> str:
    """Draw lines over a logarithmic axis of sizes.

    Args:
        lines: At least one.
        axis: What goes up, with its unit.

    Returns:
        An `<svg>` element.
    """
    sizes = sorted({size for line in lines for size, _, _ in line.points})
    values = [value for line in lines for _, mean, spread in line.points for value in (mean - spread, mean + spread)]
    ticks = axis_ticks(min(values), max(values))
    span = math.log(sizes[-1] / sizes[0]) or 1.0

    def across(size: int) -> float:
        share = math.log(size / sizes[0]) / span if len(sizes) > 1 else 0.5
        return LEFT + 12 + (WIDTH - LEFT - RIGHT - 20) * share

    def up(value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (ticks[-1] - value) / (ticks[-1] - ticks[0])

    spelled = "; ".join(_spell(line) for line in lines)
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(axis)} by training sentences: '
        f'{escape(spelled)}">'
    ]
    for tick in ticks:
        y = f"{up(tick):.1f}"
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>')
        parts.append(f'<text class="number" x="{LEFT - 5}" y="{up(tick) + 4:.1f}">{tick:g}</text>')
    taken = -math.inf
    for size in sizes:
        if across(size) - taken > 34:  # wide enough for four figures and a comma
            taken = across(size)
            parts.append(f'<text class="tick" x="{taken:.1f}" y="{HEIGHT - BOTTOM + 15}">{size:,}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text class="axis" x="{middle:.1f}" y="{HEIGHT - 6}">training sentences (log scale)</text>')
    heights = _apart([up(line.points[-1][1]) for line in lines])
    order = sorted(range(len(lines)), key=lambda number: lines[number].kind == "accent")  # drawn last, on top
    for number in order:
        parts.append(_draw(lines[number], heights[number], across, up))
    return "\n".join((*parts, "</svg>"))


def _draw(line: Line, label_y: float, across: Callable[[int], float], up: Callable[[float], float]) -> str:
    path = " ".join(f"{across(size):.1f},{up(mean):.1f}" for size, mean, _ in line.points)
    bars = "".join(
        f'<line class="spread" x1="{across(size):.1f}" x2="{across(size):.1f}" '
        f'y1="{up(mean - spread):.1f}" y2="{up(mean + spread):.1f}"/>'
        for size, mean, spread in line.points
        if spread
    )
    dots = "".join(f'<circle class="dot" cx="{across(s):.1f}" cy="{up(m):.1f}" r="3"/>' for s, m, _ in line.points)
    end, last = across(line.points[-1][0]), up(line.points[-1][1])
    text_x = WIDTH - RIGHT + 14
    leader = f'<line class="leader" x1="{end + 4:.1f}" x2="{text_x - 3}" y1="{last:.1f}" y2="{label_y:.1f}"/>'
    return (
        f'<g class="{line.kind}"><title>{escape(_spell(line))}</title><polyline points="{path}"/>{bars}{dots}{leader}'
        f'<text class="label" x="{text_x}" y="{label_y + 4:.1f}">{escape(line.label)}</text></g>'
    )


def _apart(heights: Sequence[float]) -> list[float]:
    """Heights of labels, moved as little as keeps them from touching, inside the drawing if they fit."""
    order = sorted(range(len(heights)), key=lambda number: heights[number])
    placed = list(heights)
    for before, number in pairwise(order):
        placed[number] = max(placed[number], placed[before] + LINE_HEIGHT)
    over = max(placed[order[-1]] - (HEIGHT - LINE_HEIGHT / 2), 0.0)
    limit = math.inf
    for number in reversed(order):
        placed[number] = min(placed[number], limit, placed[number] if over == 0 else HEIGHT - LINE_HEIGHT / 2)
        limit = placed[number] - LINE_HEIGHT
    return placed


def _spell(line: Line) -> str:
    return f"{line.label} " + ", ".join(f"{size:,}: {mean:.1f}" for size, mean, _ in line.points)
