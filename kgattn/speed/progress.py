"""What was measured so far, one line of JSON each: a measurement that was stopped goes on where it was."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kgattn.errors import StorageError


class Progress:
    """A file of measurements by name.

    Attributes:
        path: The file; without one nothing is kept.
        circumstances: What measurements must share to be comparable, such as versions and device. Those of others are
            not taken.
    """

    def __init__(self, path: Path | None, circumstances: dict[str, Any]) -> None:
        self.path, self.circumstances = path, json.loads(json.dumps(circumstances))
        self._known = {} if path is None or not path.is_file() else self._read(path)

    def measured(self, name: str, measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """The measurement of that name as plain JSON values: the one in the file, or a new one, which is kept.

        Raises:
            StorageError: The file cannot be written.
        """
        if name not in self._known:
            values = json.loads(json.dumps(measure()))
            self._known[name] = values
            self._append({"name": name, "circumstances": self.circumstances, "values": values})
        return self._known[name]

    def finish(self) -> None:
        """Remove the file: what was measured is in the report."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def _append(self, line: dict[str, Any]) -> None:
        if self.path is None:
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write("\n" + json.dumps(line))  # so that one cut short spoils no other
        except OSError as error:
            raise StorageError(f"{self.path} cannot be written: {error}; choose another folder") from error

    def _read(self, path: Path) -> dict[str, dict[str, Any]]:
        known = {}
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                entry = json.loads(line)
            except ValueError:  # the last line of a process that was killed
                continue
            if entry["circumstances"] == self.circumstances:
                known[entry["name"]] = entry["values"]
        return known
