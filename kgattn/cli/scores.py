"""Scores of one run as a table on standard output."""

from typing import Any


def print_scores(title: str, scores: dict[str, Any]) -> None:
    """Print precision, recall and F1 in percent, in all and by type, and the recall of each slice.

    Args:
        title: Above the table.
        scores: What `EntityScores.to_json` gives.
    """
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    table.add_column("entities")
    for name in ("gold", "precision", "recall", "F1"):
        table.add_column(name, justify="right")
    for name, row in (("all", scores), *scores["by_type"].items()):
        gold = row["true_positives"] + row["false_negatives"]
        table.add_row(name, str(gold), *(f"{100 * row[key]:.1f}" for key in ("precision", "recall", "f1")))
    table.add_section()
    for name, row in scores["slices"].items():
        table.add_row(name, str(row["gold"]), "", f"{100 * row['recall']:.1f}", "")
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=120)
    console.print(table)
