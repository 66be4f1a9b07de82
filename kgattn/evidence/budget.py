"""A budget of time: no run is begun that would likely not end within it."""

import sys
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from kgattn.errors import RunError
from kgattn.evidence.runner import Job


class OutOfTimeError(RunError):
    """The minutes were over before any seed had all arms; what was done is kept."""


@dataclass(frozen=True)
class Allowance:
    """Minutes for several comparisons one after the other, from now on; None is without end."""

    given: float | None
    clock: Callable[[], float] = time.monotonic
    _start: list[float] = field(default_factory=list, init=False)

    def minutes(self) -> float | None:
        """What is left of them: at the first time all, and never none, so that what is finished can still be read."""
        if self.given is None or not self._start:
            self._start.append(self.clock())
            return self.given
        return max(self.given - (self.clock() - self._start[0]) / 60.0, sys.float_info.min)


@dataclass
class Budget:
    """Decides by how long runs took so far, in this session or before.

    Attributes:
        minutes: From now on; None is without end.
        clock: Seconds since some moment.
    """

    minutes: float | None
    clock: Callable[[], float] = time.monotonic
    _seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list), init=False)
    _start: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        """Start the clock."""
        self._start = self.clock()

    def learn(self, arm: str, seconds: float) -> None:
        """Training an arm, and testing all that is tested with it, took so long."""
        self._seconds[arm].append(seconds)

    def allows(self, job: Job) -> bool:
        """Whether the job would end in time; while nothing is known of any, it may try."""
        if self.minutes is None:
            return True
        left = 60.0 * self.minutes - (self.clock() - self._start)
        return left > 0 and self._expected(job.arm.name) <= left

    def _expected(self, arm: str) -> float:
        """The longest run of this arm so far, else of any arm."""
        known = self._seconds.get(arm) or [seconds for found in self._seconds.values() for seconds in found]
        return max(known, default=0.0)
