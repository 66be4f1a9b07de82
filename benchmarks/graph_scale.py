"""Measure what a large graph costs: building, opening, a training batch, and memory of one more process.

    python -m benchmarks.graph_scale             a million entities, ten million triples: about 6 minutes, 3 GiB
    python -m benchmarks.graph_scale --quick     a hundredth of that, into runs/: to see that it works

Every stage runs in a process of its own. Batches are 16 x 128 with 8 mentions each, of entities drawn anew every time,
with 2 hops and a fan-out of 10; those on the large graph and on one of a hundredth of its size take turns.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np

from kgattn.files import write_json
from kgattn.graph import KnowledgeGraph

ROOT = Path(__file__).resolve().parent.parent
NAME = "graph_scale"
TRIPLES_AN_ENTITY = 10
BATCH, LENGTH, MENTIONS, HOPS, FAN_OUT = 16, 128, 8, 2, 10
BATCHES_OF_INFERENCE = 20
BLOCK = 1 << 16
SYLLABLES = ("ba", "ri", "to", "ken", "lu", "sa", "mol", "vin", "tel", "gra", "pho", "xi", "dan", "ber", "lin", "os")


def random_graph(num_entities: int) -> KnowledgeGraph:
    """Fifty relations, forty types, few entities in very many triples and many in few; triples come as a stream."""
    generator = np.random.default_rng(0)
    names = [f"Q{number}" for number in range(num_entities)]
    relations = [f"P{number}" for number in range(50)]

    def triples() -> Iterator[tuple[str, str, str]]:
        for start in range(0, TRIPLES_AN_ENTITY * num_entities, BLOCK):
            size = min(BLOCK, TRIPLES_AN_ENTITY * num_entities - start)
            heads = (num_entities * generator.random(size) ** 1.5).astype(int).tolist()
            tails = (num_entities * generator.random(size) ** 3).astype(int).tolist()
            kinds = (50 * generator.random(size) ** 2).astype(int).tolist()
            yield from ((names[h], relations[r], names[t]) for h, r, t in zip(heads, kinds, tails, strict=True))

    labels = {name: _label(number) for number, name in enumerate(names)}
    types = {name: f"type {number % 40}" for number, name in enumerate(names)}
    return KnowledgeGraph.from_triples(triples(), labels=labels, types=types)


def _label(number: int) -> str:
    first, second = (
        "".join(SYLLABLES[(number * 2654435761 >> shift) & 15] for shift in (place, place + 4, place + 8))
        for place in (4, 16)
    )
    return f"{first} {second} {number % 97}"


def build(folder: Path, num_entities: int) -> dict[str, float]:
    """Seconds and peak memory of making and saving a graph, and its codes of labels."""
    from kgattn.encoders.label_codes import save_label_codes

    before = peak_mib()
    graph, build_seconds = _timed(lambda: random_graph(num_entities))
    _, save_seconds = _timed(lambda: graph.save(folder))
    peak = peak_mib() - before
    path, code_seconds = _timed(lambda: save_label_codes(graph, 256))
    size = sum(file.stat().st_size for file in folder.rglob("*.npy")) - path.stat().st_size
    return {
        "triples": graph.num_triples,
        "build_seconds": build_seconds,
        "save_seconds": save_seconds,
        "added_peak_mib": peak,
        "folder_mib": size / 2**20,
        "label_codes_seconds": code_seconds,
        "label_codes_mib": path.stat().st_size / 2**20,
    }


def opening(folder: Path) -> dict[str, float]:
    """Seconds to open the folder, indexes included, in a new process."""
    graph, seconds = _timed(lambda: KnowledgeGraph.load(folder))
    assert graph.adjacency.neighbours.base is not None  # mapped
    return {"open_seconds": seconds}


def batches(small: Path, large: Path, repeats: int) -> dict[str, Any]:
    """A batch on the large graph as a ratio to one on the small one: the graph's part alone, and the whole step."""
    import torch

    from kgattn.speed.measure import clock_for, interleave
    from kgattn.speed.memory import keep_freed_memory

    torch.set_num_threads(1)
    keep_freed_memory()
    generator = torch.Generator().manual_seed(0)
    models = {name: _injected(folder) for name, folder in (("small", small), ("large", large))}

    def graph_part(model: Any) -> Callable[[], object]:
        def run() -> object:
            context = model.kgattn(_mentions(model, generator))
            return (sum(table.sum() for table in context.pair_bias + context.values)).backward()

        return run

    def whole_step(model: Any) -> Callable[[], object]:
        def run() -> object:
            inputs, mentions = _inputs(generator), _mentions(model, generator)
            links = dict(zip(("kg_token_slot", "kg_entities", "kg_priors"), mentions, strict=True))
            return model(**inputs, **links, labels=torch.zeros_like(inputs["input_ids"])).loss.backward()

        return run

    parts = {"graph_part": graph_part, "whole_step": whole_step}
    result = {}
    for part, make in parts.items():
        timings = interleave({name: make(model) for name, model in models.items()}, repeats, clock_for(_cpu())[1])
        result[part] = [timing.to_json() for timing in timings]
    return result


