"""Marks lie inside the drawing and where their numbers say."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgattn.report.plot import LABEL_WIDTH, WIDTH, Interval, axis_ticks, interval_plot

finite = st.floats(-1000, 1000, allow_nan=False)


@given(finite, finite)
def test_ticks_cover_the_range_with_few_round_numbers(first: float, second: float) -> None:
    low, high = sorted((first, second))

    ticks = axis_ticks(low, high)

    assert 2 <= len(ticks) <= 8
    assert ticks[0] <= low + 1e-6
    assert ticks[-1] >= high - 1e-6


def test_known_ticks() -> None:
    assert axis_ticks(61.0, 72.5) == [60, 65, 70, 75]
    assert axis_ticks(-1.2, 8.0) == [-5, 0, 5, 10]


@given(st.lists(st.tuples(finite, finite, finite), min_size=1, max_size=6))
def test_everything_lies_inside_the_drawing(triples: list[tuple[float, float, float]]) -> None:
    rows = [Interval("arm", mean, low, high) for low, mean, high in (sorted(triple) for triple in triples)]

    plot = interval_plot(rows, "F1", zero_line=True)

    places = [float(x) for x in re.findall(r' x[12]="([-0-9.]+)"', plot)]
    assert all(LABEL_WIDTH - 0.1 <= x <= WIDTH for x in places)


def test_a_better_arm_lies_further_right() -> None:
    plot = interval_plot(
        [Interval("low", 60.0, 58.0, 62.0), Interval("high", 70.0, 68.0, 72.0, (69.0, 71.0), True)], "F1"
    )

    first, second = (float(x) for x in re.findall(r'class="mean" x1="([0-9.]+)"', plot))
    assert first < second
    assert plot.count('class="run"') == 2
    assert plot.count('class="accent"') == 1


@pytest.mark.parametrize(("zero_line", "count"), [(True, 1), (False, 0)])
def test_zero_has_its_own_line_where_it_matters(zero_line: bool, count: int) -> None:
    plot = interval_plot([Interval("biased", 7.0, 5.0, 9.0)], "difference", zero_line=zero_line)

    assert plot.count('class="zero"') == count


def test_labels_are_escaped() -> None:
    plot = interval_plot([Interval('<x"&>', 1.0, 0.0, 2.0)], "a<b")

    assert "<x" not in plot
    assert "a<b" not in plot
