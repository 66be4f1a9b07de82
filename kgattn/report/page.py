"""One self-contained HTML page about one or more comparisons."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from kgattn.evidence.comparison import Comparison
from kgattn.files import write_text
from kgattn.report.plot import Interval, interval_plot
from kgattn.report.rows import HEADER, percent, table_rows
from kgattn.report.template import DIFFERENCE_FIGURE, PAGE, SECTION


def render_page(title: str, comparisons: Sequence[Comparison]) -> str:
    """The page: verdict on top, then table, plots, scores by type, settings and how to run it again.

    It loads nothing: no script, no style, no image from elsewhere.
    """
    return PAGE.substitute(title=escape(title), sections="\n".join(map(_section, comparisons)))


def write_page(path: Path, title: str, comparisons: Sequence[Comparison]) -> None:
    """Write the page in one step.

    Raises:
        StorageError: Writing failed; a page that was there is untouched.
    """
    write_text(path, render_page(title, comparisons))


def _section(comparison: Comparison) -> str:
    arms = comparison.arms
    rows = table_rows(comparison)
    return SECTION.substitute(
        name=escape(comparison.name),
        verdict=escape(comparison.verdict.words),
        scores=_table(HEADER, [row.cells for row in rows], [row.emphasised for row in rows]),
        score_plot=_score_plot(comparison),
        difference_figure=_difference_figure(comparison),
        types=_table(
            ("F1", *(arm.name for arm in arms)),
            [
                (name, *(percent(arm.f1_by_type[name]) if name in arm.f1_by_type else "–" for arm in arms))
                for name in sorted({name for arm in arms for name in arm.f1_by_type})
            ],
        ),
        arms=_definitions((arm.name, arm.description) for arm in arms),
        facts=_definitions(
            [
                *_facts("data", comparison.data),
                *_facts("graph", comparison.graph),
                ("seeds", ", ".join(map(str, comparison.seeds))),
                *_facts("settings", comparison.config),
                *_facts("made with", comparison.environment),
            ]
        ),
        command=escape(comparison.command),
    )


def _score_plot(comparison: Comparison) -> str:
    return interval_plot(
        [
            Interval(
                arm.name,
                100 * arm.f1.mean,
                100 * (arm.f1.mean - arm.f1.sd),
                100 * (arm.f1.mean + arm.f1.sd),
                tuple(100 * score for score in arm.f1_by_seed),
                arm.role == "biased",
            )
            for arm in comparison.arms
        ],
        "F1 in percent",
    )


def _difference_figure(comparison: Comparison) -> str:
    differences = [
        Interval(
            arm.name,
            100 * found.mean,
            100 * found.low,
            100 * found.high,
            tuple(100 * score for score in found.by_seed),
            arm.role == "biased",
        )
        for arm in comparison.arms
        if (found := comparison.difference(arm.name, "plain"))
    ]
    if not differences:
        return ""
    plot = interval_plot(differences, "F1 minus plain, in points", zero_line=True)
    return DIFFERENCE_FIGURE.substitute(plot=plot)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]], emphasised: Sequence[bool] | None = None) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in header)
    body = []
    for row, strong in zip(rows, emphasised or [False] * len(rows), strict=True):
        cells = "".join(f"<td>{escape(cell)}</td>" for cell in row)
        body.append(f'<tr class="accent">{cells}</tr>' if strong else f"<tr>{cells}</tr>")
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"


def _facts(group: str, values: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Nested settings as flat (name, value) pairs."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _facts(f"{group}: {name}", value)
        else:
            shown = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
            yield f"{group}: {name}", shown


def _definitions(pairs: Iterable[tuple[str, str]]) -> str:
    return "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in pairs)
