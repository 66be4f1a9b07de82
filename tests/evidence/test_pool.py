"""Jobs run here or in processes with the same outcome; failures name their job, and no process stays."""

import multiprocessing
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from kgattn.evidence.pool import JobError, run_jobs


@dataclass(frozen=True)
class Squares:
    """Squares numbers; fails, or ends its process, at the numbers it is told to."""

    fails_at: int = -1
    ends_at: int = -1
    seconds: float = 0.0
    prepares: float = 0.0

    def prepare(self) -> "Squares":
        time.sleep(self.prepares)
        return self

    def run(self, job: int, progress: Callable[[float], None]) -> tuple[int, int]:
        if job == self.fails_at:
            raise ValueError("too large")
        if job == self.ends_at:
            os._exit(9)
        progress(0.5)
        time.sleep(self.seconds * job)
        progress(0.5)
        return job * job, os.getpid()


def collect(plan: Squares, jobs: list[int], workers: int) -> tuple[dict[int, int], set[int], list[float]]:
    results: dict[int, int] = {}
    processes: set[int] = set()
    shares: list[float] = []

    def finished(job: int, result: tuple[int, int], seconds: float) -> None:
        assert plan.seconds * job <= seconds
        assert not plan.prepares or seconds < plan.prepares
        results[job] = result[0]
        processes.add(result[1])

    run_jobs(plan, jobs, workers, finished=finished, progress=shares.append)
    return results, processes, shares


def test_one_worker_is_this_process() -> None:
    results, processes, shares = collect(Squares(), [3, 4], workers=1)

    assert results == {3: 9, 4: 16}
    assert processes == {os.getpid()}
    assert shares == [0.5, 1.0, 1.5, 2.0]


def test_several_workers_are_others_and_leave() -> None:
    before = dict(os.environ)

    results, processes, shares = collect(Squares(), [1, 2, 3, 4], workers=2)

    assert results == {1: 1, 2: 4, 3: 9, 4: 16}
    assert os.getpid() not in processes
    assert shares[-1] == 4.0
    assert multiprocessing.active_children() == []
    assert dict(os.environ) == before


def test_no_job_starts_no_process() -> None:
    assert collect(Squares(), [], workers=4) == ({}, set(), [])


def test_a_failed_job_is_named_here() -> None:
    with pytest.raises(JobError, match="4 failed") as caught:
        collect(Squares(fails_at=4), [3, 4, 5], workers=1)

    assert caught.value.job == 4
    assert str(caught.value.__cause__) == "too large"


def test_a_failed_job_is_named_and_stops_the_other_processes() -> None:
    with pytest.raises(JobError, match="1 failed") as caught:
        collect(Squares(fails_at=1, seconds=1000.0), [1, 2, 3, 4], workers=2)

    assert str(caught.value.__cause__) == "too large"
    assert multiprocessing.active_children() == []


def test_a_killed_process_is_a_failure_too() -> None:
    with pytest.raises(JobError) as caught:
        collect(Squares(ends_at=1), [1, 2], workers=2)

    assert "ended without an answer" in str(caught.value.__cause__)
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("workers", [1, 2])
def test_the_time_of_a_job_is_without_that_of_preparing(workers: int) -> None:
    collect(Squares(seconds=0.1, prepares=2.0), [1, 2], workers)


@dataclass(frozen=True)
class Together:
    """The first job fails once the second has its answer; both wait until they are told to go on."""

    folder: Path

    def prepare(self) -> "Together":
        return self

    def run(self, job: int, _: Callable[[float], None]) -> int:
        await_file(self.folder / "go")
        if job == 1:
            await_file(self.folder / "answered")
            raise ValueError("too large")
        (self.folder / "answered").touch()
        return job

    def go(self) -> None:
        (self.folder / "go").touch()
        await_file(self.folder / "answered")
        time.sleep(1.0)  # for both to reach this process; were one late, it would be the failure


def await_file(path: Path) -> None:
    until = time.monotonic() + 120.0
    while not path.exists():
        assert time.monotonic() < until, f"{path.name} never came"
        time.sleep(0.01)


@pytest.mark.parametrize("order", [[1, 2], [2, 1]])
def test_what_ends_well_beside_a_failure_is_kept(order: list[int], tmp_path: Path) -> None:
    """Both end within one look at the pool, whatever comes first there."""
    kept: list[int] = []
    plan = Together(tmp_path)

    with pytest.raises(JobError, match="1 failed"):
        run_jobs(plan, order, 2, finished=lambda job, *_: kept.append(job), progress=lambda _: plan.go())

    assert kept == [2]
