"""The rows of a comparison's main table as text, the same for terminal and README."""

from dataclasses import dataclass

from kgattn.evidence.comparison import ArmResult, Comparison
from kgattn.evidence.statistics import Difference

HEADER = ("arm", "F1", "sd", "seeds", "minus plain", "biased minus it", "parameters", "seconds")
MEMORY = "MiB"
NONE = "–"


@dataclass(frozen=True)
class Row:
    """One arm's cells, as named in the header."""

    cells: tuple[str, ...]
    emphasised: bool


def header(comparison: Comparison) -> tuple[str, ...]:
    """Names of the columns: memory only where it was measured."""
    return (*HEADER, MEMORY) if _has_memory(comparison) else HEADER


def table_rows(comparison: Comparison) -> list[Row]:
    """One row an arm, in the comparison's order; scores in percent."""
    return [
        Row(
            (
                *score_cells(comparison, arm),
                spell_parameters(arm),
                f"{arm.seconds:.0f}",
                *([spell_memory(arm)] if _has_memory(comparison) else []),
            ),
            arm.role == "biased",
        )
        for arm in comparison.arms
    ]


def score_cells(comparison: Comparison, arm: ArmResult) -> tuple[str, ...]:
    """Name, mean, spread, number of seeds, and the differences to plain and from biased."""
    return (
        arm.name,
        percent(arm.f1.mean),
        percent(arm.f1.sd) if arm.f1.num_seeds > 1 else NONE,
        str(arm.f1.num_seeds),
        spell_difference(comparison.difference(arm.name, "plain")),
        spell_difference(comparison.difference("biased", arm.name)) if arm.role != "plain" else NONE,
    )


def percent(share: float) -> str:
    """A fraction in percent with one decimal, such as `70.3`."""
    return f"{100 * share:.1f}"


def spell_difference(difference: Difference | None) -> str:
    """A difference in points with its interval; a dash for none."""
    return NONE if difference is None else difference.in_points()


def spell_parameters(arm: ArmResult) -> str:
    """Millions of parameters and how many of them the injection added, such as `22.9M (+0.3M)`."""
    total = f"{arm.parameters / 1e6:.1f}M"
    return f"{total} (+{arm.plugin_parameters / 1e6:.2f}M)" if arm.plugin_parameters else total


def spell_memory(arm: ArmResult) -> str:
    """Peak memory in MiB; a dash where not known."""
    return NONE if arm.peak_memory_mib is None else f"{arm.peak_memory_mib:,.0f}"


def _has_memory(comparison: Comparison) -> bool:
    return any(arm.peak_memory_mib is not None for arm in comparison.arms)
