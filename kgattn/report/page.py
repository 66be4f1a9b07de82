"""One self-contained HTML page about one or more comparisons."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from pathlib import Path

from kgattn.evidence.comparison import ArmResult, Comparison
from kgattn.evidence.corpora import claims
from kgattn.evidence.curve import Curve
from kgattn.evidence.verdict import Verdict
from kgattn.files import write_text
from kgattn.report.curve_plot import Line, curve_plot
from kgattn.report.example_list import example_list
from kgattn.report.facts import facts
from kgattn.report.finding import Finding
from kgattn.report.grid import (
    Grid,
    claim_grid,
    cost_grid,
    curve_grid,
    flow_grid,
    score_grid,
    slice_grid,
    statistics_grid,
    type_grid,
)
from kgattn.report.heat_map import heat_map
from kgattn.report.plot import Interval, interval_plot
from kgattn.report.template import PAGE, SECTION

TONES = {"helps": "good", "hurts": "bad"}
"""How a verdict is set off beside its words."""


def render_page(title: str, findings: Sequence[Finding]) -> str:
    """The page: verdict on top, then intervals, learning curve, tables, gates, examples, settings, how to run it again.

    It loads nothing: no script, no style, no image from elsewhere. Everything that comes from outside is escaped.
    """
    together = ""
    if len(findings) > 1:
        grid = claim_grid(claims([finding.comparison for finding in findings]))
        together = f"<section>{_block(grid)}</section>"
    return PAGE.substitute(
        title=escape(title), together=together, sections="\n".join(_section(finding) for finding in findings)
    )


def write_page(path: Path, title: str, findings: Sequence[Finding]) -> None:
    """Write the page in one step.

    Raises:
        StorageError: Writing failed; a page that was there is untouched.
    """
    write_text(path, render_page(title, findings))


def _section(finding: Finding) -> str:
    comparison = finding.comparison
    return SECTION.substitute(
        name=escape(comparison.name),
        verdict=_verdict(comparison.verdict),
        warnings=_warnings(comparison.warnings),
        scores=_figures(comparison) + _block(score_grid(comparison)),
        curve=_curve(finding.curve) if finding.curve is not None else "",
        details="".join(map(_block, (statistics_grid(comparison), slice_grid(comparison), type_grid(comparison)))),
        flow=_block(flow_grid(comparison)) + example_list(finding.examples),
        gates="".join(_gates(comparison)),
        cost=_block(cost_grid(comparison)),
        arms=_definitions((arm.name, arm.description) for arm in comparison.arms),
        facts=_definitions(facts(comparison)),
        command=escape(comparison.command),
    )


def _verdict(verdict: Verdict) -> str:
    tone = TONES.get(verdict.outcome, "open")
    return f'<p class="verdict {tone}"><strong>{escape(verdict.words)}</strong></p>'


def _warnings(warnings: Sequence[str]) -> str:
    if not warnings:
        return ""
    items = "".join(f"<li>{escape(warning)}</li>" for warning in warnings)
    return f'<div class="warnings"><strong>Before you trust it</strong><ul>{items}</ul></div>'


def _figures(comparison: Comparison) -> str:
    scores = interval_plot([_interval(arm) for arm in comparison.arms], "F1 in percent")
    caption = "Dots: single runs. Mark: mean; line: one standard deviation to each side."
    return f'<div class="pair">{_difference_figure(comparison)}{_figure(scores, caption)}</div>'


def _interval(arm: ArmResult) -> Interval:
    mean, sd = 100 * arm.f1.mean, 100 * arm.f1.sd
    runs = tuple(100 * score for score in arm.f1_by_seed)
    return Interval(arm.name, mean, mean - sd, mean + sd, runs, arm.role == "biased")


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
    return _figure(
        plot, "Each arm minus plain on the same seeds and sentences. Line: 95% interval; dots: single seeds."
    )


def _curve(curve: Curve) -> str:
    names = list(dict.fromkeys(arm.name for made in curve.comparisons for arm in made.arms))
    lines = []
    for name in names:
        scores = [
            (size, arm)
            for size, made in zip(curve.sizes, curve.comparisons, strict=True)
            for arm in made.arms
            if arm.name == name
        ]
        role = scores[0][1].role
        kind = {"biased": "accent", "plain": "plain"}.get(role, "arm")
        shown = tuple((size, 100 * arm.f1.mean, 0.0 if kind == "arm" else 100 * arm.f1.sd) for size, arm in scores)
        lines.append(Line(name, shown, kind))
    figure = _figure(
        curve_plot(lines, "F1 in percent"),
        "F1 in percent by training sentences. Bars of plain and biased: one standard deviation to each side.",
    )
    return _block(curve_grid(curve), figure)


def _gates(comparison: Comparison) -> Iterator[str]:
    """Heat maps of the biased arm, or of the first one that has gates."""
    opened = [arm for arm in comparison.arms if arm.gates]
    arm = next((arm for arm in opened if arm.role == "biased"), opened[0] if opened else None)
    if arm is None or arm.gates is None:
        return
    layers = arm.gates["layers"]
    tables = [(f"gate of the {part}", arm.gates[part]) for part in ("bias", "values") if arm.gates[part]]
    terms = list(arm.gates["terms"].items())
    yield f"<h3>What {escape(arm.name)} learned to use</h3>"
    yield '<p class="note">Means over seeds. A gate of zero leaves a head as it was. Blue: above zero; orange: below.'
    if terms:
        yield " A rule or pair term shows what it adds by itself to a head's logit, in nats."
    yield '</p><div class="maps">'
    for title, table in (*tables, *terms):
        yield _figure(heat_map(table, layers, title), title)
    yield "</div>"
    for title, table in (*tables, *terms):
        header = ("layer", *(f"head {head}" for head in range(max(map(len, table)))))
        rows = [(str(layer), *(f"{v:.2f}" for v in row)) for layer, row in zip(layers, table, strict=True)]
        numbers = _table(Grid(title, header, tuple(rows)))
        yield f"<details><summary>{escape(title)} in numbers</summary>{numbers}</details>"


def _block(grid: Grid, between: str = "") -> str:
    """Heading, table and note; nothing for an empty table."""
    if not grid.rows:
        return ""
    return f'<h3>{escape(grid.title)}</h3>{between}{_table(grid)}<p class="note">{escape(grid.note)}</p>'


def _table(grid: Grid) -> str:
    strong = [name == grid.emphasised for name in grid.header]
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in grid.header)
    body = []
    for first, *rest in grid.rows:
        cells = "".join(
            f'<td class="accent">{escape(cell)}</td>' if accent else f"<td>{escape(cell)}</td>"
            for cell, accent in zip(rest, strong[1:], strict=True)
        )
        row = ' class="accent"' if first == grid.emphasised else ""
        body.append(f'<tr{row}><th scope="row">{escape(first)}</th>{cells}</tr>')
    return (
        f'<div class="wide" role="region" aria-label="{escape(grid.title)}" tabindex="0"><table>'
        f"<caption>{escape(grid.title)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


def _figure(drawing: str, caption: str) -> str:
    return f"<figure>{drawing}<figcaption>{escape(caption)}</figcaption></figure>"


def _definitions(pairs: Iterable[tuple[str, str]]) -> str:
    return "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in pairs)
