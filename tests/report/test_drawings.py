"""Learning curves and heat maps: everything inside the drawing, where its number says, and said in words."""

import re
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from kgattn.report.curve_plot import HEIGHT, LINE_HEIGHT, WIDTH, Line, curve_plot
from kgattn.report.heat_map import heat_map

SCORES = st.lists(st.floats(0, 100), min_size=3, max_size=3)


@given(
    st.lists(SCORES, min_size=1, max_size=12), st.lists(st.integers(1, 100_000), min_size=3, max_size=3, unique=True)
)
def test_curves_lie_inside_and_their_names_do_not_touch(curves: list[list[float]], sizes: list[int]) -> None:
    lines = [
        Line(f"arm {n}", tuple((size, mean, 1.0) for size, mean in zip(sorted(sizes), curve, strict=True)))
        for n, curve in enumerate(curves)
    ]

    plot = curve_plot(lines, "F1 in percent")

    for x, y in re.findall(r'cx="([-0-9.]+)" cy="([-0-9.]+)"', plot):
        assert 0 <= float(x) <= WIDTH
        assert 0 <= float(y) <= HEIGHT
    heights = sorted(float(y) for y in re.findall(r'class="label" x="[0-9.]+" y="([-0-9.]+)"', plot))
    assert all(after - before >= LINE_HEIGHT - 0.2 for before, after in pairwise(heights))
    assert all(0 <= height <= HEIGHT for height in heights)


def test_more_sentences_lie_further_right_and_a_better_score_higher() -> None:
    plot = curve_plot([Line("biased", ((50, 60.0, 1.0), (500, 70.0, 0.0)), "accent")], "F1")

    (x1, y1), (x2, y2) = re.findall(r'cx="([0-9.]+)" cy="([0-9.]+)"', plot)
    assert float(x1) < float(x2)
    assert float(y1) > float(y2)
    assert plot.count('class="spread"') == 1
    assert "biased 50: 60.0, 500: 70.0" in plot


def test_a_single_size_is_drawn_too() -> None:
    assert curve_plot([Line("plain", ((100, 60.0, 0.0),))], "F1").count("<circle") == 1


def test_names_in_drawings_are_escaped() -> None:
    assert "<x" not in curve_plot([Line('<x"&>', ((1, 2.0, 0.0),))], "a<b")
    assert "<x" not in heat_map([[1.0]], [0], '<x"&>')


def test_the_farthest_from_zero_is_the_strongest_colour_whichever_way() -> None:
    drawing = heat_map([[0.0, -2.0], [1.0, 0.5]], [3, 7], "gate")

    found = re.findall(r'class="(up|down)".*?fill-opacity="([0-9.]+)"><title>(layer \d, head \d): ', drawing)
    assert found == [
        ("up", "0.00", "layer 3, head 0"),
        ("down", "1.00", "layer 3, head 1"),
        ("up", "0.50", "layer 7, head 0"),
        ("up", "0.25", "layer 7, head 1"),
    ]
    assert "layer 7: 1.00, 0.50" in drawing


def test_closed_gates_are_drawn_empty() -> None:
    assert 'fill-opacity="0.00"' in heat_map([[0.0]], [0], "gate")
