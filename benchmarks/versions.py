"""Run the tests of what touches Transformers with several versions of it, and print what held.

    python -m benchmarks.versions                the oldest supported version, one between, and the newest
    python -m benchmarks.versions 5.1.0 5.8.*    others

A version is an environment under build/, made by `make` the first time: gigabytes and minutes each. `make clean` comes
before a try of releases since. The exit code is 0 when nothing failed. Needs nothing but Python and make.
"""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
VERSIONS = ("5.0.*", "5.4.*", "5.*")
TESTS = ("injection", "ner", "training", "linking", "cli")
NOT_SERVED = re.compile(r"(\w+) of transformers \S+ (.*); use a newer transformers")


@dataclass(frozen=True)
class Outcome:
    """What the tests said with one version.

    Attributes:
        installed: The version that was installed.
        passed: How many tests passed.
        skipped: How many were skipped, for whatever reason.
        failed: How many failed or could not begin.
        refused: What the installed version cannot serve and why, as `inject` says.
    """

    installed: str
    passed: int
    skipped: int
    failed: int
    refused: tuple[str, ...]


def run(version: str) -> Outcome | None:
    """Make the environment if need be and run the tests; None where they did not come to run."""
    folder = ROOT / "build" / f"transformers-{version.replace('.*', '')}"
    constraint, report = (folder.with_name(f"{folder.name}{ending}") for ending in (".constraint.txt", ".results.xml"))
    folder.parent.mkdir(exist_ok=True)
    constraint.write_text(f"transformers=={version}\n", encoding="utf-8")
    report.unlink(missing_ok=True)
    tests = " ".join(f"tests/{name}" for name in TESTS)
    command = [
        "make",
        "test",
        f"VENV={folder.relative_to(ROOT)}",
        f"TESTS={tests} --junitxml={report.relative_to(ROOT)}",
    ]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "PIP_CONSTRAINT": str(constraint)}, check=False)
    if not report.is_file():
        return None
    metadata = next(folder.glob("lib/*/site-packages/transformers-*.dist-info"))
    outcome = read(report, metadata.stem.removeprefix("transformers-"))
    complete = outcome.passed > 0 and (done.returncode == 0) == (outcome.failed == 0)
    return outcome if complete else None  # interrupted, or nothing was collected


def read(report: Path, installed: str) -> Outcome:
    """The outcome in a report that pytest wrote."""
    suite = ElementTree.parse(report).getroot()[0]
    total, skipped, failed, errors = (int(suite.attrib[name]) for name in ("tests", "skipped", "failures", "errors"))
    reasons = {skip.attrib.get("message", "") for skip in suite.iter("skipped")}
    refused = sorted({" ".join(found.groups()) for reason in reasons if (found := NOT_SERVED.search(reason))})
    return Outcome(installed, total - skipped - failed - errors, skipped, failed + errors, tuple(refused))


def main(versions: Sequence[str] | None = None) -> int:
    """Run and print."""
    asked = tuple(sys.argv[1:] if versions is None else versions) or VERSIONS
    outcomes = {version: run(version) for version in asked}
    row = "{:<14} {:>7} {:>8} {:>7}  {}"
    print(row.format("transformers", "passed", "skipped", "failed", "not served").rstrip())
    for version, outcome in outcomes.items():
        if outcome is None:
            print(f"{version:<14} the tests did not run")
            continue
        first, *others = outcome.refused or ("-",)
        print(row.format(outcome.installed, outcome.passed, outcome.skipped, outcome.failed, first))
        for other in others:
            print(row.format("", "", "", "", other))
    return int(any(outcome is None or outcome.failed for outcome in outcomes.values()))


if __name__ == "__main__":
    sys.exit(main())
