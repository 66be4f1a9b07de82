"""`kgattn compare` end to end on a small corpus, and what it says to wrong input."""

import io
import json
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from kgattn.cli import main
from kgattn.cli.compare import default_workers
from kgattn.cli.watch import RunWatcher
from kgattn.evidence.arms import ARMS
from kgattn.evidence.comparison import load_comparison
from kgattn.evidence.curve import load_curve
from kgattn.evidence.runner import Run

RIVERS = ("Arlen", "Brooke", "Calder", "Dunmore", "Esk", "Fal")
TOWNS = ("Lorne", "Marsh", "Nolan", "Orton", "Piers", "Quinn")


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "names"
    folder.mkdir()
    for split, at in (("train", slice(0, 3)), ("dev", slice(3, 4)), ("test", slice(4, 6))):
        lines = []
        for names, kind in ((RIVERS[at], "River"), (TOWNS[at], "Town")):
            for name in names:
                tokens = ["We", "wrote", "about", name, "."]
                lines.append({"tokens": tokens, "ner_tags": ["O", "O", "O", f"B-{kind}", "O"]})
        (folder / f"{split}.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    file = tmp_path / "places.tsv"
    lines = [f"{river}\tflows through\t{town}\n" for river, town in zip(RIVERS, TOWNS, strict=True)]
    file.write_text("".join(lines), encoding="utf-8")
    return file


def arguments(corpus: Path, graph: Path, output: Path, *more: str) -> list[str]:
    short = ["--model", "bert-tiny", "--epochs", "1", "--seeds", "1", "--workers", "1", "-o", str(output)]
    return ["compare", "--data", str(corpus), "--graph", str(graph), *short, *more]


def test_prints_table_verdict_and_report_and_keeps_the_runs(
    bert_tiny_path: Path, corpus: Path, graph: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out"
    settings = tmp_path / "settings.json"
    settings.write_text('{"evaluations": 1, "epochs": 7, "injection": {"entity_dim": 16}}', encoding="utf-8")
    command = arguments(corpus, graph, output, "--arms", "plain,biased", "--config", str(settings))

    assert main(command) == 0

    shown = capsys.readouterr()
    assert "names, 6 training sentences, bert-tiny" in shown.out
    assert f"report: {output / 'report.html'}" in shown.out
    assert "[2/2] biased with seed 0: test F1" in shown.err
    assert "left" in shown.err.splitlines()[0]
    made = load_comparison(output / "compare.json")
    assert made.verdict.words in shown.out
    assert made.config["epochs"] == 1
    assert made.config["injection"]["entity_dim"] == 16
    page = (output / "report.html").read_text(encoding="utf-8")
    assert made.verdict.words in page
    assert made.command.startswith("kgattn compare --data ")
    assert set(made.arms[1].slices) == {
        "linked",
        "unlinked",
        "seen",
        "unseen",
        "ambiguous",
        "unambiguous",
        "head",
        "tail",
    }
    assert made.arms[1].gates is not None
    assert made.flow is not None
    assert "wrote" not in (output / "compare.json").read_text(encoding="utf-8"), "no text of the corpus in results"

    assert main(made.command.split()[1:]) == 0
    assert "2 of 2 runs were finished before and are kept" in capsys.readouterr().err
    assert load_comparison(output / "compare.json").arms == made.arms


def test_a_curve_runs_each_size_once_and_is_printed_in_the_format_asked_for(
    bert_tiny_path: Path, corpus: Path, graph: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out"
    command = arguments(corpus, graph, output, "--arms", "plain,biased", "--curve", "2,4,all", "--examples", "1")

    assert main([*command, "--format", "json"]) == 0

    shown = capsys.readouterr()
    assert [point["data"]["sentences"]["train"] for point in json.loads(shown.out)["comparisons"]] == [2, 4, 6]
    assert load_curve(output / "curve.json").sizes == (2, 4, 6)
    assert sorted(path.name for path in output.iterdir()) == [
        "curve.json",
        "encoded.safetensors",
        "report.html",
        "train-2",
        "train-4",
        "train-6",
    ]
    assert all((output / f"train-{size}" / "report.html").is_file() for size in (2, 4, 6))

    assert main([*command, "--format", "text"]) == 0
    again = capsys.readouterr()
    assert again.err.count("2 of 2 runs were finished before and are kept") == 3
    assert "Learning curve" in again.out
    assert [str(path.relative_to(output)) for path in output.rglob("encoded.safetensors")] == ["encoded.safetensors"]
    assert "--curve 2,4,all" in load_comparison(output / "train-6" / "compare.json").command

    shutil.rmtree(output / "train-6" / "runs")
    (output / "curve.json").unlink()
    assert main([*command, "--minutes", "0.0001"]) == 0
    assert load_curve(output / "curve.json").sizes == (2, 4)
    assert "there was no time for 6 sentences; run the same command again to go on" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--curve", "5,many"], "needs sizes such as 50,100,all, got 'many'"),
        (["--curve", "5", "--limit-train", "3"], "leave out --limit-train"),
        (["--format", "pdf"], "--format must be among text, html, markdown, json, latex, got 'pdf'"),
        (["--arms", "plain,bised"], "arms must be among plain"),
        (["--model", "no-such-model/here/or/there"], "model must be"),
        (["--config", "absent.json"], "absent.json cannot be read"),
        (["--seeds", "0"], "--seeds"),
        (["--learning-rate", "-1"], "learning_rate must be positive"),
        (["--minutes", "0"], "minutes must be more than 0, got 0.0"),
        (["--arms", "rules-only"], "the arm rules-only needs SELECT rules"),
        (["--rules", "absent"], "absent"),
    ],
)
def test_wrong_input_is_one_line_and_writes_nothing(
    corpus: Path, graph: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], message: str
) -> None:
    output = tmp_path / "out"

    assert main(arguments(corpus, graph, output, *more)) == 2

    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert message in line
    assert not output.exists()


