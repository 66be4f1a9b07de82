"""What a process that reads a hostile file may not do, by an audit hook; for the reader and for what it starts."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PYTHON = tuple({os.path.realpath(path) for path in (sys.prefix, sys.base_prefix, os.path.dirname(os.__file__))})
OWN = (str(ROOT / "kgattn"), str(Path(__file__).parent))
OUTSIDE = ("socket.", "urllib.", "os.exec", "os.system", "os.posix_spawn")


def forbid(given: tuple[str, ...], report: Callable[[str], None], *, may_start: bool = False) -> None:
    """From now on refuse connections, and files that are none of this one's business.

    Args:
        given: Beginnings of the paths that may be opened, beside Python's own and kgattn's.
        report: Told of a crime; does not return.
        may_start: Whether the project's own workers may be started.
    """

    def watch(event: str, arguments: tuple) -> None:
        if event == "subprocess.Popen":
            command = list(map(str, arguments[1]))
            own = command[:2] == [sys.executable, "-m"] and command[2].startswith("kgattn.graph.")
            if not (may_start and own):
                report(f"{event} {arguments}")
        elif event.startswith(OUTSIDE):
            report(f"{event} {arguments}")
        elif event == "open" and isinstance(arguments[0], str | bytes):
            wanted = os.path.realpath(os.fsdecode(arguments[0]))
            if not wanted.startswith((*given, *OWN, *PYTHON)) and wanted != os.devnull:
                report(f"open {wanted}")

    sys.addaudithook(watch)
