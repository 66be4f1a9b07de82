"""Run the laws over every architecture and kernel, and print what held.

    python -m benchmarks.laws                the whole matrix: some minutes
    python -m benchmarks.laws -k bert        a part of it, as pytest selects tests

A row is an architecture and how it attends, a column a law; the kernels by themselves have rows too. The exit code is 0
when nothing failed.
"""

import re
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
LAWS = {
    1: "injecting changes nothing",
    2: "no links is plain",
    3: "padding, order",
    4: "numbering",
    5: "gradients",
    6: "equals reference",
    7: "company",
}
KERNELS = ("reference", "dense", "fold", "block", "flex")  # kgattn's, which tests must be the first to import
ATTENTIONS = ("auto", "sdpa", "eager", *KERNELS)
STACKS = ("encoder", "decoder", "cross")
FILES = ("injection/test_laws.py", "injection/test_two_stacks.py", "attention/test_kernels.py")
IN_BRACKETS = re.compile(r"\[(.*)\]$")


class Matrix:
    """A pytest plugin that keeps outcomes by row and law.

    Attributes:
        outcomes: Outcomes of the tests of a row (architecture or "kernel", and how it attends) and law.
        reasons: Why tests were skipped, with the rows it happened to.
    """

    def __init__(self) -> None:
        self.outcomes: dict[tuple[str, str], dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
        self.reasons: dict[str, set[str]] = defaultdict(set)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Called for each phase of each test."""
        if report.when == "call" or report.outcome != "passed":
            row, law = place(report.nodeid)
            if row is None:
                return
            self.outcomes[row][law].append(report.outcome)
            if report.skipped:
                reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
                self.reasons[reason.removeprefix("Skipped: ")].add(" ".join(row))


def place(nodeid: str) -> tuple[tuple[str, str] | None, int]:
    """Row and law of a test; no row for tests that are about no particular architecture or kernel."""
    name = nodeid.rpartition("::")[2]
    found = IN_BRACKETS.search(name)
    words = found[1] if found else ""
    if "/attention/" in nodeid:
        kernel = next((kernel for kernel in KERNELS if kernel in re.split(r"[-\s]", words)), None)
        if kernel is None and "flex" in name:
            kernel = "flex"
        return (None if kernel is None else ("kernel", kernel)), 6
    attention = next((name for name in ATTENTIONS if re.search(rf"(^|-){name}(-|$)", words)), "any")
    architecture = re.sub(rf"-?\b({'|'.join(ATTENTIONS)})\b.*", "", words)
    if "test_two_stacks" in nodeid:
        parts = words.split("-")
        stacks = "+".join(part for part in parts if part in STACKS)
        architecture = f"{parts[0]}, {stacks or 'decoder injected'}" if words else ""
    law = re.match(r"test_law_(\d)", name)
    return ((architecture, attention) if architecture else None), int(law[1]) if law else 7


def cell(outcomes: Sequence[str]) -> str:
    """Such as `5`, `4, 1 skipped` or `2 FAILED`."""
    failed, skipped = outcomes.count("failed"), outcomes.count("skipped")
    passed = outcomes.count("passed")
    parts = [f"{failed} FAILED"] * bool(failed) + [str(passed)] * bool(passed) + [f"{skipped} skipped"] * bool(skipped)
    return ", ".join(parts) or "–"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run and print."""
    matrix = Matrix()
    tests = [str(ROOT / "tests" / file) for file in FILES]
    chosen = list(sys.argv[1:] if arguments is None else arguments)
    code = pytest.main(["-q", "--no-header", "--tb=short", *tests, *chosen], plugins=[matrix])
    table = Table(title="tests that passed, by architecture, attention and law", title_justify="left")
    table.add_column("architecture", no_wrap=True)
    for name in ("attention", *(f"{number} {law}" for number, law in LAWS.items())):
        table.add_column(name)
    for row, laws in sorted(matrix.outcomes.items()):
        table.add_row(*row, *(cell(laws[number]) for number in LAWS))
    console = Console(width=160)
    console.print(table)
    for reason, rows in sorted(matrix.reasons.items()):
        console.print(f"skipped: {reason} ({', '.join(sorted(rows))})", markup=False, highlight=False)
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