def test_there_is_a_worker_at_least() -> None:
    assert default_workers() >= 1


def test_rules_reach_the_arms_that_inject_and_minutes_are_no_part_of_the_settings(
    bert_tiny_path: Path, corpus: Path, graph: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules, output = tmp_path / "rules", tmp_path / "out"
    rules.mkdir()
    (rules / "near.rq").write_text("SELECT ?head ?tail WHERE { ?head relation:flows_through ?tail }", encoding="utf-8")

    command = arguments(corpus, graph, output, "--arms", "plain,rules-only", "--rules", str(rules), "--minutes", "60")
    assert main(command) == 0, capsys.readouterr().err

    made = load_comparison(output / "compare.json")
    assert made.config["injection"]["rules"].keys() == {"near"}
    assert 0 < made.arms[1].plugin_parameters < 100
    assert f"--rules {rules}" in made.command
    assert "--minutes" not in made.command
    capsys.readouterr()

    assert main(made.command.split()[1:]) == 0
    assert "2 of 2 runs were finished before and are kept" in capsys.readouterr().err


def test_a_stop_list_is_kept_to_and_makes_other_runs(
    bert_tiny_path: Path, corpus: Path, graph: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stop_list, output = tmp_path / "stop.tsv", tmp_path / "out"
    stop_list.write_text("\n".join(TOWNS), encoding="utf-8")
    command = arguments(corpus, graph, output, "--arms", "plain")

    def linked() -> int:
        stored = json.loads((output / "runs" / "plain" / "seed-0" / "result.json").read_text(encoding="utf-8"))
        return int(stored["test"]["slices"]["linked"]["gold"])

    assert main(command) == 0, capsys.readouterr().err
    assert linked() == 4
    assert main([*command, "--use-stop-list", str(stop_list)]) == 0, capsys.readouterr().err
    assert linked() == 2
    made = load_comparison(output / "compare.json")
    assert f"--use-stop-list {stop_list}" in made.command
    capsys.readouterr()

    assert main(made.command.split()[1:]) == 0
    assert "1 of 1 runs were finished before and are kept" in capsys.readouterr().err
    assert main(command) == 0
    assert "finished before" not in capsys.readouterr().err
    assert linked() == 4


def test_arms_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "--list-arms"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 19
    assert " ".join(lines[0].split()) == "plain plain the model alone, nothing injected"


def test_missing_runs_are_named() -> None:
    shown = io.StringIO()
    runs = [Run(ARMS["plain"], seed) for seed in range(25)]

    RunWatcher("names", Console(file=shown)).missing(runs)

    words = " ".join(shown.getvalue().split())
    assert words.startswith(
        "the time is over; 25 runs are missing, run the same command again to go on: plain with seed 0"
    )
    assert words.endswith("plain with seed 19 and 5 more")
