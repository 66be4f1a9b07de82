"""All runs of a comparison: every arm with every seed, each done once and kept."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from kgattn.errors import ConfigError, KgattnError, RunError
from kgattn.evidence.arms import Arm
from kgattn.evidence.budget import Budget, OutOfTimeError
from kgattn.evidence.comparison import Comparison
from kgattn.evidence.pool import JobError, run_jobs
from kgattn.evidence.preflight import check_arms, check_graph
from kgattn.evidence.runner import ComparisonPlan, Job, Run, jobs_of
from kgattn.evidence.summary import summarize_runs
from kgattn.files import write_json
from kgattn.graph import KnowledgeGraph
from kgattn.ner.corpus import SPLITS, Corpus
from kgattn.training.checkpoints import load_tokenizer
from kgattn.training.config import TrainConfig
from kgattn.training.parts import describe_graph
from kgattn.training.result import RunResult
from kgattn.training.run_checks import check_one_process

CONFIG = "config.json"
ENCODED = "encoded.safetensors"


@runtime_checkable
class Watcher(Protocol):
    """Is told how a comparison gets on."""

    def begin(self, total: int, kept: int) -> None:
        """There are `total` runs, `kept` of which were finished before."""

    def advance(self, done: float) -> None:
        """So many of the runs begun since have been done, fractions included."""

    def finished(self, run: Run, result: RunResult) -> None:
        """A run has ended."""

    def missing(self, runs: Sequence[Run]) -> None:
        """The time is over and these runs were not begun."""


@dataclass(frozen=True)
class Silent:
    """A watcher that says nothing."""

    def begin(self, total: int, kept: int) -> None:
        """Say nothing."""

    def advance(self, done: float) -> None:
        """Say nothing."""

    def finished(self, run: Run, result: RunResult) -> None:
        """Say nothing."""

    def missing(self, runs: Sequence[Run]) -> None:
        """Say nothing."""


def compare(
    corpus: Corpus,
    graph: KnowledgeGraph,
    arms: Sequence[Arm],
    num_seeds: int,
    config: TrainConfig,
    output: Path,
    *,
    workers: int = 1,
    name: str | None = None,
    command: str = "",
    watcher: Watcher | None = None,
    minutes: float | None = None,
    cache: Path | None = None,
) -> Comparison:
    """Run every arm with every seed and judge the graph.

    Runs that `output` holds already are not repeated, if they were made with the same settings, corpus, graph and
    decisions in its `common_words.tsv`; others are. Writes `config.json`, `encoded.safetensors` (what the linker found,
    for all runs), `runs/ARM/seed-N/result.json` as each run ends, and `compare.json`.

    Args:
        corpus: Sentences to learn from, choose by and report on.
        graph: What the arms inject.
        arms: Arms to run, in the order of the table.
        num_seeds: Seeds 0, 1, ... of each arm.
        config: Settings that all runs share; its arm and seed are replaced.
        output: Folder of the comparison; made when absent.
        workers: Processes that run side by side, one thread each; 1 runs in this process.
        name: What is compared; by default corpus and limit.
        command: The command that makes the comparison again, for the record.
        watcher: Is told how it gets on.
        minutes: Begin no run that would likely end later than this from now; the very first may try. What is missing
            then is told to the watcher, and the comparison is of the seeds that all arms share.
        cache: Folder of `encoded.safetensors` where comparisons of one corpus and graph share it; None is `output`.

    Raises:
        ConfigError: Several processes started together, no seed, worker or arm, no minute, no such model, settings no
            arm can be trained with, or a graph that leaves an arm nothing to change.
        CorpusError: A split is empty.
        InjectionError: The model cannot be injected.
        LinkingError: There is no such language or pipeline.
        RunError: `output` holds something else, a run failed for a reason its message tells (arm and seed are named),
            or no seed has all arms when the minutes are over.
        StorageError: A result cannot be written.
        RuntimeError: A run failed otherwise; arm and seed are named.
    """
    check_one_process()
    for setting, value in (("seeds", num_seeds), ("workers", workers), ("arms", len(arms))):
        if value < 1:
            raise ConfigError(f"{setting} must be at least 1, got {value}")
    if minutes is not None and not minutes > 0:
        raise ConfigError(f"minutes must be more than 0, got {minutes}; leave it out for no limit")
    for split in SPLITS:
        corpus.split(split)
    check_arms(arms, config, corpus)
    check_graph(arms, graph)
    _check_output(output)
    watcher = watcher or Silent()
    budget = Budget(minutes)
    plan = ComparisonPlan(corpus, graph, config, (cache or output) / ENCODED)
    runs = [Run(arm, seed) for seed in range(num_seeds) for arm in arms]
    results = {run: result for run in runs if (result := _kept(output, run, plan)) is not None}
    for run, result in results.items():
        budget.learn(run.arm.name, sum(result.seconds.values()))
    jobs = jobs_of([run for run in runs if run not in results])
    settings = {"arms": [arm.name for arm in arms], "seeds": num_seeds, "training": config.to_json()}
    write_json(output / CONFIG, {**settings, "command": command})
    watcher.begin(len(runs), len(results))

    def finished(job: Job, made: tuple[RunResult, ...], seconds: float) -> None:
        budget.learn(job.arm.name, seconds)
        for run, result in zip(job.runs, made, strict=True):
            write_json(_place(output, run), result.to_json())
            results[run] = result
            watcher.finished(run, result)

    if jobs and workers > 1:
        plan.encode(load_tokenizer(config.model))  # once, before the workers would each
    _run_all(plan, jobs, workers, finished, watcher, budget)
    missing = [run for run in runs if run not in results]
    if missing:
        watcher.missing(missing)
    if not any(all(Run(arm, seed) in results for arm in arms) for seed in range(num_seeds)):
        raise OutOfTimeError(
            f"{len(results)} of {len(runs)} runs were done in {minutes:.3g} minutes, and no seed has all arms yet; "
            "they are kept: run the same command again, or give more minutes or fewer arms"
        )
    comparison = summarize_runs(
        name or default_name(corpus, config),
        arms,
        range(num_seeds),
        {(run.arm.name, run.seed): result for run, result in results.items()},
        config,
        command,
    )
    write_json(output / "compare.json", comparison.to_json())
    return comparison


def _check_output(output: Path) -> None:
    """Raise if the folder has a `config.json` of something else, such as a training run: it would be lost."""
    if not (output / CONFIG).exists():
        return
    try:
        settings = json.loads((output / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        settings = None
    if not isinstance(settings, dict) or not {"arms", "seeds", "training"} <= settings.keys():
        raise RunError(f"{output / CONFIG} is not of a comparison; give a new folder, or the one of a comparison")


def default_name(corpus: Corpus, config: TrainConfig) -> str:
    """Such as `towns, 100 training sentences, minilm`."""
    number = min(len(corpus.train), config.limit_train or len(corpus.train))
    return f"{corpus.name}, {number:,} training sentences, {Path(config.model).name}"


def _run_all(
    plan: ComparisonPlan,
    jobs: Sequence[Job],
    workers: int,
    finished: Callable[[Job, tuple[RunResult, ...], float], None],
    watcher: Watcher,
    budget: Budget,
) -> None:
    try:
        run_jobs(plan, jobs, workers, finished=finished, progress=watcher.advance, may_begin=budget.allows)
    except JobError as failure:
        cause = failure.__cause__
        message = f"the run of {failure.job} failed: {cause}; finished runs are kept, run the same command again"
        if isinstance(cause, KgattnError):
            raise RunError(message) from cause
        raise RuntimeError(message) from cause


def _place(output: Path, run: Run) -> Path:
    return output / "runs" / run.arm.name / f"seed-{run.seed}" / "result.json"


def _kept(output: Path, run: Run, plan: ComparisonPlan) -> RunResult | None:
    """The result of a run that was finished before and would come out the same now, or None."""
    try:
        stored = json.loads(_place(output, run).read_text(encoding="utf-8"))
        result = RunResult.from_json(stored, source=str(_place(output, run)))
    except (OSError, ValueError, AttributeError):  # absent, cut short, or of another version: run it again
        return None
    config = plan.config_of(run.arm, run.seed)
    injection = run.arm.injection(config.injection)
    same = (
        _as_stored(config.to_json()) == result.config
        and _as_stored(injection and injection.to_json()) == result.injection
        and result.corpus.get("fingerprint") == plan.corpus.fingerprint
        and (result.graph is None or _as_linked(result.graph) == _as_linked(describe_graph(plan.graph) or {}))
    )
    return result if same else None


def _as_linked(graph: dict[str, Any]) -> tuple[Any, Any]:
    """What links to a graph depend on, of what a result says of it."""
    return graph.get("fingerprint"), graph.get("common_words")


def _as_stored(values: Any) -> Any:
    """As JSON gives them back, tuples as lists."""
    return json.loads(json.dumps(values))
