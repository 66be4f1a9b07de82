"""A learning curve: the same comparison at several sizes of the training sample."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kgattn.errors import ConfigError, RunError
from kgattn.evidence.budget import OutOfTimeError
from kgattn.evidence.comparison import Comparison
from kgattn.files import check_version, write_json

FORMAT_VERSION = 1
KIND = "learning curve"
CURVE = "curve.json"
ALL = "all"


@dataclass(frozen=True)
class Curve:
    """Comparisons that differ in nothing but the number of training sentences.

    Samples are nested: with one seed, a larger one holds every sentence of a smaller one.

    Attributes:
        comparisons: From the smallest sample to the largest.
    """

    comparisons: tuple[Comparison, ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        """Training sentences of each comparison."""
        return tuple(int(comparison.data["sentences"]["train"]) for comparison in self.comparisons)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values, for `curve.json`."""
        made = [comparison.to_json() for comparison in self.comparisons]
        return {"format_version": FORMAT_VERSION, "kind": KIND, "comparisons": made}

    @classmethod
    def from_json(cls, stored: Any, *, source: str) -> "Curve":
        """Read what `to_json` made.

        Raises:
            RunError: It is no learning curve, or one of another format version.
        """
        if not isinstance(stored, dict) or stored.get("kind") != KIND or not stored.get("comparisons"):
            raise RunError(f"{source} must hold a learning curve and does not; make it with kgattn compare --curve")
        check_version(stored, (FORMAT_VERSION,), source, "run kgattn compare --curve again", RunError)
        return cls(tuple(Comparison.from_json(values, source=source) for values in stored["comparisons"]))


def parse_sizes(text: str, available: int) -> tuple[int, ...]:
    """Read sizes with commas between them, such as `50,100,all`, in ascending order, each once.

    Args:
        text: Numbers of sentences; `all` is every one there is, and so is a number above that.
        available: Training sentences of the corpus.

    Raises:
        ConfigError: There is no size, or something else than a positive number and `all`.
    """
    sizes = set()
    for part in (part.strip() for part in text.split(",")):
        if part != ALL and not (part.isascii() and part.isdigit() and int(part)):
            raise ConfigError(f"a learning curve needs sizes such as 50,100,{ALL}, got {part or text!r}")
        sizes.add(available if part == ALL else min(int(part), available))
    return tuple(sorted(sizes))


def run_curve(sizes: Sequence[int], output: Path, run: Callable[[int, Path], Comparison]) -> Curve:
    """Run a comparison at each size, in a folder of its own, and keep the curve as it grows.

    Args:
        sizes: Training sentences, ascending.
        output: Folder of the curve; the comparisons go to `train-SIZE` in it.
        run: Makes the comparison with so many training sentences in such a folder; when it keeps finished runs, so
            does the curve. The curve ends before the first size for which it finds no time.

    Raises:
        OutOfTimeError: There was no time even for the first size.
        StorageError: Writing failed.
    """
    made: list[Comparison] = []
    for size in sizes:
        try:
            made.append(run(size, output / f"train-{size}"))
        except OutOfTimeError:
            if not made:
                raise
            break
        write_json(output / CURVE, Curve(tuple(made)).to_json())
    return Curve(tuple(made))


def load_curve(path: Path) -> Curve:
    """Read a `curve.json`.

    Raises:
        RunError: There is no such file, or it is no learning curve.
    """
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise RunError(f"{path} cannot be read; make it with kgattn compare --curve") from None
    except ValueError:
        raise RunError(f"{path} must hold JSON and does not; make it with kgattn compare --curve") from None
    return Curve.from_json(stored, source=str(path))
