"""What stands in `examples/` runs."""

import json
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from kgattn import KnowledgeGraph, read_rules
from kgattn.evidence.rule_report import report_rules
from kgattn.ner.corpus import load_corpus
from kgattn.training import TrainConfig

ROOT = Path(__file__).resolve().parent.parent
SENTENCES = """\
Ada\tB-PER
lives\tO
in\tO
Bonn\tB-TOWN

The\tO
Rhine\tB-RIVER
passes\tO
Bonn\tB-TOWN

"""


def test_seed_recipe() -> None:
    recipe = json.loads((ROOT / "examples" / "seed_recipe.json").read_text(encoding="utf-8"))
    config = TrainConfig.from_json(recipe)
    assert (config.model, config.max_length, config.batch_size) == ("bert-base-cased", 128, 16)
    assert (config.learning_rate, config.epochs) == (2e-5, 5)
    assert config.evaluation_epochs(5) == (1, 2, 3, 4, 5)


def test_rules_fire_as_often_as_the_docs_say() -> None:
    graph = KnowledgeGraph.load(ROOT / "kg_data" / "bundled")
    rules = read_rules(ROOT / "examples" / "rules")
    here, demo = (
        report_rules(graph, rules, corpus=load_corpus(ROOT / place))
        for place in ("examples/places.jsonl", "kg_data/demo/positive")
    )
    assert all(fact.mention_pairs for fact in here)
    table = "".join(
        f"| `{one.name}` | {one.pairs} | {one.mention_pairs} | {other.mention_pairs} |\n"
        for one, other in zip(here, demo, strict=True)
    )
    assert table in (ROOT / "docs" / "design.md").read_text(encoding="utf-8")


def test_finetuning_with_trainer(tmp_path: Path, bert_tiny_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for split in ("train", "dev", "test"):
        (corpus / f"{split}.tsv").write_text(SENTENCES, encoding="utf-8")
    KnowledgeGraph.from_triples([("Rhine", "passes", "Bonn")]).save(tmp_path / "graph")
    example = runpy.run_path(str(ROOT / "examples" / "ner_finetune.py"))
    output = tmp_path / "model"
    f1 = example["main"](str(corpus), str(tmp_path / "graph"), str(output), str(bert_tiny_path), epochs=1)
    assert 0 <= f1 <= 1
    assert (output / "model.safetensors").is_file()


@pytest.mark.parametrize("processes", [1, 2])
def test_linking_a_corpus_with_datasets(
    processes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    KnowledgeGraph.from_triples([("Rhine", "passes", "Bonn")]).save(tmp_path / "graph")
    texts = [f"{number}: the Rhine passes Bonn" if number % 3 else "nothing here" for number in range(50)]
    (tmp_path / "texts.txt").write_text("\n".join(texts), encoding="utf-8")
    output = tmp_path / "linked.jsonl"
    command = [sys.executable, str(ROOT / "examples" / "link_corpus.py"), str(tmp_path / "texts.txt")]
    options = ["--processes", str(processes)]
    subprocess.run([*command, str(tmp_path / "graph"), str(output), *options], check=True)
    lines = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
    assert [line["text"] for line in lines] == texts
    for line in lines:
        found = [line["text"][mention["start"] : mention["end"]] for mention in line["mentions"]]
        assert found == ([] if line["text"] == "nothing here" else ["Rhine", "Bonn"])
        assert found == [mention["entity"] for mention in line["mentions"]]
    assert f"{len(texts)} texts" in capfd.readouterr().out
