"""`kgattn link`."""

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
import spacy

from kgattn import KnowledgeGraph
from kgattn.cli import main
from kgattn.colours import DISPLACY, PALETTE

TEXT = "The Rhine passes Cologne."


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("graphs") / "rivers"
    KnowledgeGraph.from_triples(
        [("R1", "flows through", "http://towns.example/cologne"), ("S1", "sails on", "R1")],
        labels={"R1": "Rhine", "S1": "Cologne", "http://towns.example/cologne": "Cologne & <Deutz>"},
        aliases={"http://towns.example/cologne": ["Cologne", "Köln"]},
        types={"http://towns.example/cologne": ["town"]},
    ).save(folder)
    return str(folder)


def test_text_goes_out_as_text(graph: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["link", "--graph", graph, "--text", TEXT, "--text", "Nothing here."]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == TEXT
    assert lines[1] == "\t4-9\tRhine\tR1\tRhine\t1.00"
    assert lines[2].startswith("\t17-24\tCologne\tS1\tCologne\t0.")
    assert lines[3:] == ["Nothing here."]


def test_files_go_out_as_json_lines(graph: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = tmp_path / "first.txt", tmp_path / "second.txt"
    first.write_text(f"Nothing.\n\n  \n{TEXT}\n", encoding="utf-8")
    second.write_bytes("Köln am Rhein\r\n".encode())
    assert main(["link", "--graph", graph, "--jsonl", str(first), str(second)]) == 0
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(record["text"], record["file"], record["line"]) for record in records] == [
        ("Nothing.", str(first), 1),
        ("", str(first), 2),
        ("  ", str(first), 3),
        (TEXT, str(first), 4),
        ("Köln am Rhein", str(second), 1),
    ]
    rhine, cologne = records[3]["mentions"]
    assert rhine == {
        "start_char": 4,
        "end_char": 9,
        "surface_form": "Rhine",
        "candidates": [{"entity_id": "R1", "label": "Rhine", "prior": 1.0}],
    }
    assert {candidate["entity_id"] for candidate in cologne["candidates"]} == {"S1", "http://towns.example/cologne"}
    assert sum(candidate["prior"] for candidate in cologne["candidates"]) == pytest.approx(1, abs=1e-5)


def test_standard_input(graph: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(f"{TEXT}\n".encode())))
    assert main(["link", "--graph", graph, "-"]) == 0
    assert "\tRhine\tR1\t" in capsys.readouterr().out


