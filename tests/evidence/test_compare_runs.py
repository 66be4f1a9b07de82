"""A whole comparison on a small corpus with real weights: run, kept, repeated, judged."""

import dataclasses
import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoTokenizer, RoFormerConfig, RoFormerForTokenClassification

from kgattn.errors import ConfigError, CorpusError, KgattnError, RunError, StorageError
from kgattn.evidence.arms import ARMS, parse_arms
from kgattn.evidence.compare import compare
from kgattn.evidence.comparison import load_comparison
from kgattn.evidence.runner import Run
from kgattn.graph import KnowledgeGraph, Rule
from kgattn.injection import InjectionConfig
from kgattn.ner.corpus import Corpus
from kgattn.training.config import TrainConfig
from kgattn.training.result import RunResult
from kgattn.training.run import train_run

CONFIG = TrainConfig(model="bert-tiny", epochs=1, limit_train=8, evaluations=1)


class Witness:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.total = self.kept = 0
        self.done: list[float] = []
        self.runs: list[str] = []
        self.lost: list[str] = []

    def begin(self, total: int, kept: int) -> None:
        self.total, self.kept = total, kept

    def advance(self, done: float) -> None:
        self.done.append(done)

    def finished(self, run: Run, result: RunResult) -> None:
        self.runs.append(str(run))

    def missing(self, runs: Sequence[Run]) -> None:
        self.lost = [str(run) for run in runs]


@pytest.fixture
def tiny(bert_tiny_path: Path) -> TrainConfig:
    return CONFIG


def test_runs_every_arm_with_every_seed_once(
    tiny: TrainConfig, corpus: Corpus, graph: KnowledgeGraph, tmp_path: Path
) -> None:
    arms = parse_arms("plain,biased,shuffled-entities")
    first, again, changed = Witness(), Witness(), Witness()

    made = compare(corpus, graph, arms[:2], 2, tiny, tmp_path, command="kgattn compare", watcher=first)

    assert (first.total, first.kept) == (4, 0)
    assert first.runs == ["plain with seed 0", "biased with seed 0", "plain with seed 1", "biased with seed 1"]
    assert first.done == sorted(first.done)
    assert first.done[-1] == pytest.approx(4.0)
    assert load_comparison(tmp_path / "compare.json") == made
    assert [(arm.name, arm.f1.num_seeds) for arm in made.arms] == [("plain", 2), ("biased", 2)]
    assert made.arms[0].plugin_parameters == 0 < made.arms[1].plugin_parameters
    assert made.difference("biased", "plain") is not None
    assert made.data["sentences"] == {"train": 8, "dev": 12, "test": 18}
    assert made.graph["num_entities"] == graph.num_entities
    assert made.environment["device"] in ("cpu", "cuda")

    with_control = compare(corpus, graph, arms, 2, tiny, tmp_path, watcher=again)

    assert (again.total, again.kept) == (6, 4)
    assert {run.split()[0] for run in again.runs} == {"shuffled-entities"}
    assert with_control.arms[:2] == made.arms
    assert with_control.difference("biased", "shuffled-entities") is not None

    compare(corpus, graph, arms[:1], 1, dataclasses.replace(tiny, learning_rate=1e-4), tmp_path, watcher=changed)

    assert changed.runs == ["plain with seed 0"]


def test_runs_by_other_decisions_of_the_user_are_made_again(
    tiny: TrainConfig, corpus: Corpus, graph: KnowledgeGraph, tmp_path: Path
) -> None:
    decisions = tmp_path / "graph" / "linker" / "common_words.tsv"
    dataclasses.replace(graph, path=None).save(tmp_path / "graph")  # and not the graph of all tests
    decisions.parent.mkdir()
    told = []
    for lines in ("", "", "anna\t\t\t\tdrop\n", "anna\t\t\t\tdrop\n", ""):
        decisions.write_text(lines, encoding="utf-8")
        witness = Witness()
        saved = KnowledgeGraph.load(tmp_path / "graph")
        compare(corpus, saved, parse_arms("plain"), 1, tiny, tmp_path / "runs", watcher=witness)
        told.append(witness.kept)

    assert told == [0, 1, 0, 1, 0]


