import json
import subprocess
import sys
from pathlib import Path

import pytest

import kgattn
from kgattn.cli import main
from kgattn.training.tagger import open_tagger

TRAIN = [(["Ada", "saw", "Rome"], ["B-PER", "O", "B-LOC"]), (["Bob", "left", "Paris"], ["B-PER", "O", "B-LOC"])] * 6


def write(file: Path, rows: list[tuple[list[str], list[str]]]) -> None:
    file.write_text("\n".join("".join(f"{w}\t{t}\n" for w, t in zip(*row, strict=True)) for row in rows))


@pytest.fixture
def data(tmp_path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    for name in ("train", "dev", "test"):
        write(folder / f"{name}.txt", TRAIN)
    return folder


@pytest.fixture
def graph_file(tmp_path) -> Path:
    file = tmp_path / "graph.ttl"
    file.write_text(
        "@prefix : <http://x/> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
        ':rome rdfs:label "Rome" ; :in :italy . :paris rdfs:label "Paris" ; :in :france .\n'
        ':italy rdfs:label "Italy" . :france rdfs:label "France" .\n'
    )
    return file


def train(*arguments: object) -> int:
    return main(["train", *map(str, arguments)])


def test_train_then_evaluate_give_the_same_scores(data, graph_file, bert_tiny_path, tmp_path, capsys):
    run = tmp_path / "run"
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps({"epochs": 1, "injection": {"entity_dim": 16, "code_dim": 32}}))
    shared = ("--data", data, "--graph", graph_file, "--model", "bert-tiny", "--config", settings, "--bf16", "off")
    assert train(*shared, "-o", run, "--arm", "shuffled-entities", "--seed", 3) == 0
    shown = capsys.readouterr()
    assert "test, shuffled-entities, seed 3" in shown.out
    assert shown.err == ""
    result = json.loads((run / "result.json").read_text())
    assert result["injection"]["entity_dim"] == 16
    assert result["test"]["slices"]["linked"]["gold"] == 12
    assert main(["evaluate", "--run", str(run), "--data", str(data), "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)
    assert {key: scores[key] for key in result["test"]} == result["test"]
    assert main(["evaluate", "--run", str(run), "--data", str(data / "dev.txt")]) == 0
    assert "linked" in capsys.readouterr().out
    assert train(*shared, "-o", run, "--seed", 3) == 2
    assert "holds a run with another config arm (shuffled-entities, not biased)" in capsys.readouterr().err


def evaluated(capsys, *arguments: object) -> dict:
    capsys.readouterr()
    assert main(["evaluate", *map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_evaluate_takes_another_version_of_the_graph(data, graph_file, bert_tiny_path, tmp_path, capsys):
    """Linked by it with the run's stop list and language, read by the model, and nothing is left of it in the run."""
    run, settings = tmp_path / "run", tmp_path / "settings.json"
    injection = {"entity_dim": 16, "code_dim": 32}
    settings.write_text(json.dumps({"linker": {"stop_list": ["paris"]}, "language": "de", "injection": injection}))
    shared = ("--data", data, "--graph", graph_file, "--model", "bert-tiny", "--config", settings, "--epochs", 1)
    assert train(*shared, "--bf16", "off", "-o", run) == 0
    own = json.loads((run / "result.json").read_text())["test"]
    files = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    given = ("--run", run, "--data", data)
    assert evaluated(capsys, *given)["graph"] is None
    same = evaluated(capsys, *given, "--graph", graph_file)
    assert {key: same[key] for key in own} == own
    assert same["graph"] == str(graph_file)
    assert own["slices"]["linked"]["gold"] == 6, "Rome, as Paris is on the stop list"

    label = "<http://www.w3.org/2000/01/rdf-schema#label>"
    names = {"en": ("Rome", "Paris"), "de": ("Ada", "Bob")}
    lines = [f'<http://x/{name}> {label} "{name}"@{lang} .' for lang in names for name in names[lang]]
    lines += [f'<http://x/Ada> <http://x/near> <http://x/Bob> . <http://x/Paris> {label} "Paris"@de .']
    (tmp_path / "more.ttl").write_text("\n".join(lines))
    more = evaluated(capsys, *given, "--graph", tmp_path / "more.ttl")
    assert more["slices"]["linked"]["gold"] == 18, "Ada, Bob and Rome"
    assert main(["evaluate", *map(str, given), "--graph", str(tmp_path / "more.ttl")]) == 0
    assert f",graph{tmp_path / 'more.ttl'}" in "".join(capsys.readouterr().out.split())
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == files

    (tmp_path / "bare.tsv").write_text("17\tnear\t18\n")
    assert main(["evaluate", *map(str, given), "--graph", str(tmp_path / "bare.tsv")]) == 2
    assert "expected a graph with labels to match" in capsys.readouterr().err


def test_plain_needs_no_graph(data, bert_tiny_path, graph_file, tmp_path, capsys):
    run = tmp_path / "run"
    assert train("--data", data, "--model", "bert-tiny", "-o", run, "--arm", "plain", "--epochs", 1) == 0
    assert main(["evaluate", "--run", str(run), "--data", str(data), "--graph", str(graph_file), "--json"]) == 0
    out = capsys.readouterr().out
    assert json.loads(out[out.index("{") :])["slices"]["linked"]["gold"] == 12


def test_evaluate_takes_labels_in_the_language_of_the_run(data, bert_tiny_path, tmp_path, capsys):
    label = "<http://www.w3.org/2000/01/rdf-schema#label>"
    lines = (f'<http://x/{n}> {label} "{name}"@de, "Town {n}"@en .' for n, name in enumerate(("Rome", "Paris")))
    (tmp_path / "graph.ttl").write_text("\n".join(lines))
    for language, linked in (("de", 12), ("en", 0)):
        run = tmp_path / language
        shared = ("--model", "bert-tiny", "--arm", "plain", "--epochs", 1, "--language", language)
        assert train("--data", data, "-o", run, *shared) == 0
        capsys.readouterr()
        command = ["evaluate", "--run", str(run), "--data", str(data), "--graph", str(tmp_path / "graph.ttl")]
        assert main([*command, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["slices"]["linked"]["gold"] == linked


def test_a_stop_list_belongs_to_the_run_and_goes_with_its_model(data, graph_file, bert_tiny_path, tmp_path, capsys):
    run, stop_list = tmp_path / "run", tmp_path / "stop.tsv"
    stop_list.write_text("rome\t6\t0\n")
    shared = ("--data", data, "--graph", graph_file, "--model", "bert-tiny", "--epochs", 1, "-o", run)
    assert train(*shared, "--use-stop-list", stop_list) == 0
    result = json.loads((run / "result.json").read_text())
    assert result["test"]["slices"]["linked"]["gold"] == 6  # Paris
    stop_list.unlink()
    capsys.readouterr()
    assert main(["evaluate", "--run", str(run), "--data", str(data), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["f1"] == result["test"]["f1"]
    for processor in (kgattn.from_pretrained(run / "model").kgattn.processor, open_tagger(run).processor):
        (doc,) = processor.link(["From Rome to Paris"])
        assert [span.text for span in doc.spans["kgattn"]] == ["Paris"]
    assert train(*shared) == 2
    assert "holds a run with another config linker" in capsys.readouterr().err
    stop_list.write_text("paris\n")
    assert train(*shared, "--use-stop-list", stop_list) == 2
    assert "holds a run with another config linker stop_list" in capsys.readouterr().err


def test_a_plain_run_tells_linked_from_others_by_its_stop_list(data, graph_file, bert_tiny_path, tmp_path, capsys):
    run, settings = tmp_path / "run", tmp_path / "settings.json"
    settings.write_text('{"linker": {"stop_list": ["rome"]}, "epochs": 1, "arm": "plain", "model": "bert-tiny"}')
    assert train("--data", data, "--config", settings, "-o", run) == 0
    capsys.readouterr()
    assert main(["evaluate", "--run", str(run), "--data", str(data), "--graph", str(graph_file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["slices"]["linked"]["gold"] == 6


def test_wrong_input_is_one_line_and_leaves_nothing(data, bert_tiny_path, tmp_path, capsys):
    run = tmp_path / "run"
    base = ("--data", data, "--model", "bert-tiny", "-o", run)
    ragged = tmp_path / "ragged.txt"
    ragged.write_text("Ada\tB-PER\nran\n")
    wrong = tmp_path / "wrong.json"
    wrong.write_text('{"injection": {"rank": "many"}}')
    for arguments, message in (
        (base, "the arm biased needs a graph; add --graph DIR"),
        ((*base, "--arm", "plain", "--use-stop-list", ragged), "a stop list says what of a graph is not linked; add"),
        ((*base, "--use-stop-list", "none.tsv"), "none.tsv: cannot be read"),
        ((*base, "--arm", "other"), "arms must be among plain"),
        ((*base, "--arm", "plain,biased"), "train runs one arm, got plain,biased; choose one, or run kgattn compare"),
        ((*base, "--arm", "rewired"), "for rewired run kgattn compare --arms rewired"),
        ((*base, "--arm", "swapped-graph"), "train leaves a model that can be used, of one of the arms plain, biased"),
        ((*base, "--config", wrong), "an injection setting is of a wrong type"),
        ((*base, "--arm", "plain", "--bf16", "maybe"), "bf16 must be auto, on or off"),
        (("--data", ragged, "-o", run, "--arm", "plain"), f"{ragged}:2: expected 2 columns"),
        (("--data", data, "-o", run, "--arm", "plain", "--model", "./none"), "no such folder"),
    ):
        assert train(*arguments) == 2
        error = capsys.readouterr().err
        assert message in error
        assert error.count("\n") == 1
        assert not run.exists()
    assert main(["evaluate", "--run", str(tmp_path), "--data", str(data)]) == 2
    assert "holds no finished run" in capsys.readouterr().err


@pytest.mark.slow
def test_torchrun_is_refused_before_anything_is_written(data, bert_tiny_path, tmp_path):
    """Two processes by gloo on the CPU: each says so in a line, and no folder is begun."""
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "kgattn"]
    command = ["train", "--data", str(data), "--arm", "plain", "--model", "bert-tiny", "--epochs", "1", "--bf16", "off"]
    done = subprocess.run(
        [*launch, *command, "-o", str(tmp_path / "run")], capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode != 0
    assert "error: a run is trained by one process, got 2 started together" in done.stderr
    assert "Traceback" not in done.stderr.partition("error: a run")[0]
    assert not (tmp_path / "run").exists()
