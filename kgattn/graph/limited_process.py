"""A task in a process of its own: one that can be stopped, and can take no more memory than it was given.

For work by libraries that can be neither interrupted nor bounded from inside. Both sides share a folder: `request.json`
goes in, `answer.json` comes out, with whatever arrays and texts belong to them beside.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kgattn.errors import KgattnError
from kgattn.files import write_json

REQUEST, ANSWER = "request.json", "answer.json"


class OutOfTime(Exception):  # noqa: N818 - a signal to the caller, whose error names what was at work
    """The process was stopped because its time was over."""


class Died(Exception):  # noqa: N818 - as above
    """The process ended without an answer, as one does that may have no more memory; says its last line."""


def ask(module: str, folder: Path, request: dict[str, Any], *, seconds: float, memory: int) -> dict[str, Any]:
    """Run a module, whose `main` is `answer_request`, on a folder and read its answer.

    Args:
        module: What to run, such as `kgattn.graph.rule_worker`.
        folder: Shared with it; what it works on is there already.
        request: Values of JSON.
        seconds: By the clock, its start included.
        memory: Most bytes of addresses it may take; heeded on Linux.

    Returns:
        What it answered. The key "error" holds the message of an error of ours.

    Raises:
        OutOfTime: It was not done in time.
        Died: It left no answer.
    """
    write_json(folder / REQUEST, {**request, "memory": memory})
    command = [sys.executable, "-m", module, str(folder)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    try:
        done = subprocess.run(
            command, env=environment, timeout=seconds, stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
    except subprocess.TimeoutExpired:
        raise OutOfTime from None
    if not (folder / ANSWER).exists():
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines() or [f"exit code {done.returncode}"]
        raise Died(lines[-1][:200])
    answer: dict[str, Any] = json.loads((folder / ANSWER).read_text(encoding="utf-8"))
    return answer


def answer_request(folder: Path, work: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """What the process does: read the request, take no more memory than it says, and write what `work` returns."""
    request = json.loads((folder / REQUEST).read_text(encoding="utf-8"))
    _limit_memory(request["memory"])
    try:
        answer = work(request)
    except KgattnError as error:
        answer = {"error": str(error)}
    write_json(folder / ANSWER, answer)


def _limit_memory(size: int) -> None:
    try:
        import resource
    except ImportError:  # not on Windows
        return
    if sys.platform == "linux":
        most = resource.getrlimit(resource.RLIMIT_AS)[1]
        size = size if most == resource.RLIM_INFINITY else min(size, most)  # of a shell's ulimit
        resource.setrlimit(resource.RLIMIT_AS, (size, size))