def memory(folder: Path | None) -> dict[str, float]:
    """Peak memory of a process that runs inference, with a graph or, without one, of the model alone."""
    import torch

    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    model = _plain() if folder is None else _injected(folder)
    model.eval()
    with torch.no_grad():
        for _ in range(BATCHES_OF_INFERENCE):
            links = {}
            if folder is not None:
                links = dict(
                    zip(("kg_token_slot", "kg_entities", "kg_priors"), _mentions(model, generator), strict=True)
                )
            model(**_inputs(generator), **links)
    return {"peak_mib": peak_mib()}


def peak_mib() -> float:
    """The most memory this process has held so far, shared pages included."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 2**20


def _cpu() -> Any:
    import torch

    return torch.device("cpu")


def _plain() -> Any:
    from kgattn.ner.labels import LabelSet
    from kgattn.training.checkpoints import load_tagger

    return load_tagger("minilm", LabelSet(("thing",)))


def _injected(folder: Path) -> Any:
    from kgattn.injection import InjectionConfig, inject

    return inject(_plain(), KnowledgeGraph.load(folder), InjectionConfig(num_hops=HOPS, fan_out=FAN_OUT)).train()


def _inputs(generator: Any) -> dict[str, Any]:
    import torch

    ids = torch.randint(1000, 30000, (BATCH, LENGTH), generator=generator)
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids)}


def _mentions(model: Any, generator: Any) -> Any:
    import torch

    from kgattn.mentions import MentionBatch

    slots = torch.zeros(BATCH, LENGTH, dtype=torch.long)
    for number in range(MENTIONS):
        slots[:, number * (LENGTH // MENTIONS) :][:, :2] = number + 1
    size = (BATCH, MENTIONS, 1)
    entities = torch.randint(0, model.kgattn.graph.num_entities, size, generator=generator)
    return MentionBatch(slots, entities, torch.ones(size))


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    begin = time.perf_counter()
    result = work()
    return result, time.perf_counter() - begin


def _stage(name: str, *arguments: object) -> dict[str, Any]:
    command = [sys.executable, "-m", f"benchmarks.{NAME}", "--stage", name, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    print(name, done.stdout.strip(), flush=True)
    return json.loads(done.stdout.splitlines()[-1])


def measure(num_entities: int, repeats: int) -> dict[str, Any]:
    """All stages, one process each."""
    from kgattn.training.environment import describe_environment

    with tempfile.TemporaryDirectory() as scratch:
        small, large = Path(scratch, "small"), Path(scratch, "large")
        _stage("build", small, num_entities // 100)
        result = {"entities": num_entities, **_stage("build", large, num_entities), **_stage("opening", large)}
        result.update(_stage("batches", small, large, repeats))
        alone, mapped = _stage("memory"), _stage("memory", large)
    result["model_peak_mib"], result["mapped_peak_mib"] = alone["peak_mib"], mapped["peak_mib"]
    return {"format_version": 1, "kind": NAME, **result, "environment": describe_environment(_cpu(), None)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{NAME}", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a hundredth of the size, results to runs/")
    parser.add_argument("--repeats", type=int, default=15, help="rounds of batches")
    parser.add_argument("--stage", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.stage:
        name, *values = options.stage
        stages: dict[str, Callable[[], Any]] = {
            "build": lambda: build(Path(values[0]), int(values[1])),
            "opening": lambda: opening(Path(values[0])),
            "batches": lambda: batches(Path(values[0]), Path(values[1]), int(values[2])),
            "memory": lambda: memory(Path(values[0]) if values else None),
        }
        print(json.dumps(stages[name]()))
        return 0
    result = measure(10_000 if options.quick else 1_000_000, 1 if options.quick else options.repeats)
    write_json(ROOT / ("runs" if options.quick else "benchmarks/results") / f"{NAME}.json", result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
