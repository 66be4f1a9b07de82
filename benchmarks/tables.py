"""Fill the tables of README.md and docs/results.md from the committed results, or check that they are up to date.

    python -m benchmarks.tables            rewrite the tables
    python -m benchmarks.tables --check    change nothing, exit 1 when a table is stale

A table stands between `<!-- results:NAME -->` and `<!-- /results:NAME -->`; it comes from
`benchmarks/results/NAME.json`, which is the `compare.json` of a comparison, the report of `kgattn bench`, or that of
`benchmarks.linker_quality`, `linker_speed` or `pretraining`. The block `overview` has a line for each comparison.
"""

import argparse
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import linker_speed, linker_tables, overview, pretraining_table
from kgattn.errors import RunError
from kgattn.evidence.comparison import load_comparison
from kgattn.report.table import markdown_table
from kgattn.speed.report import KIND, load_report, markdown

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = (ROOT / "README.md", ROOT / "docs" / "results.md")
BLOCK = re.compile(r"(?P<open><!-- results:(?P<name>[\w.-]+) -->\n).*?(?P<close><!-- /results:(?P=name) -->)", re.S)
OPENING = re.compile(r"<!-- results:([\w.-]+) -->")


def fill(text: str, results: Path) -> tuple[str, list[str]]:
    """Put the current table into every block.

    Args:
        text: A Markdown document with blocks.
        results: Folder of the results.

    Returns:
        The document with its tables, and the names of the blocks whose table was another.

    Raises:
        RunError: A block is not closed, its result is absent, or no block is there.
    """
    names = [match["name"] for match in BLOCK.finditer(text)]
    unclosed = [name for name in OPENING.findall(text) if name not in names]
    if unclosed:
        raise RunError(f"the block results:{unclosed[0]} must end with <!-- /results:{unclosed[0]} -->; add that line")
    if not names:
        raise RunError("a block such as <!-- results:NAME --> is needed to hold a table, found none; add one")
    stale = []

    def table(match: re.Match[str]) -> str:
        filled = f"{match['open']}{_table(results / (match['name'] + '.json'))}\n{match['close']}"
        if filled != match[0]:
            stale.append(match["name"])
        return filled

    return BLOCK.sub(table, text), stale


def _table(path: Path) -> str:
    """Of a comparison, of all of them, a speed report, pre-training, or the linker's speed or quality."""
    if path.stem == overview.NAME:
        return overview.markdown(path.parent)
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    if path.stem == pretraining_table.NAME and text:
        return pretraining_table.markdown(json.loads(text))
    if f'"kind": "{KIND}"' in text:
        return markdown(load_report(path))
    if f'"kind": "{linker_tables.KIND}"' in text:
        return linker_tables.markdown(json.loads(text))
    if f'"kind": "{linker_speed.KIND}"' in text:
        return linker_speed.markdown(json.loads(text))
    return markdown_table(load_comparison(path))


def main(arguments: Sequence[str] | None = None) -> int:
    """Fill or check all documents; the first that is broken ends it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tables", description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 when a table is stale")
    parser.add_argument("--documents", type=Path, nargs="+", default=DOCUMENTS, help="what has the tables")
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "results", help="folder of the results")
    options = parser.parse_args(arguments)
    return max(_document(path, options.results, check=options.check) for path in options.documents)


def _document(path: Path, results: Path, *, check: bool) -> int:
    """Fill or check one document: 1 where it is broken, or stale and only checked."""
    try:
        filled, stale = fill(path.read_text(encoding="utf-8"), results)
    except RunError as error:
        print(f"error: {path.name}: {error}", file=sys.stderr)
        return 1
    if not stale:
        print(f"{path.name}: tables are up to date")
        return 0
    if check:
        message = f"{path.name}: stale tables {', '.join(stale)}; run python -m benchmarks.tables"
        print(message, file=sys.stderr)
        return 1
    path.write_text(filled, encoding="utf-8")
    print(f"{path.name}: filled {', '.join(stale)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
