"""A number for each layer and head as inline SVG: the stronger the colour, the further from zero."""

from collections.abc import Sequence
from html import escape

CELL = 24
LEFT, TOP, BOTTOM = 30, 4, 34
LEAST_COLUMNS = 6
"""So that a model of few heads is not drawn with huge cells."""


def heat_map(table: Sequence[Sequence[float]], layers: Sequence[int], title: str) -> str:
    """Draw a table with a row a layer and a column a head.

    Args:
        table: The numbers, at least one.
        layers: Number of each layer.
        title: What the numbers are.

    Returns:
        An `<svg>` element; colours are scaled to the number farthest from zero.
    """
    most = max((abs(value) for row in table for value in row), default=0.0)
    columns, layers = max(map(len, table)), list(map(int, layers))  # what is no number never reaches the page
    width, height = LEFT + CELL * max(columns, LEAST_COLUMNS) + 6, TOP + CELL * len(table) + BOTTOM
    rows = "; ".join(
        f"layer {layer}: {', '.join(f'{value:.2f}' for value in row)}" for layer, row in zip(layers, table, strict=True)
    )
    parts = [
        f'<svg class="heat" viewBox="0 0 {width} {height}" style="max-width: {width * 1.2:.0f}px" role="img" '
        f'aria-label="{escape(title)}, by layer and head; {rows}">'
    ]
    for number, (layer, row) in enumerate(zip(layers, table, strict=True)):
        y = TOP + CELL * number
        parts.append(f'<text class="number" x="{LEFT - 5}" y="{y + CELL / 2 + 4:.0f}">{layer}</text>')
        for head, value in enumerate(row):
            kind = "up" if value >= 0 else "down"
            strength = abs(value) / most if most else 0.0
            parts.append(
                f'<rect class="{kind}" x="{LEFT + CELL * head + 1}" y="{y + 1}" width="{CELL - 2}" height="{CELL - 2}" '
                f'fill-opacity="{strength:.2f}"><title>layer {layer}, head {head}: {value:.3f}</title></rect>'
            )
    for head in range(columns):
        parts.append(
            f'<text class="tick" x="{LEFT + CELL * (head + 0.5):.0f}" y="{height - BOTTOM + 13}">{head}</text>'
        )
    parts.append(f'<text class="axis start" x="{LEFT}" y="{height - 5}">head; row: layer. Largest {most:.2f}</text>')
    return "\n".join((*parts, "</svg>"))
