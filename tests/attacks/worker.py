"""Reads hostile files: one process with everything imported, and a fork of it for each file.

A line of JSON comes in (`path`, `task`), a line of JSON goes out: the outcome, or how the fork ended. A fork may
neither open a connection nor a file beside the given path and Python's own.
"""

import dataclasses
import json
import math
import os
import resource
import select
import signal
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import fastobo  # noqa: F401 - imported once, not by each fork
import guard
import networkx
import numpy as np
import rdflib.plugins.parsers.jsonld  # noqa: F401

import kgattn.graph.closure
import kgattn.graph.knowledge_graph
import kgattn.graph.networkx_io
import kgattn.graph.obo
import kgattn.graph.rdf_files
import kgattn.graph.rule_engine
import kgattn.graph.rule_syntax
import kgattn.graph.sources
from kgattn.graph import KnowledgeGraph, oxigraph, read_rules, sample_subgraph
from kgattn.graph.paths import HUB_DEGREE, pair_nearness
from kgattn.graph.shared_types import shared_types

CPU_SECONDS = 4
"""A fork is ended after these; the tests ask for less. What it starts sets its own limit, below the second."""
MOST_CPU_SECONDS = 60
WALL_SECONDS = 60
SECONDS, BRIEFLY = 20.0, 3.0
"""By the clock, for what a process is started for: ample where an answer should come, else little."""
MEMORY = 3 << 30
"""Bytes of addresses, most of which Python's libraries hold from the start."""
CHILD_MEMORY = 1 << 30
CHAIN, LIMIT = 50, 1_000
"""Relations between neighbours that rules are asked about, and the most answers: fewer than there are pairs."""
CHILD = Path(__file__).with_name("child")


def watch(path: Path, *, may_start: bool) -> None:
    """From now on report connections, and files that are none of this one's business, as a crime."""
    given = () if "\0" in str(path) else (os.path.realpath(path), os.path.abspath(path))
    guard.forbid(given, lambda crime: end({"crime": crime}), may_start=may_start)


def end(outcome: dict) -> None:
    """Report and leave, past all handlers."""
    for whose, prefix in ((resource.RUSAGE_SELF, ""), (resource.RUSAGE_CHILDREN, "child_")):
        used = resource.getrusage(whose)
        outcome |= {f"{prefix}seconds": used.ru_utime + used.ru_stime, f"{prefix}mib": used.ru_maxrss / 1024}
    os.write(REPORT, json.dumps(outcome).encode())
    os._exit(0)


def load(path: Path) -> dict:
    """Read a graph and all that is in it."""
    graph = KnowledgeGraph.load(path)
    labels, aliases = list(graph.labels), list(graph.alias_texts)
    return {
        "entities": graph.num_entities,
        "triples": graph.num_triples,
        "labels": sorted(label[:100] for label in labels)[:100],
        "longest": max(map(len, labels + aliases)),
        "fingerprint": graph.fingerprint,
    }


def load_by_rdflib(path: Path) -> dict:
    """The same without pyoxigraph."""
    oxigraph.pyoxigraph = lambda: None
    return load(path)


