"""The tables of a report as plain cells, from which page, Markdown and LaTeX are made."""

from collections.abc import Sequence
from dataclasses import dataclass

from kgattn.evidence.comparison import ArmResult, Comparison
from kgattn.evidence.corpora import Claim
from kgattn.evidence.curve import Curve
from kgattn.evidence.effect import Effect
from kgattn.report.rows import HEADER, MEMORY, NONE, percent, score_cells, spell_difference, spell_memory

NUM_SCORE_COLUMNS = 6


@dataclass(frozen=True)
class Grid:
    """A table.

    Attributes:
        title: What it shows.
        header: Names of the columns; the first column names the rows.
        rows: Cells.
        note: How to read it.
        emphasised: Name of the row, or of the column, to set off.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    emphasised: str = "biased"


def grids(comparison: Comparison) -> list[Grid]:
    """Every table of one comparison that has something to say, in the order of a report."""
    made = (
        score_grid(comparison),
        statistics_grid(comparison),
        slice_grid(comparison),
        type_grid(comparison),
        flow_grid(comparison),
        cost_grid(comparison),
    )
    return [grid for grid in made if grid.rows]


def score_grid(comparison: Comparison) -> Grid:
    """F1 of every arm, and its differences to plain and from biased."""
    return Grid(
        "Scores",
        HEADER[:NUM_SCORE_COLUMNS],
        tuple(score_cells(comparison, arm) for arm in comparison.arms),
        "F1: strict typed entity micro-F1 over all gold entities of the test sentences, in percent, mean over seeds. "
        "Differences in points with a 95% interval over seeds and test sentences.",
    )


def statistics_grid(comparison: Comparison) -> Grid:
    """How sure the differences are; those made before p values were kept are left out."""
    rows = tuple(
        (
            f"{found.arm} − {found.baseline}",
            found.in_points(),
            spell_p(found.p),
            spell_effect(found.effect),
            NONE if found.detectable is None else f"{100 * found.detectable:.1f}",
        )
        for found in comparison.differences
        if found.p is not None
    )
    return Grid(
        "How sure",
        ("difference", "points [95%]", "p", "d_z [95%]", "detectable"),
        rows,
        "p is two-sided and not corrected for the number of differences: the claim rests on biased − plain and on "
        "biased − the best control alone. d_z: mean difference by its spread over seeds (Cohen); it says how steadily "
        "seeds agree, not how much is gained, and is too large from few seeds. Detectable: the true difference, in "
        "points, that such runs find in four of five cases.",
        "biased − plain",
    )


def slice_grid(comparison: Comparison) -> Grid:
    """Recall on kinds of gold entities."""
    names = list(dict.fromkeys(name for arm in comparison.arms for name in arm.slices))
    rows = []
    for name in names:
        first = next(arm.slices[name] for arm in comparison.arms if name in arm.slices)
        rows.append((name, f"{first.gold:,.0f}", *(_recall(arm, name) for arm in comparison.arms)))
    return Grid(
        "Where it is found",
        ("gold entities", "number", *(arm.name for arm in comparison.arms)),
        tuple(rows),
        "Recall in percent, mean ± standard deviation over seeds. Linked: touches a mention the linker found. Seen: "
        "its text is an entity of the training sample. Ambiguous: linked, with more than one candidate. Head: linked, "
        "and the graph has more triples about its likeliest candidate than about the median one; tail: linked, the "
        "others.",
    )


def type_grid(comparison: Comparison) -> Grid:
    """F1 of each entity type."""
    names = sorted({name for arm in comparison.arms for name in arm.f1_by_type})
    counted = any(arm.gold_by_type for arm in comparison.arms)
    gold = {name: count for arm in comparison.arms for name, count in arm.gold_by_type.items()}
    rows = tuple(
        (
            name,
            *([f"{gold.get(name, 0):,}"] if counted else []),
            *(percent(arm.f1_by_type[name]) if name in arm.f1_by_type else NONE for arm in comparison.arms),
        )
        for name in names
    )
    header = ("type", *(["number"] if counted else []), *(arm.name for arm in comparison.arms))
    return Grid("By entity type", header, rows, "F1 in percent, mean over seeds.")


def flow_grid(comparison: Comparison) -> Grid:
    """Gold entities won and lost from plain to biased."""
    flow = comparison.flow
    title, header = "What changes", ("gold entities", "won", "lost", "net")
    if flow is None:
        return Grid(title, header, ())
    rows = [("all", flow.won, flow.lost)]
    rows += [(name, won, lost) for name, (won, lost) in flow.by_type.items()]
    return Grid(
        f"{title} from {flow.baseline} to {flow.arm}",
        header,
        tuple((name, f"{won:.1f}", f"{lost:.1f}", f"{won - lost:+.1f}") for name, won, lost in rows),
        f"Means over seeds. Won: {flow.arm} finds what {flow.baseline} missed; lost: the other way round. Both find "
        f"{flow.both_right:,.1f} and miss {flow.both_wrong:,.1f}; {flow.spurious_gone:,.1f} invented entities go, "
        f"{flow.spurious_new:,.1f} come. Net by seed: {', '.join(f'{net:+d}' for net in flow.net_by_seed)}.",
        "all",
    )


def cost_grid(comparison: Comparison) -> Grid:
    """Parameters, time and memory."""
    return Grid(
        "Cost",
        ("arm", "parameters", "of the plugin", "seconds", MEMORY),
        tuple(
            (
                arm.name,
                f"{arm.parameters:,}",
                f"{arm.plugin_parameters:,}",
                f"{arm.seconds:,.1f}",
                spell_memory(arm),
            )
            for arm in comparison.arms
        ),
        "Seconds: mean wall time of a run, training, dev evaluations and test. MiB: peak memory of a run, of the "
        "device on a GPU, else of the whole process, which holds corpus and graph in every arm.",
    )


def curve_grid(curve: Curve) -> Grid:
    """The sizes of a learning curve."""
    names = list(dict.fromkeys(arm.name for made in curve.comparisons for arm in made.arms))
    rows = []
    for size, made in zip(curve.sizes, curve.comparisons, strict=True):
        scores = {arm.name: percent(arm.f1.mean) for arm in made.arms}
        differences = (made.difference("biased", "plain"), made.best_control())
        rows.append(
            (
                f"{size:,}",
                *map(spell_difference, differences),
                made.verdict.outcome,
                *(scores.get(name, NONE) for name in names),
            )
        )
    return Grid(
        "Learning curve",
        ("sentences", "biased − plain", "biased − best control", "verdict", *names),
        tuple(rows),
        "F1 in percent, mean over seeds. With one seed, a larger sample holds every sentence of a smaller one.",
        "biased − plain",
    )


def claim_grid(found: Sequence[Claim]) -> Grid:
    """Several comparisons side by side, corrected for their number."""
    rows = tuple(
        (
            claim.name,
            spell_difference(claim.plain),
            spell_difference(claim.control),
            spell_p(claim.p),
            spell_p(claim.adjusted),
            "yes" if claim.holds else NONE if claim.adjusted is None else "no",
        )
        for claim in found
    )
    return Grid(
        "All corpora together",
        ("corpus", "biased − plain", "biased − best control", "p", "p (Holm)", "the graph helps"),
        rows,
        "p: of the claim that biased beats plain and the best control, the larger one of both, two-sided, 1 where one "
        "points the wrong way. Holm: corrected for asking on several corpora; the claim holds up to 0.05. Comparisons "
        "made before p values were kept, or without a control, have none.",
    )


def spell_p(p: float | None) -> str:
    """A p value with three decimals."""
    if p is None:
        return NONE
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def spell_effect(effect: Effect | None) -> str:
    """Such as `1.8 [0.4, 3.1]`; a dash for none."""
    return NONE if effect is None else f"{effect.d:.1f} [{effect.low:.1f}, {effect.high:.1f}]"


def _recall(arm: ArmResult, name: str) -> str:
    found = arm.slices.get(name)
    if found is None or found.gold == 0:
        return NONE
    return f"{percent(found.recall)} ± {percent(found.sd)}" if arm.f1.num_seeds > 1 else percent(found.recall)
