"""The tables of `results/linker_quality.json` in Markdown."""

from collections.abc import Sequence
from typing import Any

KIND = "linker_quality"


def markdown(values: dict[str, Any]) -> str:
    """A table of where links stand, and one of which city they name."""
    return "\n\n".join((_corpora(values["corpora"]), _cities(values["cities"])))


def _corpora(rows: Sequence[dict[str, Any]]) -> str:
    header = ("corpus", "step", "exact", "precision", "partial", "ambiguous", "tokens/s")
    lines = []
    for row in rows:
        size = row["sentences_in_document"]
        place = f"{row['corpus']} {row['split']}" + (f", {size} sentences a document" if size > 1 else "")
        shares = [f"{100 * row[name]:.1f}" for name in ("exact", "precision", "partial", "ambiguous")]
        speed = row.get("tokens_per_second")
        lines.append((place, row["arm"], *shares, "–" if speed is None else f"{speed:,.0f}"))
    return _table(header, lines, left=2)


def _cities(rows: Sequence[dict[str, Any]]) -> str:
    splits = list(dict.fromkeys((row["split"], row["distracted"]) for row in rows))
    of = {(row["arm"], row["split"], row["distracted"]): row for row in rows}
    header = ["city names, likeliest entity right"]
    for split, distracted in splits:
        header += [f"{split}, two countries named" if distracted else split, "calibration error"]
    lines = []
    for arm in dict.fromkeys(row["arm"] for row in rows):
        cells = [arm]
        for place in splits:
            row = of[(arm, *place)]
            cells += [f"{100 * row['accuracy']:.1f}", f"{100 * row['calibration']:.1f}"]
        lines.append(cells)
    return _table(header, lines, left=1)


def _table(header: Sequence[str], lines: Sequence[Sequence[str]], *, left: int) -> str:
    rule = "|---" * left + "|---:" * (len(header) - left) + "|"
    rows = [f"| {' | '.join(cells)} |" for cells in (header, *lines)]
    return "\n".join((rows[0], rule, *rows[1:]))