def test_page_shows_mentions_and_escapes_what_it_shows(
    graph: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "new" / "page.html"
    assert main(["link", "--graph", graph, "--text", "<b> Köln </b> on the Rhine", "--html", str(page)]) == 0
    assert capsys.readouterr().out == f"{page}: 2 mentions in 1 texts\n"
    written = page.read_text(encoding="utf-8")
    assert written.startswith("<!DOCTYPE html>")
    assert 'href="http://towns.example/cologne"' in written
    assert "Cologne &amp; &lt;Deutz&gt;" in written
    assert "&lt;b&gt;" in written
    assert "<b>" not in written
    assert f"background: {PALETTE[0]}" in written
    assert f"background: {DISPLACY['KG']}" in written  # the Rhine has no type
    assert [path.name for path in page.parent.iterdir()] == ["page.html"]


def test_page_beside_json_lines(graph: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.html"
    assert main(["link", "--graph", graph, "--text", TEXT, "--html", str(page), "--jsonl"]) == 0
    output, error = capsys.readouterr()
    assert json.loads(output)["text"] == TEXT
    assert error == f"{page}: 2 mentions in 1 texts\n"


def test_a_page_shows_the_first_texts_of_a_stream(
    graph: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page, texts = tmp_path / "page.html", tmp_path / "texts.txt"
    texts.write_text(f"{TEXT}\n" * 5, encoding="utf-8")
    options = ["--html", str(page), "--html-texts", "2"]
    assert main(["link", "--graph", graph, str(texts), *options]) == 0
    output, error = capsys.readouterr()
    assert output == f"{page}: 4 mentions in 2 texts\n"
    assert error.startswith("linked 2 texts, 10 tokens, 4 mentions, ")
    assert main(["link", "--graph", graph, str(texts), *options, "--jsonl"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 5
    assert page.read_text(encoding="utf-8").count('href="http://towns.example/cologne"') == 0
    assert page.read_text(encoding="utf-8").count("passes") == 2


def test_words_have_places_in_tokens_and_keys_stay(
    graph: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus = tmp_path / "corpus.jsonl"
    lines = [{"id": 7, "tokens": ["The", "Rhine"], "ner_tags": ["O", "B-LOC"]}, {"id": 8, "text": TEXT}]
    corpus.write_text("\n\n".join(map(json.dumps, lines)), encoding="utf-8")
    assert main(["link", "--graph", graph, "--jsonl", str(corpus)]) == 0
    output, error = capsys.readouterr()
    words, text = map(json.loads, output.splitlines())
    (mention,) = words.pop("mentions")
    assert words == {**lines[0], "file": str(corpus), "line": 1}
    assert (mention["start_token"], mention["end_token"], mention["surface_form"]) == (1, 2, "Rhine")
    assert (text["id"], text["line"], len(text["mentions"])) == (8, 3, 2)
    assert error.startswith("linked 2 texts, 7 tokens, 3 mentions, ")
    assert error.endswith(" tokens/s\n")


def test_any_keys_of_an_object_come_out_as_they_went_in(
    graph: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus = tmp_path / "corpus.jsonl"
    lines = ['{"user": "\\ud83d", "text": "Köln"}', '{"text": "Köln", "file": "mine", "line": [1]}']
    corpus.write_text("\n".join(lines), encoding="utf-8")
    assert main(["link", "--graph", graph, "--jsonl", str(corpus)]) == 0
    half, mine = capsys.readouterr().out.splitlines()
    for line, given in zip((half, mine), lines, strict=True):
        record = json.loads(line)
        assert [mention["surface_form"] for mention in record.pop("mentions")] == ["Köln"]
        assert record == {"file": str(corpus), "line": 1, **json.loads(given)}
    assert "Köln" in mine  # escaped only where it must be


def test_what_cannot_be_linked_is_named_with_its_line(
    graph: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spacy.blank("en").to_disk(tmp_path / "pipeline")
    lines = {
        "half.jsonl": (['{"text": "fine"}', '{"text": "\\ud800"}'], "valid Unicode, got half a surrogate pair"),
        "words.jsonl": (['{"text": "fine"}', '{"tokens": ["\\ud800"]}'], "valid Unicode, got half a surrogate pair"),
        "long.txt": (["fine", "x" * 1_000_001], "texts of this pipeline may have 1000000 characters, got 1000001"),
    }
    for name, (content, message) in lines.items():
        (tmp_path / name).write_text("\n".join(content), encoding="utf-8")
        options = ["--language", str(tmp_path / "pipeline"), str(tmp_path / name)]
        assert main(["link", "--graph", graph, *options]) == 2
        error = capsys.readouterr().err
        assert f"{name}:2: " in error
        assert message in error


def test_linking_in_two_processes_gives_the_same(
    graph: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "texts.txt"
    file.write_text(f"{TEXT}\nKöln.\n" * 3, encoding="utf-8")
    printed = []
    for processes in ("1", "2"):
        assert main(["link", "--graph", graph, str(file), "--processes", processes]) == 0
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]
    assert printed[0].count("Rhine\tR1") == 3


@pytest.mark.parametrize("given", [[], ["--text", TEXT, "file.txt"]])
def test_texts_come_from_one_place(given: list[str], graph: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["link", "--graph", graph, *given]) == 2
    assert "give texts by --text or in FILES, one of the two" in capsys.readouterr().err


def test_a_stop_list_is_kept_to_and_makes_another_output(
    graph: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stop_list, texts, output = tmp_path / "stop.tsv", tmp_path / "texts.txt", tmp_path / "out.jsonl"
    stop_list.write_text("# form\tlinks\nrhine\t3\n", encoding="utf-8")
    texts.write_text(TEXT, encoding="utf-8")
    command = ["link", "--graph", graph, str(texts), "-o", str(output), "--use-stop-list", str(stop_list)]
    assert main(command) == 0
    (record,) = map(json.loads, output.read_text(encoding="utf-8").splitlines())
    assert [mention["surface_form"] for mention in record["mentions"]] == ["Cologne"]
    capsys.readouterr()
    assert main(command) == 0
    stop_list.write_text("cologne\n", encoding="utf-8")
    assert main(command) == 2
    assert "linker" in capsys.readouterr().err
    assert main([*command[:-1], "none.tsv"]) == 2
    assert "none.tsv: cannot be read" in capsys.readouterr().err


def test_an_absent_file_is_named(graph: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["link", "--graph", graph, "absent.txt"]) == 2
    assert capsys.readouterr().err.startswith("error: expected a text file, got absent.txt: no such file, seen from /")


def test_a_folder_is_no_text(graph: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["link", "--graph", graph, str(tmp_path)]) == 2
    assert f"expected a text file, got {tmp_path}: a folder; give" in capsys.readouterr().err


def test_a_file_that_is_not_text_is_named(graph: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "image.txt").write_bytes(b"\xff\xfe\x00")
    assert main(["link", "--graph", graph, str(tmp_path / "image.txt")]) == 2
    assert "image.txt:1: expected UTF-8 text, got byte 0xff" in capsys.readouterr().err


def test_a_file_that_cannot_be_read_is_named(
    graph: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "note.txt").write_text(TEXT, encoding="utf-8")

    plain_open = Path.open

    def refuse(path: Path, *arguments: Any, **options: Any) -> Any:
        if path.name == "note.txt":
            raise PermissionError(13, "Permission denied")
        return plain_open(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", refuse)
    assert main(["link", "--graph", graph, str(tmp_path / "note.txt")]) == 2
    assert "note.txt: cannot be read (Permission denied)" in capsys.readouterr().err


def test_a_page_that_cannot_be_written_leaves_nothing(
    graph: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "page.html").mkdir()
    assert main(["link", "--graph", graph, "--text", TEXT, "--html", str(tmp_path / "page.html")]) == 2
    assert "cannot write" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_labels_are_taken_in_the_language_of_a_pipeline(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    graph = tmp_path / "graph.ttl"
    label = "<http://www.w3.org/2000/01/rdf-schema#label>"
    graph.write_text(f'<http://towns.example/1> {label} "Cologne"@en, "Köln"@de .', encoding="utf-8")
    spacy.blank("de").to_disk(tmp_path / "pipeline")
    options = ["--text", "Cologne heißt Köln", "--language", str(tmp_path / "pipeline")]
    assert main(["link", "--graph", str(graph), *options]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == ["\t14-18\tKöln\thttp://towns.example/1\tKöln\t1.00"]


def test_an_unknown_language_is_an_error(graph: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["link", "--graph", graph, "--text", TEXT, "--language", "klingon"]) == 2
    assert "klingon" in capsys.readouterr().err


def test_a_large_graph_without_its_index_says_how_to_keep_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = {f"Q{row}": f"River number{row}" for row in range(10_000)}
    graph, stops = str(tmp_path / "graph"), tmp_path / "stop.tsv"
    KnowledgeGraph.from_triples([], labels=labels).save(graph)
    stops.write_text("river\n", encoding="utf-8")
    command = ["link", "--graph", graph, "--text", "At River number7."]

    assert main([*command, "--use-stop-list", str(stops)]) == 0
    assert capsys.readouterr().err == ""  # no graph folder keeps such an index
    assert main(command) == 0
    output, error = capsys.readouterr()
    assert "Q7" in output
    said = re.fullmatch(r"indexed 10,000 entities in \d+ s, as each time; kgattn (.+) keeps the index .+\n", error)
    assert said is not None
    assert main(said[1].replace("FOLDER", graph).split()) == 0
    capsys.readouterr()
    assert main(command) == 0
    assert capsys.readouterr() == (output, "")
