"""How a comparison gets on: a bar with the remaining time on a terminal, a line a run elsewhere."""

import time
from collections.abc import Sequence
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from kgattn.evidence.runner import Run
from kgattn.training.result import RunResult

ESTIMATE_SECONDS = 3600.0
"""Past over which the bar measures speed; runs of different arms differ, so a long one."""

NAMED = 20
"""Missing runs that are named."""


class RunWatcher:
    """Shows the runs of a comparison on standard error.

    Args:
        title: What is run, in front of the bar.
        console: Where to show it.
    """

    def __init__(self, title: str, console: Console) -> None:
        self._console = console
        self._progress = Progress(
            TextColumn(title, markup=False),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
            speed_estimate_period=ESTIMATE_SECONDS,
            disable=not console.is_terminal,
        )
        self._task: TaskID | None = None
        self._todo = 0
        self._ended = 0
        self._started = 0.0

    def __enter__(self) -> "RunWatcher":
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._progress.stop()

    def begin(self, total: int, kept: int) -> None:
        """Show the bar; say how many runs were finished before."""
        self._todo, self._started = total - kept, time.monotonic()
        if kept:
            self._say(f"{kept} of {total} runs were finished before and are kept")
        self._task = self._progress.add_task("", total=self._todo)

    def advance(self, done: float) -> None:
        """Move the bar to `done` runs, fractions included."""
        if self._task is not None:
            self._progress.update(self._task, completed=done)

    def finished(self, run: Run, result: RunResult) -> None:
        """Say how the run did."""
        self._ended += 1
        line = f"[{self._ended}/{self._todo}] {run}: test F1 {100 * result.test_f1:.1f}"
        left = self._todo - self._ended
        if left and not self._console.is_terminal:
            seconds = (time.monotonic() - self._started) / self._ended * left
            line += f", about {spell_duration(seconds)} left"
        self._say(line)

    def missing(self, runs: Sequence[Run]) -> None:
        """Say which runs there was no time for."""
        names = ", ".join(map(str, runs[:NAMED])) + (f" and {len(runs) - NAMED} more" if len(runs) > NAMED else "")
        self._say(f"the time is over; {len(runs)} runs are missing, run the same command again to go on: {names}")

    def _say(self, line: str) -> None:
        self._progress.console.print(line, markup=False, highlight=False, soft_wrap=True)


def spell_duration(seconds: float) -> str:
    """Such as `40 s` or `12 min`."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