def look_around_hub(path: Path) -> dict:
    """Sample around a hub, and look up its pairs, in a graph whose indexes are there."""
    graph = PREPARED[path]
    started = time.process_time()
    part = sample_subgraph(graph, np.array([0, 1]), 2, 10)
    keys = graph.pair_index.keys
    pairs = np.searchsorted(keys, np.arange(1, 9) * graph.num_entities)
    return {
        "entities": graph.num_entities,
        "triples": graph.num_triples,
        "edges": part.num_edges,
        "found": int((keys[pairs] // graph.num_entities == np.arange(1, 9)).sum()),
        "looking": time.process_time() - started,
    }


def look_for_pairs(path: Path) -> dict:
    """Load a graph, make its indexes, sample around a hub, and ask for paths, siblings and types of pairs."""
    graph = dataclasses.replace(KnowledgeGraph.load(path), path=None)  # leaves the saved indexes behind
    part = sample_subgraph(graph, np.arange(16), 2, 10)
    pairs = {
        "to hub": [(1, 0), (0, 99_999), (50_000, 0)],
        "over hub": [(30, 40), (99_999, 100_000), (1, 50_000)],
        "beside": [(1, 1), (1, 2), (1, 3), (1, 4), (1, 5), (21, 22)],
    }
    first, second = np.array([pair for some in pairs.values() for pair in some]).T
    near = pair_nearness(graph, first, second, HUB_DEGREE)
    lengths, siblings = iter(near.length.tolist()), np.flatnonzero(near.siblings)
    return {
        "triples": graph.num_triples,
        "edges": part.num_edges,
        "lengths": {name: [next(lengths) for _ in some] for name, some in pairs.items()},
        "siblings": np.stack([first, second], axis=1)[siblings].tolist(),
        "shared types": float(shared_types(graph, first, second).min()),
    }


def close(path: Path, seconds: float) -> dict:
    """Close a file, in a process of its own."""
    kgattn.graph.closure.MEMORY = CHILD_MEMORY
    graph = kgattn.graph.closure.load_closed(path, limit=10_000, time_limit=seconds)
    return {"triples": graph.num_triples, "labels": list(graph.labels)}


def read_rule(path: Path) -> dict:
    """Read a rule, and no more."""
    (rule,) = read_rules(path)
    return {"kind": rule.kind}


def ask(path: Path, engine: str, seconds: float) -> dict:
    """Read a rule and evaluate it over a chain, in a process of its own."""
    (rule,) = read_rules(path)
    graph = KnowledgeGraph.from_triples([(f"e{number}", "next", f"e{number + 1}") for number in range(CHAIN)])
    kgattn.graph.rule_engine.MEMORY = CHILD_MEMORY
    if rule.kind == "select":
        pairs = kgattn.graph.rule_engine.rule_pairs(graph, [rule], limit=LIMIT, time_limit=seconds, engine=engine)
        return {"pairs": len(pairs.keys)}
    derived = kgattn.graph.rule_engine.derive(graph, [rule], rounds=99, limit=LIMIT, time_limit=seconds, engine=engine)
    return {"derived": derived.num_triples - graph.num_triples}


def verify(path: Path) -> dict:
    """Compare a graph folder with its hashes."""
    from kgattn.graph.storage import verify_folder

    verify_folder(path)
    return {}


def prepare(path: Path) -> dict:
    """Load a graph, with its indexes, for the forks to come."""
    started = time.process_time()
    graph = PREPARED[path] = KnowledgeGraph.load(path)
    loaded = time.process_time()
    _ = graph.adjacency, graph.pair_index
    return {"loading": loaded - started, "indexing": time.process_time() - loaded}


PREPARED: dict[Path, KnowledgeGraph] = {}
TASKS = {
    "load": load,
    "rdflib": load_by_rdflib,
    "hub": look_around_hub,
    "pairs": look_for_pairs,
    "verify": verify,
    "read rule": read_rule,
}
STARTING = {"close": partial(close, seconds=SECONDS), "close briefly": partial(close, seconds=0.0)}
for engine in ("rdflib", "oxigraph"):
    STARTING[f"ask {engine}"] = partial(ask, engine=engine, seconds=SECONDS)
    STARTING[f"ask {engine} briefly"] = partial(ask, engine=engine, seconds=BRIEFLY)
"""Those that start a process, which is guarded likewise and may take as much."""


def work(path: Path, task: str) -> None:
    """What a fork does."""
    from kgattn.errors import GraphError, RuleError

    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, MOST_CPU_SECONDS))
    held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (held + MEMORY, held + MEMORY))
    if task in STARTING:
        scratch = path.parent / f"{path.name}.scratch"  # begins as the path does, so that it may be opened
        scratch.mkdir(exist_ok=True)
        os.chdir(scratch)
        tempfile.tempdir = str(scratch)
        sys.path.insert(0, str(CHILD))
    watch(path, may_start=task in STARTING)
    try:
        outcome = {**TASKS, **STARTING}[task](path)
    except (GraphError, RuleError) as error:
        outcome = {"error": str(error)}
    except BaseException as error:
        outcome = {"crime": f"{type(error).__name__}: {error}"[:1000]}
    end(outcome)


def run(path: Path, task: str) -> dict:
    """Fork, and wait for the outcome."""
    global REPORT
    inlet, REPORT = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(inlet)
        work(path, task)
    os.close(REPORT)
    ready, _, _ = select.select([inlet], [], [], WALL_SECONDS)
    if not ready:
        os.kill(child, signal.SIGKILL)
    report = b""
    while ready and (block := os.read(inlet, 1 << 16)):
        report += block
    os.close(inlet)
    _, status = os.waitpid(child, 0)
    if report:
        return json.loads(report)
    return {"crime": f"no answer, status {status}: a crash, or out of time", "seconds": math.inf, "child_seconds": 0.0}


def main() -> None:
    """Answer lines until there are no more."""
    networkx.MultiDiGraph()
    oxigraph.pyoxigraph()
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for line in sys.stdin:
        request = json.loads(line)
        make = prepare if request["task"] == "prepare" else partial(run, task=request["task"])
        outcome = make(Path(request["path"]))
        print(json.dumps({**outcome, "base": base}), flush=True)


if __name__ == "__main__":
    main()