def test_a_torn_result_is_made_again(tiny: TrainConfig, corpus: Corpus, graph: KnowledgeGraph, tmp_path: Path) -> None:
    result = tmp_path / "runs" / "plain" / "seed-0" / "result.json"
    first = compare(corpus, graph, parse_arms("plain"), 1, tiny, tmp_path)
    whole = result.read_text(encoding="utf-8")
    result.write_text(whole[:100], encoding="utf-8")
    witness = Witness()

    second = compare(corpus, graph, parse_arms("plain"), 1, tiny, tmp_path, watcher=witness)

    assert witness.runs == ["plain with seed 0"]
    assert json.loads(result.read_text(encoding="utf-8"))["test"] == json.loads(whole)["test"]
    assert second.arms[0].f1_by_seed == first.arms[0].f1_by_seed
    assert second.verdict.outcome == "undecided"


@pytest.mark.slow
def test_worker_processes_come_to_the_same_scores(
    tiny: TrainConfig, corpus: Corpus, graph: KnowledgeGraph, tmp_path: Path
) -> None:
    arms = parse_arms("plain,biased")

    here = compare(corpus, graph, arms, 2, tiny, tmp_path / "here", workers=1)
    there = compare(corpus, graph, arms, 2, tiny, tmp_path / "there", workers=2)

    for one, other in zip(here.arms, there.arms, strict=True):
        assert one.f1_by_seed == pytest.approx(other.f1_by_seed, abs=1e-3)


def test_a_failed_run_is_named_and_the_finished_ones_kept(
    tiny: TrainConfig, corpus: Corpus, graph: KnowledgeGraph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(config: TrainConfig, *_: object, **options: object) -> RunResult:
        if config.arm == "biased":
            raise ConfigError("no such thing; choose another")
        return train_run(config, *_, **options)

    monkeypatch.setattr("kgattn.evidence.runner.train_run", refuse)

    with pytest.raises(RunError, match=r"the run of biased with seed 0 failed: no such thing.*same command again"):
        compare(corpus, graph, parse_arms("plain,biased"), 1, tiny, tmp_path)

    assert (tmp_path / "runs" / "plain" / "seed-0" / "result.json").is_file()
    assert not (tmp_path / "compare.json").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"injection": InjectionConfig(layers=(99,))}, r"layers must be different numbers in .* got \(99,\)"),
        ({"injection": InjectionConfig(values=False)}, "bias and values are both off"),
        ({"language": "klingon"}, "nlp must be a language code .* got 'klingon'"),
        ({"max_length": 4, "stride": 2}, "max_length must exceed stride 2 and the special tokens, got 4"),
        ({"model": "roformer"}, "RoFormerForTokenClassification .* has no self-attention that kgattn reaches"),
    ],
)
def test_what_no_arm_can_be_trained_with_is_said_before_the_first_run(
    tiny: TrainConfig,
    corpus: Corpus,
    graph: KnowledgeGraph,
    bert_tiny_path: Path,
    tmp_path: Path,
    changes: dict[str, Any],
    message: str,
) -> None:
    if changes.get("model") == "roformer":
        sizes = {"hidden_size": 8, "num_attention_heads": 2, "num_hidden_layers": 1, "intermediate_size": 8}
        settings = RoFormerConfig(**sizes, vocab_size=9, num_labels=5)
        RoFormerForTokenClassification(settings).save_pretrained(tmp_path / "roformer")
        AutoTokenizer.from_pretrained(bert_tiny_path).save_pretrained(tmp_path / "roformer")
        changes = {"model": str(tmp_path / "roformer")}

    with pytest.raises(KgattnError, match=message):
        compare(
            corpus,
            graph,
            parse_arms("plain,biased,values-only"),
            1,
            dataclasses.replace(tiny, **changes),
            tmp_path / "out",
        )

    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("content", ["{", "[]", '{"format_version": 1}'])
