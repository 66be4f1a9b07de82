"""Measure how long a graph takes to load and what memory it adds, against filling an `rdflib.Graph`; JSON and a table.

    python -m benchmarks.graph_loading                       a million statements: about 5 minutes on one quiet core
    python -m benchmarks.graph_loading --triples 10000       small, result to runs/: to see that it works

Each route runs in a process of its own, one after the other and round again, on the same generated file. CPU seconds
and added peak memory are those of loading alone: libraries are imported before. `core` is kgattn without pyoxigraph,
`fast-rdf` with it; N-Triples are read alike by both.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import torch

from benchmarks.graph_shapes import write_ntriples
from kgattn.files import write_json
from kgattn.training.environment import describe_environment

ROOT = Path(__file__).resolve().parent.parent
NAME = "graph_loading"
ROUTES = ("rdflib.Graph", "core", "fast-rdf")
SUFFIXES = {"nt": "N-Triples", "ttl": "Turtle"}
MILLION = 1_000_000
REPEATS = 3


def measure(route: str, path: Path) -> dict[str, float | int | str]:
    """Load once, in this process, which must be fresh."""
    import rdflib

    from kgattn.graph import KnowledgeGraph, oxigraph, rdf_files

    _ = rdf_files  # what `load` would import
    if route == "core":
        sys.modules["pyoxigraph"] = None  # type: ignore[assignment]
    elif route == "fast-rdf" and oxigraph.pyoxigraph() is None:
        raise SystemExit("the route fast-rdf needs pyoxigraph; pip install 'kgattn[fast-rdf]'")
    memory, started = _peak_mib(), time.process_time()
    graph = rdflib.Graph().parse(path) if route == "rdflib.Graph" else KnowledgeGraph.load(path)
    seconds, added = time.process_time() - started, _peak_mib() - memory
    if isinstance(graph, KnowledgeGraph):
        return {"seconds": seconds, "mib": added, "triples": graph.num_triples, "fingerprint": graph.fingerprint}
    return {"seconds": seconds, "mib": added, "triples": len(graph)}


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure_all(paths: dict[str, Path], repeats: int) -> list[dict[str, object]]:
    """Every route over every file, interleaved; the medians."""
    jobs = [(suffix, route) for suffix in paths for route in ROUTES]
    runs: dict[tuple[str, str], list[dict[str, float]]] = {job: [] for job in jobs}
    for round_ in range(repeats):
        for suffix, route in jobs:
            command = [sys.executable, "-m", f"benchmarks.{NAME}", "--route", route, "--file", str(paths[suffix])]
            done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
            runs[suffix, route].append(json.loads(done.stdout))
            print(f"round {round_ + 1} of {repeats}: {SUFFIXES[suffix]}, {route}", flush=True)
    fingerprints = {run["fingerprint"] for some in runs.values() for run in some if "fingerprint" in run}
    if len(fingerprints) != 1:
        raise SystemExit("the routes made different graphs: no time of theirs counts")
    return [_row(suffix, route, runs[suffix, route], runs[suffix, ROUTES[0]]) for suffix, route in jobs]


def _row(suffix: str, route: str, runs: list[dict[str, float]], plain: list[dict[str, float]]) -> dict[str, object]:
    seconds = [run["seconds"] for run in runs]
    median = statistics.median(seconds)
    return {
        "format": SUFFIXES[suffix],
        "route": route,
        "seconds": median,
        "seconds_all": seconds,
        "added_mib": statistics.median(run["mib"] for run in runs),
        "times_faster": statistics.median(run["seconds"] for run in plain) / median,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{NAME}", description=__doc__.splitlines()[0])
    parser.add_argument("--triples", type=int, default=MILLION, help="statements of the generated file")
    parser.add_argument("--repeats", type=int, default=REPEATS, help="rounds of each route")
    parser.add_argument("--route", choices=ROUTES, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.route:
        print(json.dumps(measure(options.route, options.file)))
        return 0
    paths = {suffix: ROOT / "runs" / NAME / f"{options.triples}.{suffix}" for suffix in SUFFIXES}
    paths["nt"].parent.mkdir(parents=True, exist_ok=True)
    count = write_ntriples(paths["nt"], options.triples)
    write_turtle(paths["nt"], paths["ttl"])
    rows = measure_all(paths, options.repeats)
    folder = ROOT / "benchmarks" / "results" if options.triples == MILLION else ROOT / "runs"
    environment = describe_environment(torch.device("cpu"), None)
    environment["versions"] |= {name: version(name) for name in ("rdflib", "pyoxigraph")}
    files = {suffix: path.stat().st_size / 2**20 for suffix, path in paths.items()}
    write_json(
        folder / f"{NAME}.json",
        {"triples": count, "file_mib": files, "rows": rows, **environment},
    )
    print(f"{'format':<10} {'route':<13} {'CPU s':>7} {'added MiB':>10} {'times faster':>13}")
    for row in rows:
        print("{format:<10} {route:<13} {seconds:>7.2f} {added_mib:>10.0f} {times_faster:>13.1f}".format(**row))
    return 0


def write_turtle(source: Path, target: Path) -> None:
    """The same statements with prefixes, those of a subject together."""
    import pyoxigraph

    prefixes = {
        "e": "http://example.org/entity/",
        "c": "http://example.org/class/",
        "p": "http://example.org/relation/",
        "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
        "skos": "http://www.w3.org/2004/02/skos/core#",
    }
    formats = pyoxigraph.RdfFormat
    triples = (quad.triple for quad in pyoxigraph.parse(path=source, format=formats.N_TRIPLES))
    pyoxigraph.serialize(triples, target, formats.TURTLE, prefixes=prefixes)


if __name__ == "__main__":
    sys.exit(main())
