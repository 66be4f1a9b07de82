"""Reading a hostile file in a process of its own, under limits that hold for every file."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CPU_SECONDS = 2.0
MEMORY_MIB = 1024
RETRIES = 4
"""After a file that took too long: neighbours on a machine make work slower, never faster."""
CHILD_CPU_SECONDS = 6.0
"""Of a process that was started to read or to ask: to start Python and rdflib takes a part of it."""


@dataclass(frozen=True)
class Outcome:
    """What came of a file: an error of ours, or a graph.

    Attributes:
        error: The message of a GraphError or RuleError, else None.
        graph: What is in the graph, or what else was asked for, empty if there is none.
    """

    error: str | None
    graph: dict = field(default_factory=dict)


class Worker:
    """The process that reads."""

    def __init__(self) -> None:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("worker.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=environment,
        )

    def attempt(self, path: Path, task: str = "load") -> Outcome:
        """Read a file; fails the test on a crash, a hang, another error, a connection, a strange file, or overuse."""
        answer = self._ask(path, task)
        for _ in range(RETRIES):
            if answer["seconds"] <= CPU_SECONDS and answer["child_seconds"] <= CHILD_CPU_SECONDS:
                break
            answer = min(answer, self._ask(path, task), key=lambda answer: answer["seconds"] + answer["child_seconds"])
        assert "crime" not in answer, f"{path.name}: {answer['crime']}"
        assert answer["seconds"] <= CPU_SECONDS, f"{path.name}: took {answer['seconds']:.2f} s"
        assert answer["mib"] - answer["base"] <= MEMORY_MIB, (
            f"{path.name}: took {answer['mib'] - answer['base']:.0f} MiB"
        )
        assert answer["child_seconds"] <= CHILD_CPU_SECONDS, f"{path.name}: took {answer['child_seconds']:.2f} s"
        assert answer["child_mib"] <= MEMORY_MIB, f"{path.name}: took {answer['child_mib']:.0f} MiB"
        return Outcome(answer.get("error"), {} if "error" in answer else answer)

    def prepare(self, path: Path) -> dict:
        """Load a graph with its indexes, without limits, for the attempts that follow."""
        return self._ask(path, "prepare")

    def _ask(self, path: Path, task: str) -> dict:
        self._process.stdin.write(json.dumps({"path": str(path), "task": task}) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        """Let it end."""
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()


@pytest.fixture(scope="session")
def worker() -> Iterator[Worker]:
    worker = Worker()
    yield worker
    worker.close()


Attempt = Callable[..., Outcome]


@pytest.fixture
def attempt(worker: Worker, tmp_path: Path) -> Attempt:
    """Write a file, or take one that is there, and read it."""

    def run(name: str, content: bytes | str | None = None, task: str = "load") -> Outcome:
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return worker.attempt(path, task)

    return run
