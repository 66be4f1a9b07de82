"""How linking gets on: a bar on a terminal, and one line at the end."""

import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from kgattn.cli.link_input import Source


class LinkWatcher:
    """Shows on standard error how much of the input is linked.

    Args:
        source: The input; its size makes the bar, an unknown one a bar without an end. None shows nothing.
        console: Where to show it.

    Attributes:
        items: Items linked so far.
        tokens: Tokens in them.
        mentions: Mentions in them.
    """

    def __init__(self, source: Source | None, console: Console) -> None:
        self.items = self.tokens = self.mentions = 0
        self._source = source
        self._started = time.perf_counter()
        self._progress = Progress(
            TextColumn("linking"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[speed]}"),
            console=console,
            disable=source is None or not console.is_terminal,
        )
        self._task = self._progress.add_task("", total=None if source is None else source.size, speed="")

    def __enter__(self) -> "LinkWatcher":
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._progress.stop()

    def advance(self, items: int, tokens: int, mentions: int) -> None:
        """Count what was linked."""
        self.items += items
        self.tokens += tokens
        self.mentions += mentions
        if self._source is not None:
            self._progress.update(self._task, completed=self._source.place, speed=self.speed)

    @property
    def speed(self) -> str:
        """Such as `203,100 tokens/s`, since linking began."""
        return f"{self.tokens / max(time.perf_counter() - self._started, 1e-9):,.0f} tokens/s"

    def total(self) -> str:
        """Such as `3 texts, 20 tokens, 2 mentions, 203,100 tokens/s`."""
        return f"{self.items:,} texts, {self.tokens:,} tokens, {self.mentions:,} mentions, {self.speed}"
