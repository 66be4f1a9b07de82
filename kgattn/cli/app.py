"""The `kgattn` command: finds its subcommands when they are asked for, and turns errors into one line.

Exit codes: 0 success, 2 wrong usage or input (`KgattnError`), 1 any other failure, 130 interrupted, 143 terminated.
"""

import importlib
import importlib.metadata
import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from kgattn.errors import KgattnError

COMMANDS = ("demo", "graph", "link", "doctor", "rules", "train", "evaluate", "compare", "report", "bench")
"""Each is a module `kgattn.cli.NAME` with a function, or a `typer.Typer` of subcommands, of the same name."""


class LazyGroup(TyperGroup):
    """Imports a command's module when the command is run or listed, so that `kgattn link` loads no trainer."""

    def list_commands(self, ctx: object) -> list[str]:
        """Names of the subcommands, in the order `--help` shows."""
        return list(COMMANDS)

    def get_command(self, ctx: object, cmd_name: str) -> Any:
        """The command of this name, or None when there is none."""
        if cmd_name not in COMMANDS:
            return None
        target = getattr(importlib.import_module(f"kgattn.cli.{cmd_name}"), cmd_name)
        if not isinstance(target, typer.Typer):
            holder = typer.Typer(add_completion=False)
            holder.command(cmd_name)(target)
            target = holder
        command = typer.main.get_command(target)
        command.name = cmd_name
        return command


app = typer.Typer(cls=LazyGroup, add_completion=False, pretty_exceptions_enable=False)


def _print_version(wanted: bool) -> bool:
    if wanted:
        typer.echo(f"kgattn {importlib.metadata.version('kgattn')}")
        raise typer.Exit
    return wanted


@app.callback()
def kgattn(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Knowledge-graph-guided attention for Transformers encoders."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: What follows `kgattn`; None takes it from the process. `--debug` may stand anywhere.

    Returns:
        The exit code; nothing but output has left this function, not even an error.
    """
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    debug = "--debug" in options
    if debug:
        arguments.remove("--debug")
    command = typer.main.get_command(app)
    try:
        with _unwinding_when_terminated():
            if not arguments:
                command.main(["--help"], prog_name="kgattn", standalone_mode=False)
                return 2
            code = command.main(arguments, prog_name="kgattn", standalone_mode=False)
            return code if isinstance(code, int) else 0
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except Terminated:
        return 143
    except Exception as error:  # the border of the program: every failure becomes one line and an exit code
        if debug:
            traceback.print_exception(error)
        message, code = describe(error)
        typer.echo(f"error: {message}", err=True)
        return code


class Terminated(BaseException):
    """SIGTERM came; not an error, so nothing but the border of the program may catch it."""


@contextmanager
def _unwinding_when_terminated() -> Iterator[None]:
    """Leave by an exception at SIGTERM, as at Ctrl-C, so that temporary files and worker processes go too."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set handlers
        return
    owner = os.getpid()

    def leave(number: int, _: object) -> None:
        signal.signal(number, signal.SIG_DFL)  # a second one ends the process at once
        if os.getpid() != owner:  # a worker that was forked off, and is stopped in this way
            os.kill(os.getpid(), number)
            return
        raise Terminated

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def describe(error: Exception) -> tuple[str, int]:
    """One line about an error, and the exit code that goes with it."""
    if isinstance(error, KgattnError):
        return one_line(str(error)), 2
    if hasattr(error, "format_message"):  # typer's usage errors: unknown option, missing argument, bad value
        context = getattr(error, "ctx", None)
        path = context.command_path if context else "kgattn"
        return f"{one_line(error.format_message()).rstrip('.')}; see {path} --help", 2
    return f"{type(error).__name__}: {one_line(str(error))}; run again with --debug for the traceback", 1


def one_line(message: str) -> str:
    """A message with its line breaks and runs of blanks made single blanks."""
    return " ".join(message.split())
