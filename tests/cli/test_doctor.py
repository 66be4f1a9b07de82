"""`kgattn doctor`: formats, files, exit codes."""

import json
from pathlib import Path

import pytest

from kgattn.cli import main
from kgattn.graph import KnowledgeGraph

RIVERS = ("Arlen", "Brooke", "Calder", "Dunmore", "Garry", "Hodder", "Irthing", "Kennet")


@pytest.fixture
def data(tmp_path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    for split, names in (("train", RIVERS[:4]), ("dev", RIVERS[4:6]), ("test", RIVERS[6:])):
        rows = [f"{name}\tB-River\nflows\tO\nto\tO\nthe\tO\nquern\tO\n" for name in names]
        (folder / f"{split}.txt").write_text("\n".join(rows), encoding="utf-8")
    return folder


@pytest.fixture
def graph(tmp_path) -> Path:
    names = RIVERS[::2]
    triples = [(name, "near", "quern") for name in names]
    KnowledgeGraph.from_triples(triples, types={name: ["river"] for name in names}).save(tmp_path / "graph")
    return tmp_path / "graph"


@pytest.fixture
def command(graph, data) -> list[str]:
    return ["doctor", "--graph", str(graph), "--data", str(data)]


def test_text_markdown_and_json_say_the_same(command, tmp_path, capsys):
    kept = tmp_path / "report.json"
    assert main([*command, "--format", "json", "-o", str(kept)]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report == json.loads(kept.read_text(encoding="utf-8"))
    assert report["coverage"]["total"]["exact_share"] == 0.5
    assert main([*command, "--format", "markdown"]) == 0
    markdown = capsys.readouterr().out
    assert f"**{report['verdict']['words']}**" in markdown
    assert "| all | 2 | 50% | 0% | 50% |" in markdown
    assert "|---|---:|" in markdown.replace(" ", "")
    assert main(command) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert report["verdict"]["words"] in text
    assert "Leak check: nothing found." in text
    assert "Gold mentions linked" in text


def test_a_stop_list_is_written_edited_and_used(command, tmp_path, capsys):
    stop_list = tmp_path / "stop.tsv"
    assert main([*command, "--stop-list", str(stop_list), "--format", "json"]) == 0
    before = json.loads(capsys.readouterr().out)
    assert stop_list.read_text(encoding="utf-8").splitlines()[3:] == ["quern\t4\t0\t0\tquern"]
    assert main([*command, "--use-stop-list", str(stop_list), "--format", "json"]) == 0
    after = json.loads(capsys.readouterr().out)
    assert (before["links"]["precision"], after["links"]["precision"]) == (pytest.approx(1 / 3), 1)
    assert main([*command, "--stop-list", str(stop_list)]) == 2
    assert "is there already, perhaps edited" in capsys.readouterr().err


def test_split_and_limit_and_model(command, bert_tiny_path, capsys):
    arguments = ["--split", "test", "--limit-train", "3", "--model", str(bert_tiny_path), "--format", "json"]
    assert main([*command, *arguments]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["split"], report["sentences"]) == ("test", {"learn": 3, "score": 2})
    assert report["tokenizer"]["sentences"] == 2


def test_a_leak_is_exit_code_1(command, graph, data, capsys):
    names = [f"Xa - {name}{number}" for name in RIVERS for number in "abcdefgh"]
    tags = "\tB-River\n-\tI-River\n"
    rows = [f"{name.split()[0]}{tags}{name.split()[2]}\tI-River\nsleeps\tO\n" for name in names]
    (data / "dev.txt").write_text("\n".join(rows), encoding="utf-8")
    KnowledgeGraph.load(graph).with_entity(RIVERS[0], aliases=names).save(graph)
    assert main([*command, "--format", "markdown"]) == 1
    assert "Do not trust any score with these links" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--split", "devel"], "split must be one of train, dev, test, got 'devel'"),
        (["--use-stop-list", "none.tsv"], "none.tsv: cannot be read"),
        (["--format", "yaml"], "see kgattn doctor --help"),
        (["--model", "./no/model"], "no such folder"),
    ],
)
def test_wrong_usage_is_exit_code_2(command, arguments, message, capsys):
    assert main([*command, *arguments]) == 2
    assert message in capsys.readouterr().err
