"""Link a long stream by the real command and watch its memory: it must not grow, though new words never end.

    python -m benchmarks.link_soak                         a million sentences: about 5 minutes of CPU
    python -m benchmarks.link_soak --sentences 300000      shorter, result to runs/: to see that it works

The sentences are generated: 20 words, of them 15 drawn by frequency from 20,000 (a Zipf-like law), two names of the
graph of two words each, and one that no sentence had before. That one makes it a test: a stream whose words come
to an end lets memory settle whatever one does. The command runs as a process of its own; its resident memory is read
from Linux's /proc whenever another 50,000 sentences are committed. What it has after the first 200,000 is the
warm-up: caches fill, of words up to their limits and of the graph's rows up to its size.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch

from kgattn.cli.graph import save
from kgattn.files import write_json
from kgattn.graph import KnowledgeGraph
from kgattn.linking import EntityLinker
from kgattn.training.environment import describe_environment

ROOT = Path(__file__).resolve().parent.parent
NAME = "link_soak"
MILLION = 1_000_000
NAMES = 100_000
COMMON = 20_000
STEP = 50_000
WARM_UP = 4  # steps
LIMIT_MIB = 50.0
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def make_word(drawn: random.Random, shortest: int, longest: int) -> str:
    return "".join(drawn.choices(LETTERS, k=drawn.randint(shortest, longest)))


def make_names(common: Sequence[str], drawn: random.Random) -> list[str]:
    """Distinct names of two capitalised words."""
    names: dict[str, None] = {}
    while len(names) < NAMES:
        names[f"{drawn.choice(common).title()} {drawn.choice(common).title()}"] = None
    return list(names)


def sentences(number: int, common: Sequence[str], names: Sequence[str], drawn: random.Random) -> Iterator[str]:
    """Sentences of 20 words, one of them never seen before."""
    for _ in range(number):
        words = [common[min(int(drawn.paretovariate(0.9)) - 1, COMMON - 1)] for _ in range(15)]
        words.insert(3, drawn.choice(names))
        words.insert(8, make_word(drawn, 10, 12))  # of 26**10: hardly ever seen twice
        words.insert(12, drawn.choice(names))
        yield " ".join(words) + "."


def prepare(folder: Path, number: int) -> tuple[Path, Path]:
    """The graph, with its index as `kgattn graph build` writes it, and the file of texts, made once."""
    folder.mkdir(parents=True, exist_ok=True)
    graph, texts = folder / "graph", folder / f"{number}.txt"
    drawn = random.Random(0)
    common = list(dict.fromkeys(make_word(drawn, 2, 9) for _ in range(2 * COMMON)))[:COMMON]
    names = make_names(common, drawn)
    if not graph.exists():
        made = KnowledgeGraph.from_triples([], labels={f"Q{row}": name for row, name in enumerate(names)})
        save(made, EntityLinker(made), graph)
    if not texts.exists():
        with texts.open("w", encoding="utf-8") as file:
            file.writelines(sentence + "\n" for sentence in sentences(number, common, names, drawn))
    return graph, texts


def resident_mib(process: int) -> float:
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def watch(command: list[str], state: Path) -> tuple[list[dict[str, float]], str, float]:
    """Run the command; memory at each step, what it said at the end, and its CPU seconds."""
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    rows: list[dict[str, float]] = []
    while process.poll() is None:
        time.sleep(0.05)
        done = json.loads(state.read_text())["records"] if state.exists() else 0
        if done >= (len(rows) + 1) * STEP:
            memory = resident_mib(process.pid)
            if memory:  # none once it has ended
                rows.append({"sentences": done, "resident_mib": round(memory, 1)})
                print(f"{done:>9,} sentences: {memory:.0f} MiB", flush=True)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    said = process.stderr.read() if process.stderr else ""
    if process.returncode:
        raise SystemExit(f"the command failed: {said}")
    return rows, said, used.ru_utime + used.ru_stime


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the texts, link them, write the memory at every step."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{NAME}", description=__doc__.splitlines()[0])
    parser.add_argument("--sentences", type=int, default=MILLION)
    options = parser.parse_args(arguments)
    if options.sentences < (WARM_UP + 2) * STEP:
        parser.error(f"--sentences must be at least {(WARM_UP + 2) * STEP}: {WARM_UP * STEP} warm up")
    folder = ROOT / "runs" / NAME
    graph, texts = prepare(folder, options.sentences)
    output = folder / "linked.jsonl"
    command = [sys.executable, "-m", "kgattn", "link", "--graph", str(graph), str(texts), "-o", str(output)]
    state = output.with_name(output.name + ".run.json")
    state.unlink(missing_ok=True)
    rows, said, seconds = watch([*command, "--overwrite"], state)
    counts = json.loads(state.read_text())
    memory = [row["resident_mib"] for row in rows[WARM_UP - 1 :]]
    drift = max(memory) - memory[0]
    result = {
        "sentences": counts["records"],
        "tokens": counts["tokens"],
        "mentions": counts["mentions"],
        "graph_names": NAMES,
        "cpu_seconds": round(seconds, 1),
        "tokens_per_cpu_second": round(counts["tokens"] / seconds),
        "warm_up_sentences": WARM_UP * STEP,
        "drift_mib": round(drift, 1),
        "limit_mib": LIMIT_MIB,
        "output_mib": round(output.stat().st_size / 2**20, 1),
        "said": said.strip().rpartition("now ")[2],
        "memory": rows,
        **describe_environment(torch.device("cpu"), None),
    }
    write_json((ROOT / "benchmarks" / "results" if options.sentences == MILLION else folder) / f"{NAME}.json", result)
    print(f"{result['said']}; {result['tokens_per_cpu_second']:,} tokens a CPU second")
    print(f"after {WARM_UP * STEP:,} sentences memory rose by at most {drift:.1f} MiB")
    return 0 if drift <= LIMIT_MIB else 1


if __name__ == "__main__":
    sys.exit(main())
