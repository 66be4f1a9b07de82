"""The border of the program: exit codes, one line an error, commands found when asked for."""

import subprocess
import sys

import pytest
import typer

from kgattn import __version__
from kgattn.cli import app as app_module
from kgattn.cli import main
from kgattn.errors import GraphError


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    """`kgattn graph fail KIND` raises an exception of that kind."""
    from kgattn.cli import graph as graph_module

    kinds = {
        "input": GraphError("expected a graph,\n  got nothing; give one"),
        "bug": RuntimeError("shape mismatch\nat layer 3"),
        "interrupt": KeyboardInterrupt(),
        "abort": typer.Abort(),
        "exit": typer.Exit(7),
    }
    group = typer.Typer()

    @group.command()
    def fail(kind: str) -> None:
        raise kinds[kind]

    @group.command()
    def succeed() -> None:
        typer.echo("done")

    monkeypatch.setattr(graph_module, "graph", group)
    return group


@pytest.mark.parametrize(
    ("kind", "code", "line"),
    [
        ("input", 2, "error: expected a graph, got nothing; give one\n"),
        ("bug", 1, "error: RuntimeError: shape mismatch at layer 3; run again with --debug for the traceback\n"),
        ("interrupt", 130, ""),
        ("abort", 130, ""),
        ("exit", 7, ""),
    ],
)
@pytest.mark.usefixtures("failing")
def test_an_error_is_one_line_and_an_exit_code(
    kind: str, code: int, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["graph", "fail", kind]) == code
    assert capsys.readouterr() == ("", line)


@pytest.mark.parametrize("arguments", [["--debug", "graph", "fail", "bug"], ["graph", "fail", "bug", "--debug"]])
@pytest.mark.usefixtures("failing")
def test_debug_shows_the_traceback(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert error.startswith("Traceback (most recent call last):")
    assert error.rstrip().endswith("--debug for the traceback")


@pytest.mark.usefixtures("failing")
def test_debug_after_two_dashes_is_an_argument(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["graph", "fail", "--", "--debug"]) == 1
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.usefixtures("failing")
def test_success_is_zero(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["graph", "succeed"]) == 0
    assert capsys.readouterr() == ("done\n", "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nonsense"], "error: No such command 'nonsense'; see kgattn --help"),
        (["--nonsense"], "error: No such option: --nonsense; see kgattn --help"),
        (["graph"], "error: Missing command; see kgattn graph --help"),
        (["graph", "nonsense"], "error: No such command 'nonsense'; see kgattn graph --help"),
        (["graph", "build"], "see kgattn graph build --help"),
        (["graph", "info", "folder", "--top", "many"], "see kgattn graph info --help"),
    ],
)
def test_wrong_usage_is_one_line_and_two(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    output, error = capsys.readouterr()
    assert output == ""
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert message in error


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    output = capsys.readouterr().out
    assert all(name in output for name in app_module.COMMANDS)


@pytest.mark.parametrize("name", app_module.COMMANDS)
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    assert f"kgattn {name}" in capsys.readouterr().out


def test_nothing_asked_shows_the_help_and_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "Usage" in capsys.readouterr().out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"kgattn {__version__}\n"


def test_runs_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "kgattn", "nonsense"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: No such command")


TERMINATED = """
import os, signal, sys, time
from kgattn.cli import main
from kgattn.files import replacing
import kgattn.cli.graph as module

def graph(folder: str, forked: bool = False):
    with replacing(folder) as scratch:
        (scratch / "half").touch()
        reader, writer = os.pipe()
        if forked and (child := os.fork()):
            os.read(reader, 1)  # a signal before the child runs Python code is lost
            os.kill(child, signal.SIGTERM)
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
        elif forked:
            os.write(writer, b"1")
            time.sleep(60)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(60)

module.graph = graph
sys.exit(main(["graph", *sys.argv[1:]]))
"""


@pytest.mark.parametrize(("options", "output"), [((), ""), (("--forked",), "-15\n")])
def test_terminated_it_takes_its_temporary_files_along(tmp_path, options, output) -> None:
    command = [sys.executable, "-W", "ignore", "-c", TERMINATED, str(tmp_path / "new" / "folder"), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=50)
    assert (done.returncode, done.stdout, done.stderr) == (143, output, "")
    assert list(tmp_path.iterdir()) == []
