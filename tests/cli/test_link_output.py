"""`kgattn link -o`: a killed command goes on, and ends with the bytes of one that was not."""

import bz2
import gzip
import json
import lzma
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest

from kgattn import KnowledgeGraph
from kgattn.cli import link_output, link_render, main
from kgattn.cli.link_output import ResumableOutput
from kgattn.errors import RunError, StorageError

COUNTS = {"records": 2, "tokens": 9, "mentions": 1}


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("graphs") / "towns"
    KnowledgeGraph.from_triples([("Bonn", "on", "Rhine")]).save(folder)
    return str(folder)


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    path = tmp_path / "texts.txt"
    path.write_text("".join(f"Text {number} is from Bonn.\n" for number in range(50)), encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_render, "CHUNK_ITEMS", 8)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("suffix", "unpack"), [("", bytes), (".gz", gzip.decompress), (".bz2", bz2.decompress), (".xz", lzma.decompress)]
)
def test_an_interrupted_command_goes_on(
    suffix: str,
    unpack: Any,
    graph: str,
    texts: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    whole, output = tmp_path / "whole" / f"a.jsonl{suffix}", tmp_path / "cut" / f"a.jsonl{suffix}"
    assert main(["link", "--graph", graph, str(texts), "-o", str(whole)]) == 0
    assert capsys.readouterr().err.startswith(f"{whole}: 50 texts, 50 mentions; now linked 50 texts, 300 tokens, 50 ")
    assert names(whole.parent) == [whole.name, f"{whole.name}.run.json"]
    records = [json.loads(line) for line in unpack(whole.read_bytes()).splitlines()]
    assert [record["line"] for record in records] == list(range(1, 51))

    plain_commit = ResumableOutput.commit

    def stop(self: ResumableOutput, *arguments: Any) -> None:
        plain_commit(self, *arguments)
        if self.records == 24:
            self._file.write(b'{"text": "half a li')  # what a killed process may leave
            raise KeyboardInterrupt

    command = ["link", "--graph", graph, str(texts), "-o", str(output)]
    with monkeypatch.context() as patch:
        patch.setattr(ResumableOutput, "commit", stop)
        assert main(command) == 130
    assert names(output.parent) == [f"{output.name}.part", f"{output.name}.run.json"]
    capsys.readouterr()
    assert main([*command, "-n", "2"]) == 0  # the number of processes changes nothing
    assert "50 texts, 50 mentions; now linked 26 texts" in capsys.readouterr().err
    assert output.read_bytes() == whole.read_bytes()

    assert main(command) == 0
    assert "50 texts, 50 mentions; now linked 0 texts" in capsys.readouterr().err
    assert output.read_bytes() == whole.read_bytes()
    assert names(output.parent) == [output.name, f"{output.name}.run.json"]


def test_other_input_settings_or_graphs_are_refused(
    graph: str, texts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "a.jsonl"
    command = ["link", str(texts), "-o", str(output), "--graph"]
    assert main([*command, graph]) == 0
    before = output.read_bytes()
    KnowledgeGraph.from_triples([("Bonn", "on", "Danube")]).save(tmp_path / "other")
    for change, message in (
        ([str(tmp_path / "other")], r"was begun with another graph: "),
        ([graph, "--language", "de"], "was begun with another language name: en, not de"),
        ([graph, "--format", "conll"], "was begun with another format: auto, not conll"),
    ):
        capsys.readouterr()
        assert main([*command, *change]) == 2
        assert f"{message}" in capsys.readouterr().err
    for content in ("Another text.\n", "", texts.read_text() + "One more.\n"):
        texts.write_text(content, encoding="utf-8")
        assert main([*command, graph]) == 2
        assert "was made from other input than this; name another file, or give --overwrite" in capsys.readouterr().err
    assert output.read_bytes() == before
    assert main([*command, graph, "--overwrite"]) == 0
    assert len(output.read_bytes().splitlines()) == 51


@pytest.mark.parametrize("killed", [False, True])
@pytest.mark.parametrize("items", [3, 8])
def test_what_comes_after_the_last_text_changes_nothing(
    items: int, killed: bool, graph: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts, empty, output = tmp_path / "texts.jsonl", tmp_path / "empty.jsonl", tmp_path / "a.jsonl"
    texts.write_text('{"text": "Bonn"}\n' * items + "\n \n", encoding="utf-8")
    empty.touch()
    command = ["link", "--graph", graph, str(texts), str(empty), "-o", str(output)]

    def interrupt(self: ResumableOutput) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        if killed:
            patch.setattr(ResumableOutput, "finish", interrupt)
        assert main(command) == (130 if killed else 0)
    assert main(command) == 0
    assert len(output.read_bytes().splitlines()) == items
    texts.write_text('{"text": "Bonn"}\n' * items + '\n \n{"text": "one more"}\n', encoding="utf-8")
    assert main(command) == 2


def test_the_page_of_a_command_that_goes_on_is_whole(
    graph: str, texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, whole = tmp_path / "page.html", tmp_path / "whole.html"
    command = ["link", "--graph", graph, str(texts), "--html-texts", "20"]
    assert main([*command, "--html", str(whole)]) == 0
    assert whole.read_text().count("is from") == 20
    command += ["-o", str(tmp_path / "a.jsonl"), "--html", str(page)]
    plain_commit = ResumableOutput.commit

    def stop(self: ResumableOutput, *arguments: Any) -> None:
        plain_commit(self, *arguments)
        if self.records == 16:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ResumableOutput, "commit", stop)
        assert main(command) == 130
    for _ in ("goes on", "is given again"):
        assert main(command) == 0
        assert page.read_bytes() == whole.read_bytes()
        page.unlink()


def test_an_output_is_not_an_input(graph: str, texts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["link", "--graph", graph, str(texts), "-o", str(texts), "--overwrite"]) == 2
    assert "texts.txt is an input too; name another file" in capsys.readouterr().err


@pytest.mark.parametrize("page", ["texts.txt", "a.jsonl", "a.jsonl.part", "a.jsonl.run.json", "towns/graph.json"])
def test_a_page_is_written_over_nothing_else(
    page: str, graph: str, texts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    KnowledgeGraph.load(graph).save(tmp_path / "towns")
    output, before = tmp_path / "a.jsonl", (tmp_path / "towns" / "graph.json").read_bytes()
    command = [
        "link",
        "--graph",
        str(tmp_path / "towns"),
        str(texts),
        "-o",
        str(output),
        "--html",
        str(tmp_path / page),
    ]
    assert main(command) == 2
    assert f"{page} " in capsys.readouterr().err
    assert not output.exists()
    assert texts.read_text().startswith("Text 0 ")
    assert (tmp_path / "towns" / "graph.json").read_bytes() == before


@pytest.mark.parametrize("output", [".", "/", ""])
def test_an_output_has_a_name(output: str, graph: str, texts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["link", "--graph", graph, str(texts), "-o", output]) == 2
    assert "it is there and no file; choose another place" in capsys.readouterr().err


def test_mentions_that_a_line_has_are_not_written_over(
    graph: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = tmp_path / "lines.jsonl"
    lines.write_text('{"text": "Bonn"}\n{"text": "Bonn", "mentions": ["gold"]}\n')
    assert main(["link", "--graph", graph, str(lines), "--jsonl"]) == 2
    assert "lines.jsonl:2: expected a line without the key 'mentions'" in capsys.readouterr().err
    assert main(["link", "--graph", graph, str(lines)]) == 0


def test_texts_from_the_command_line(graph: str, tmp_path: Path) -> None:
    assert main(["link", "--graph", graph, "--text", "Bonn", "-o", str(tmp_path / "new" / "a.jsonl")]) == 0
    assert json.loads((tmp_path / "new" / "a.jsonl").read_text())["mentions"][0]["surface_form"] == "Bonn"


def test_files_of_others_are_left_alone(tmp_path: Path) -> None:
    mine = tmp_path / "a"
    for path in (mine, tmp_path / "a.part"):
        path.write_text("mine")
        with pytest.raises(RunError, match=r"a is there, and no a\.run\.json that says how it was made"):
            ResumableOutput(mine, {})
        assert path.read_text() == "mine"
        assert names(tmp_path) == [path.name]
        path.unlink()
    (tmp_path / "folder").mkdir()
    with pytest.raises(StorageError, match=r"cannot write .*folder: it is there and no file"):
        ResumableOutput(tmp_path / "folder", {})


def test_a_second_process_is_refused(tmp_path: Path) -> None:
    with ResumableOutput(tmp_path / "a", {}) as first:
        for _ in range(2):
            with pytest.raises(RunError, match="a is being written by another process"):
                ResumableOutput(tmp_path / "a", {})
        first.commit(b"12", "x", COUNTS)
    with ResumableOutput(tmp_path / "a", {}) as again:
        assert (again.records, again.tokens, again.mentions, again.digest) == (2, 9, 1, "x")


def test_what_was_changed_behind_its_back_is_refused(tmp_path: Path) -> None:
    def begin(finish: bool) -> None:
        with ResumableOutput(tmp_path / "a", {}, overwrite=True) as output:
            output.commit(b"1234", "x", COUNTS)
            if finish:
                output.finish()

    begin(finish=False)
    (tmp_path / "a.part").write_bytes(b"123")
    with pytest.raises(RunError, match=r"a\.part was changed: expected at least 4 bytes, got 3"):
        ResumableOutput(tmp_path / "a", {})
    begin(finish=True)
    (tmp_path / "a").write_bytes(b"12345")
    with pytest.raises(RunError, match=r"was changed since it was finished: expected 4 bytes, got 5"):
        ResumableOutput(tmp_path / "a", {})
    state = (tmp_path / "a.run.json").read_text()
    for content, message in (
        ("{", "cannot be read"),
        ("[]", "cannot be read"),
        (state.replace('"format_version": 1', '"format_version": 2'), "must be of format version 1, got 2"),
        (state.replace('"bytes": 4', '"bytes": "4"'), "expected counts, got other values"),
    ):
        (tmp_path / "a.run.json").write_text(content)
        with pytest.raises(RunError, match=message + ".*; give --overwrite to begin anew"):
            ResumableOutput(tmp_path / "a", {})


def test_killed_between_the_last_two_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(path: Path, value: Any) -> None:
        raise KeyboardInterrupt

    with ResumableOutput(tmp_path / "a", {}) as output:
        output.commit(b"1234", "x", COUNTS)
        with monkeypatch.context() as patch:
            patch.setattr(link_output, "write_json", killed)
            with pytest.raises(KeyboardInterrupt):
                output.finish()
    assert names(tmp_path) == ["a", "a.run.json"]
    with ResumableOutput(tmp_path / "a", {}) as again:
        assert again.finished
        assert again.records == 2


@pytest.mark.parametrize(("flush", "file"), [(4, "a.jsonl"), (5, "a.jsonl.run.json")])
def test_a_full_disk_loses_nothing(
    flush: int,
    file: str,
    graph: str,
    texts: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    output = tmp_path / "a.jsonl"
    command = ["link", "--graph", graph, str(texts), "-o", str(output)]
    left = [flush]

    def fsync(number: int) -> None:
        left[0] -= 1
        if not left[0]:
            raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(link_output.os, "fsync", fsync)
        assert main(command) == 2
    assert f"{file}: No space left on device" in capsys.readouterr().err
    assert main(command) == 0
    assert [json.loads(line)["line"] for line in output.read_text().splitlines()] == list(range(1, 51))


def test_a_disk_that_stays_full_is_a_storage_error(tmp_path: Path) -> None:
    script = """
        import resource, signal, sys
        from pathlib import Path
        from kgattn.cli.link_output import ResumableOutput
        from kgattn.errors import StorageError

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
        try:
            with ResumableOutput(Path(sys.argv[1]), {}) as output:
                for _ in range(3):
                    output.commit(b"x" * 900, "x", {"records": 1, "tokens": 1, "mentions": 1})
        except StorageError as error:
            print(error)
    """
    command = [sys.executable, "-c", textwrap.dedent(script), str(tmp_path / "a")]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert printed.startswith(f"cannot write {tmp_path / 'a'}: File too large; make room or choose another place")
    assert json.loads((tmp_path / "a.run.json").read_text())["records"] == 2


@pytest.mark.slow
@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_killed_process_loses_nothing(processes: str, graph: str, tmp_path: Path) -> None:
    texts, output, whole = tmp_path / "texts.txt", tmp_path / "a.jsonl", tmp_path / "whole.jsonl"
    texts.write_text("".join(f"Text {n} is from Bonn, word{n} too.\n" for n in range(30_000)), encoding="utf-8")
    command = [sys.executable, "-m", "kgattn", "link", "--graph", graph, str(texts), "-n", processes, "-o"]
    subprocess.run([*command, str(whole)], check=True)
    state = tmp_path / "a.jsonl.run.json"
    kills, before = 0, 0
    while kills < 2:
        process = subprocess.Popen([*command, str(output)], stderr=subprocess.DEVNULL)
        while process.poll() is None and (records_of(state) == before):
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        kills, before = kills + 1, records_of(state)
        assert 0 < before <= 30_000
        assert not output.exists() or before == 30_000
    subprocess.run([*command, str(output)], check=True)
    assert output.read_bytes() == whole.read_bytes()


def records_of(state: Path) -> int:
    return int(json.loads(state.read_text())["records"]) if state.exists() else 0
