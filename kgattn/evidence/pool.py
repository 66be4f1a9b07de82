"""Run jobs in a few processes that each prepare once, and leave none of them behind, whatever happens."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice, takewhile
from multiprocessing.connection import Connection
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

Job = TypeVar("Job")
Result = TypeVar("Result")
Job_contra = TypeVar("Job_contra", contravariant=True)
Result_co = TypeVar("Result_co", covariant=True)

POLL_SECONDS = 0.5
WORKER_ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE", "TOKENIZERS_PARALLELISM": "false"}
"""One thread a worker; threads that wait for work must not spin while others compute."""


@runtime_checkable
class Runner(Protocol[Job_contra, Result_co]):
    """What a process prepares once and uses for all of its jobs."""

    def run(self, job: Job_contra, progress: Callable[[float], None]) -> Result_co:
        """Do one job; `progress` takes what has been done of it since the last call, in a unit of the runner's."""


@runtime_checkable
class Plan(Protocol[Job_contra, Result_co]):
    """What is sent to each process, so it must pickle."""

    def prepare(self) -> Runner[Job_contra, Result_co]:
        """Make what all jobs of a process share."""


class JobError(Exception):
    """A job failed; `job` says which, the cause says why."""

    def __init__(self, job: Any) -> None:
        super().__init__(f"{job} failed")
        self.job = job


def run_jobs(
    plan: Plan[Job, Result],
    jobs: Sequence[Job],
    workers: int,
    *,
    finished: Callable[[Job, Result, float], None],
    progress: Callable[[float], None],
    may_begin: Callable[[Job], bool] = lambda _: True,
) -> None:
    """Do all jobs, in this process when `workers` is 1, else in that many new ones of one thread each.

    Args:
        plan: How a process prepares.
        jobs: Jobs in the order they are begun.
        workers: Processes, at least 1.
        finished: Called in this process as each job ends, with the seconds it took once its process was prepared.
        progress: Called in this process now and then with the sum of what jobs said they had done.
        may_begin: Asked in this process before each job; after the first no, none is begun any more.

    Raises:
        JobError: A job failed; no other is begun, and those under way are stopped.
    """
    if not jobs:
        return
    if workers == 1:
        _run_here(plan, takewhile(may_begin, jobs), finished, progress)
        return
    context = multiprocessing.get_context("spawn")
    done = context.Value("d", 0.0)
    lifeline, parent_end = context.Pipe(duplex=False)
    with (
        lifeline,
        parent_end,
        _environment(WORKER_ENVIRONMENT),
        ProcessPoolExecutor(
            min(workers, len(jobs)), mp_context=context, initializer=_start, initargs=(plan, done, lifeline)
        ) as pool,
    ):
        try:
            todo = takewhile(may_begin, jobs)
            waiting = {pool.submit(_run, job): job for job in islice(todo, workers)}
            while waiting:
                ended, _ = wait(waiting, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED)
                for future in sorted(ended, key=_failed):  # what ended well is kept, whatever failed beside it
                    job = waiting.pop(future)
                    finished(job, *_result(job, future))
                    waiting.update((pool.submit(_run, job), job) for job in islice(todo, 1))
                progress(done.value)
        except BaseException:
            parent_end.close()  # the workers hold the other end and stop at once
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _run_here(
    plan: Plan[Job, Result],
    jobs: Iterable[Job],
    finished: Callable[[Job, Result, float], None],
    progress: Callable[[float], None],
) -> None:
    runner = None
    done = 0.0

    def add(share: float) -> None:
        nonlocal done
        done += share
        progress(done)

    for job in jobs:
        try:
            runner = runner or plan.prepare()
            started = time.monotonic()
            result = runner.run(job, add)
        except Exception as error:
            raise JobError(job) from error
        finished(job, result, time.monotonic() - started)


def _failed(future: "Future[Any]") -> bool:
    return future.exception() is not None


def _result(job: Any, future: "Future[tuple[Result, float]]") -> tuple[Result, float]:
    try:
        return future.result()
    except BrokenProcessPool as error:
        raise JobError(job) from RuntimeError(f"a worker process ended without an answer ({error})")
    except Exception as error:
        raise JobError(job) from error


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Set environment variables for the processes that are started inside."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


class _Worker(Generic[Job, Result]):
    """The state of a worker process."""

    def __init__(self, plan: Plan[Job, Result], done: Any) -> None:
        self._plan = plan
        self._done = done
        self._runner: Runner[Job, Result] | None = None

    def run(self, job: Job) -> tuple[Result, float]:
        if self._runner is None:  # here rather than at the start, so that a failure has a job to be reported with
            self._runner = self._plan.prepare()
        started = time.monotonic()
        result = self._runner.run(job, self._add)
        return result, time.monotonic() - started

    def _add(self, share: float) -> None:
        with self._done.get_lock():
            self._done.value += share


_worker: _Worker[Any, Any] | None = None


def _start(plan: Plan[Any, Any], done: Any, lifeline: Connection) -> None:
    global _worker  # noqa: PLW0603 - a process pool offers its functions no other place
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interruption means
    threading.Thread(target=_stop_with_parent, args=(lifeline,), daemon=True).start()
    _worker = _Worker(plan, done)


def _stop_with_parent(lifeline: Connection) -> None:
    try:
        lifeline.recv()  # nothing is ever sent: this ends when the parent closes its end, or dies
    except (EOFError, OSError):
        os._exit(1)


def _run(job: Any) -> Any:
    if _worker is None:
        raise RuntimeError("a worker process was asked for a job before it was started")
    return _worker.run(job)