def test_the_folder_of_something_else_is_left_alone(
    tiny: TrainConfig, corpus: Corpus, graph: KnowledgeGraph, tmp_path: Path, content: str
) -> None:
    (tmp_path / "config.json").write_text(content, encoding="utf-8")

    with pytest.raises(RunError, match=r"config\.json is not of a comparison; give a new folder"):
        compare(corpus, graph, parse_arms("plain"), 1, tiny, tmp_path)

    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("config.json", content)]


def test_a_failure_that_is_nobodys_input_is_no_input_error(
    tiny: TrainConfig, corpus: Corpus, graph: KnowledgeGraph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_out(*_: object, **__: object) -> None:
        raise MemoryError("out of memory")

    monkeypatch.setattr("kgattn.evidence.runner.train_run", run_out)

    with pytest.raises(RuntimeError, match="the run of plain with seed 0 failed: out of memory"):
        compare(corpus, graph, parse_arms("plain"), 1, tiny, tmp_path)


@pytest.mark.parametrize(
    ("num_seeds", "workers", "arms", "message"),
    [(0, 1, 1, "seeds must be at least 1, got 0"), (1, 0, 1, "workers must be"), (1, 1, 0, "arms must be")],
)
def test_numbers_out_of_range(
    corpus: Corpus, graph: KnowledgeGraph, tmp_path: Path, num_seeds: int, workers: int, arms: int, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        compare(corpus, graph, parse_arms("plain")[:arms], num_seeds, CONFIG, tmp_path / "out", workers=workers)

    assert not (tmp_path / "out").exists()


def test_an_empty_split_is_refused_before_anything_is_written(
    corpus: Corpus, graph: KnowledgeGraph, tmp_path: Path
) -> None:
    with pytest.raises(CorpusError, match="no dev sentences"):
        compare(dataclasses.replace(corpus, dev=()), graph, parse_arms("plain"), 1, CONFIG, tmp_path / "out")

    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_is_said_before_the_runs(
    tiny: TrainConfig, corpus: Corpus, graph: KnowledgeGraph, tmp_path: Path
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("", encoding="utf-8")

    with pytest.raises(StorageError, match=r"cannot write .* choose a folder"):
        compare(corpus, graph, parse_arms("plain"), 1, tiny, in_the_way / "out")


@pytest.mark.slow
def test_all_arms_run_and_say_what_they_trained_and_tested(
    tiny: TrainConfig, corpus: Corpus, graph: KnowledgeGraph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[str] = []

    def watched(config: TrainConfig, *arguments: Any, **options: Any) -> RunResult:
        trained.append(config.arm)
        return train_run(config, *arguments, **options)

    monkeypatch.setattr("kgattn.evidence.runner.train_run", watched)
    rule = Rule("near", "SELECT ?head ?tail WHERE { ?head relation:flows_into ?tail }")
    config = dataclasses.replace(
        tiny, epochs=3, distant_epochs=0.5, injection=InjectionConfig(entity_dim=16, rules=(rule,))
    )
    arms = tuple(ARMS.values())
    witness, again = Witness(), Witness()

    made = compare(corpus, graph, arms, 1, config, tmp_path, watcher=witness)

    found = {arm.name: arm for arm in made.arms}
    results = {
        name: json.loads((tmp_path / "runs" / name / "seed-0" / "result.json").read_text("utf-8")) for name in ARMS
    }
    assert witness.done[-1] == pytest.approx(len(arms))
    assert set(trained) == set(ARMS) - {"linker-tagger", "tested-without", "swapped-graph"}
    assert len(trained) == len(set(trained)), "the models of transfer arms are those of biased"
    assert all(results[name]["arm"] == results[name]["config"]["arm"] == name for name in ARMS)
    assert all(len(results[name]["test_counts"]) == len(corpus.test) for name in ARMS)
    assert len({json.dumps(results[name]["graph"]) for name in ARMS}) == 1, "the graph of the comparison"
    assert found["linker-tagger"].parameters == 0
    assert found["linker-tagger"].f1.mean > 0.9, "types decide here"
    assert found["text-triples"].plugin_parameters == found["plain"].plugin_parameters == 0
    same = {found[name].plugin_parameters for name in ("biased", "empty-graph", "links-only", "tested-without")}
    assert len(same) == 1
    assert 0 < found["rules-only"].plugin_parameters < found["paths-only"].plugin_parameters
    assert results["tested-without"]["best_epoch"] == results["biased"]["best_epoch"]
    assert not results["tested-without"]["dev_curve"], "nothing was trained: no warning may come of it"
    assert results["tested-without"]["seconds"]["train"] == 0

    compare(corpus, graph, arms, 1, config, tmp_path, watcher=again)
    assert (again.kept, again.runs) == (len(arms), [])


def test_a_transfer_arm_alone_trains_its_model_and_keeps_no_result_of_it(
    tiny: TrainConfig, corpus: Corpus, graph: KnowledgeGraph, tmp_path: Path
) -> None:
    made = compare(corpus, graph, parse_arms("swapped-graph"), 1, tiny, tmp_path)

    assert [arm.name for arm in made.arms] == ["swapped-graph"]
    assert [folder.name for folder in (tmp_path / "runs").iterdir()] == ["swapped-graph"]


def test_tested_without_is_the_biased_model_with_links_off(
    tiny: TrainConfig, corpus: Corpus, graph: KnowledgeGraph, tmp_path: Path
) -> None:
    """Trained at no rate, biased and plain stay one model: with links or without, tests agree."""
    config = dataclasses.replace(tiny, learning_rate=1e-30, plugin_learning_rate=1e-30)

    made = compare(corpus, graph, parse_arms("plain,biased,tested-without,swapped-graph"), 1, config, tmp_path)

    assert len({arm.f1_by_seed for arm in made.arms}) == 1


@pytest.mark.parametrize(
    ("arm", "triples", "message"),
    [
        ("rewired", [("a", "r", "b")], "rewired finds nothing to swap"),
        ("relations-permuted", [("a", "r", "b"), ("b", "r", "c")], "relations-permuted needs triples"),
        ("types-only", [("a", "r", "b")], "types-only needs entities of different types"),
        ("rules-only", [("a", "r", "b")], "rules-only needs SELECT rules"),
    ],
)
def test_an_arm_without_anything_to_be_made_of_is_refused_before_the_first_run(
    tiny: TrainConfig, corpus: Corpus, tmp_path: Path, arm: str, triples: list[tuple[str, str, str]], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        compare(corpus, KnowledgeGraph.from_triples(triples), parse_arms(f"plain,{arm}"), 1, tiny, tmp_path / "out")

    assert not (tmp_path / "out").exists()


def test_the_corpus_is_linked_once_for_all_sessions(
    tiny: TrainConfig, corpus: Corpus, graph: KnowledgeGraph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare(corpus, graph, parse_arms("plain"), 1, tiny, tmp_path)
    assert (tmp_path / "encoded.safetensors").is_file()
    monkeypatch.setattr("kgattn.evidence.runner.make_processor", lambda *_: pytest.fail("linked a second time"))

    compare(corpus, graph, parse_arms("plain,biased"), 2, tiny, tmp_path)

    longer = dataclasses.replace(corpus, train=(*corpus.train, *corpus.train))
    with pytest.raises(pytest.fail.Exception, match="linked a second time"):
        compare(longer, graph, parse_arms("plain"), 1, tiny, tmp_path)


def test_when_the_minutes_are_over_whole_seeds_are_compared_and_the_rest_is_named(
    tiny: TrainConfig, corpus: Corpus, graph: KnowledgeGraph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed = iter([0.0, 0.0, 0.0])
    monkeypatch.setattr("kgattn.evidence.budget.Budget._expected", lambda *_: next(allowed, float("inf")))
    arms, first, second = parse_arms("plain,biased"), Witness(), Witness()

    made = compare(corpus, graph, arms, 2, tiny, tmp_path, minutes=1.0, watcher=first)

    assert first.runs == ["plain with seed 0", "biased with seed 0", "plain with seed 1"]
    assert first.lost == ["biased with seed 1"]
    assert made.seeds == (0,)
    assert load_comparison(tmp_path / "compare.json") == made

    monkeypatch.undo()
    whole = compare(corpus, graph, arms, 2, tiny, tmp_path, watcher=second)

    assert second.runs == ["biased with seed 1"]
    assert second.lost == []
    assert whole.seeds == (0, 1)


def test_a_budget_for_no_whole_seed_keeps_the_runs_and_says_so(
    tiny: TrainConfig, corpus: Corpus, graph: KnowledgeGraph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed = iter([0.0])
    monkeypatch.setattr("kgattn.evidence.budget.Budget._expected", lambda *_: next(allowed, float("inf")))
    with pytest.raises(RunError, match=r"1 of 2 runs were done in 0.5 minutes, and no seed has all arms.*kept"):
        compare(corpus, graph, parse_arms("plain,biased"), 1, tiny, tmp_path, minutes=0.5)

    assert (tmp_path / "runs" / "plain" / "seed-0" / "result.json").is_file()
    assert not (tmp_path / "compare.json").exists()


@pytest.mark.parametrize("minutes", [0.0, -1.0, float("nan")])
def test_minutes_must_be_more_than_none(
    tiny: TrainConfig, corpus: Corpus, graph: KnowledgeGraph, tmp_path: Path, minutes: float
) -> None:
    with pytest.raises(ConfigError, match="minutes must be more than 0"):
        compare(corpus, graph, parse_arms("plain"), 1, tiny, tmp_path / "out", minutes=minutes)


KILLED = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from kgattn.evidence.arms import parse_arms
from kgattn.evidence.compare import compare
from tests.evidence.conftest import make_graph, make_corpus
from tests.evidence.test_compare_runs import CONFIG, Witness

class Loud(Witness):
    def begin(self, total, kept):
        print("kept", kept, flush=True)
    def finished(self, run, result):
        print(run, flush=True)

if __name__ == "__main__":
    arms = parse_arms("plain,biased,tested-without")
    compare(make_corpus(), make_graph(), arms, 3, CONFIG, Path(sys.argv[1]), workers=2, watcher=Loud())
    print("done", flush=True)
"""


@pytest.mark.slow
def test_a_kill_in_the_middle_repeats_no_finished_run(tiny: TrainConfig, tmp_path: Path) -> None:
    script = tmp_path / "killed.py"
    script.write_text(KILLED, encoding="utf-8")
    root = str(Path(__file__).resolve().parents[2])
    command = [sys.executable, str(script), str(tmp_path / "out"), root]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        lines = iter(process.stdout)
        assert next(lines) == "kept 0\n"
        before = [next(lines).strip() for _ in range(3)]
        process.send_signal(signal.SIGKILL)
    results = sorted((tmp_path / "out" / "runs").rglob("result.json"))
    times = {path: path.stat().st_mtime_ns for path in results}

    after = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout.split("\n")

    assert len(times) >= 3
    assert after[0] == f"kept {len(times)}"
    assert len(after) == 1 + 9 - len(times) + 1 + 1
    assert not set(before) & set(after)
    assert all(path.stat().st_mtime_ns == time for path, time in times.items())
    whole = [json.loads(path.read_text(encoding="utf-8")) for path in (tmp_path / "out" / "runs").rglob("result.json")]
    assert sorted((result["arm"], result["seed"]) for result in whole) == [
        (arm, seed) for arm in ("biased", "plain", "tested-without") for seed in range(3)
    ]
