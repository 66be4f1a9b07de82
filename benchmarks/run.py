"""Repeat the committed comparisons: build the graph, compare the arms, replace the result and the README's table.

    python -m benchmarks.run             all of benchmarks/configs
    python -m benchmarks.run bc5cdr      one of them

A configuration is `benchmarks/configs/NAME.json`: `graph` is a graph of `python -m kg_data list`, `data` a folder below
the real data (`KGATTN_DATA`, default `../shared/data`), and every other key an option of `kgattn compare`; the model
`multilingual-e5` is written by `benchmarks/multilingual_e5.py`. Graphs, models and runs are kept under `runs/`, so a
comparison that was stopped goes on where it was.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kgattn.files import write_text

ROOT = Path(__file__).resolve().parent.parent
CONFIGS = ROOT / "benchmarks" / "configs"
RESULTS = ROOT / "benchmarks" / "results"
WRITTEN_MODELS = {"multilingual-e5": "benchmarks.multilingual_e5"}


def commands(name: str, config: dict[str, Any], data: Path, runs: Path) -> list[list[str]]:
    """What to run for one comparison, each command as a list of arguments."""
    graph, output = runs / "graphs" / config["graph"], runs / name
    python = [sys.executable, "-m"]
    build = [*python, "kg_data", "build", config["graph"], "-o", str(graph), "--source", str(data)]
    compare = [*python, "kgattn", "compare", "--data", str(data / config["data"]), "--graph", str(graph)]
    before = [] if (graph / "graph.json").is_file() else [build]
    writer = WRITTEN_MODELS.get(config.get("model", ""))
    if writer:
        model = runs / "models" / config["model"]
        config = {**config, "model": model}
        before += [] if (model / "model.safetensors").is_file() else [[*python, writer, "-o", str(model)]]
    for option, value in config.items():
        if option not in ("graph", "data"):
            compare += [f"--{option}", str(value)]
    return [*before, [*compare, "-o", str(output)]]


def portable(result: str, data: Path) -> str:
    """A result with paths as the next person has them: below the checkout, and the data beside it."""
    return result.replace(str(data), "../shared/data").replace(f"{ROOT}/", "")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the comparisons named, or all; the first failure ends it."""
    known = sorted(path.stem for path in CONFIGS.glob("*.json"))
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"among {', '.join(known)}; none is all")
    names = parser.parse_args(arguments).names or known
    unknown = [name for name in names if name not in known]
    if unknown:
        parser.error(f"expected names among {', '.join(known)}, got {unknown[0]}")
    data = Path(os.environ.get("KGATTN_DATA", ROOT.parent / "shared" / "data")).expanduser().absolute()
    runs = ROOT / "runs"
    RESULTS.mkdir(exist_ok=True)
    for name in names:
        config = json.loads((CONFIGS / f"{name}.json").read_text(encoding="utf-8"))
        for command in commands(name, config, data, runs):
            print("$", *command[2:], flush=True)
            code = subprocess.run(command, cwd=ROOT, check=False).returncode
            if code:
                return code
        result = (runs / name / "compare.json").read_text(encoding="utf-8")
        write_text(RESULTS / f"{name}.json", portable(result, data))
    return subprocess.run([sys.executable, "-m", "benchmarks.tables"], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
