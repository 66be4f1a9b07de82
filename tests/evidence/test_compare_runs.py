"""A whole comparison on a small corpus with real weights: run, kept, repeated, judged."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoTokenizer, RoFormerConfig, RoFormerForTokenClassification

from kgattn.errors import ConfigError, CorpusError, KgattnError, RunError, StorageError
from kgattn.evidence.arms import parse_arms
from kgattn.evidence.compare import compare
from kgattn.evidence.comparison import load_comparison
from kgattn.evidence.runner import Run
from kgattn.graph import KnowledgeGraph
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

    def begin(self, total: int, kept: int) -> None:
        self.total, self.kept = total, kept

    def advance(self, done: float) -> None:
        self.done.append(done)

    def finished(self, run: Run, result: RunResult) -> None:
        self.runs.append(str(run))


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
