"""Link the same texts by the real command with one process and with two, in turns, and compare the time.

    python -m benchmarks.link_processes                    two idle cores, 5 minutes
    python -m benchmarks.link_processes --sentences 20000  shorter, result to runs/: to see that it works

The texts are those of `benchmarks/link_soak.py`. Outputs must be equal, byte by byte, before any time counts. Wall
time is given twice: of the whole command, in which Python and the graph are loaded once by one process, and of the
linking alone, as the command says it.
"""

import argparse
import hashlib
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from benchmarks.link_soak import NAMES, prepare
from kgattn.files import write_json
from kgattn.training.environment import describe_environment

ROOT = Path(__file__).resolve().parent.parent
NAME = "link_processes"
SENTENCES = 200_000
PROCESSES = (1, 2)
ROUNDS = 3
SPEED = re.compile(r"linked ([\d,]+) texts, ([\d,]+) tokens, .*?([\d,]+) tokens/s")


def run(graph: Path, texts: Path, output: Path, processes: int) -> dict[str, Any]:
    """One call of the command."""
    command = [sys.executable, "-m", "kgattn", "link", "--graph", str(graph), str(texts), "-o", str(output)]
    started = time.perf_counter()
    ended = subprocess.run([*command, "--overwrite", "-n", str(processes)], capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    said = SPEED.search(ended.stderr)
    if ended.returncode or said is None:
        raise SystemExit(f"the command failed: {ended.stderr}")
    return {
        "processes": processes,
        "seconds": round(seconds, 2),
        "tokens_per_second": int(said[3].replace(",", "")),
        "sha256": hashlib.sha256(output.read_bytes()).hexdigest(),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the texts, link them in turns, write and print the ratios."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{NAME}", description=__doc__.splitlines()[0])
    parser.add_argument("--sentences", type=int, default=SENTENCES)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args(arguments)
    folder = ROOT / "runs" / NAME
    graph, texts = prepare(folder, options.sentences)
    run(graph, texts, folder / "linked.jsonl", 1)  # builds the index
    rows = [
        run(graph, texts, folder / f"linked-{processes}.jsonl", processes)
        for _ in range(options.rounds)
        for processes in PROCESSES
    ]
    if len({row.pop("sha256") for row in rows}) != 1:
        raise SystemExit("one and two processes wrote different mentions: no time counts")
    one, two = ([row for row in rows if row["processes"] == processes] for processes in PROCESSES)
    whole = statistics.median(before["seconds"] / after["seconds"] for before, after in zip(one, two, strict=True))
    linking = statistics.median(
        after["tokens_per_second"] / before["tokens_per_second"] for before, after in zip(one, two, strict=True)
    )
    report = {
        "sentences": options.sentences,
        "graph_names": NAMES,
        "rows": rows,
        "times_one_whole": round(whole, 3),
        "times_one_linking": round(linking, 3),
        **describe_environment(torch.device("cpu"), None),
    }
    committed = options.sentences == SENTENCES and options.rounds == ROUNDS
    write_json((ROOT / "benchmarks" / "results" if committed else folder) / f"{NAME}.json", report)
    print(f"two processes are {linking:.2f} times one in linking, {whole:.2f} times with starting up")
    return 0


if __name__ == "__main__":
    sys.exit(main())
