"""The rows of a comparison's table as text, the same for terminal, page and README."""

from dataclasses import dataclass

from kgattn.evidence.comparison import ArmResult, Comparison
from kgattn.evidence.statistics import Difference

HEADER = ("arm", "F1", "sd", "seeds", "minus plain", "biased minus it", "parameters", "seconds")


@dataclass(frozen=True)
class Row:
    """One arm's cells, as named in `HEADER`."""

    cells: tuple[str, ...]
    emphasised: bool


def table_rows(comparison: Comparison) -> list[Row]:
    """One row an arm, in the comparison's order; scores in percent."""
    return [
        Row(
            (
                arm.name,
                percent(arm.f1.mean),
                percent(arm.f1.sd) if arm.f1.num_seeds > 1 else "–",
                str(arm.f1.num_seeds),
                spell_difference(comparison.difference(arm.name, "plain")),
                spell_difference(comparison.difference("biased", arm.name)) if arm.role != "plain" else "–",
                spell_parameters(arm),
                f"{arm.seconds:.0f}",
            ),
            arm.role == "biased",
        )
        for arm in comparison.arms
    ]


def percent(share: float) -> str:
    """A fraction in percent with one decimal, such as `70.3`."""
    return f"{100 * share:.1f}"


def spell_difference(difference: Difference | None) -> str:
    """A difference in points with its interval; a dash for none."""
    return "–" if difference is None else difference.in_points()


def spell_parameters(arm: ArmResult) -> str:
    """Millions of parameters and how many of them the injection added, such as `22.9M (+0.3M)`."""
    total = f"{arm.parameters / 1e6:.1f}M"
    return f"{total} (+{arm.plugin_parameters / 1e6:.2f}M)" if arm.plugin_parameters else total
