"""A finished comparison: what `compare.json` holds and what reports and tables are made from."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kgattn.errors import RunError
from kgattn.evidence.statistics import Difference, Summary
from kgattn.evidence.verdict import Verdict

FORMAT_VERSION = 1


@dataclass(frozen=True)
class ArmResult:
    """One arm over all its seeds; scores are fractions in [0, 1].

    Attributes:
        name: Name of the arm.
        description: What the arm holds, in a few words.
        role: `plain`, `biased`, `part` or `control`.
        f1: Mean, spread and interval of strict entity micro-F1 on the test sentences.
        f1_by_seed: The same of each run, in the order of the comparison's seeds.
        precision: Mean over seeds.
        recall: Mean over seeds.
        f1_by_type: Mean over seeds for each entity type.
        parameters: Parameters of the model with everything injected.
        plugin_parameters: Those that the injection added.
        seconds: Mean wall time of a run.
    """

    name: str
    description: str
    role: str
    f1: Summary
    f1_by_seed: tuple[float, ...]
    precision: float
    recall: float
    f1_by_type: Mapping[str, float]
    parameters: int
    plugin_parameters: int
    seconds: float


@dataclass(frozen=True)
class Comparison:
    """All arms of one corpus and graph.

    Attributes:
        name: What was compared, such as `bc5cdr, 100 training sentences`.
        arms: Results in the order asked for.
        seeds: Seeds every arm was run with.
        differences: Paired differences with their intervals.
        verdict: Whether the graph helps.
        data: Corpus name, sentences of each split and entity types.
        graph: Where the graph comes from, its size and fingerprint.
        config: Settings that all runs share.
        environment: Versions, device and commit the runs were made with.
        command: The command that makes this comparison again.
    """

    name: str
    arms: tuple[ArmResult, ...]
    seeds: tuple[int, ...]
    differences: tuple[Difference, ...]
    verdict: Verdict
    data: Mapping[str, Any]
    graph: Mapping[str, Any]
    config: Mapping[str, Any]
    environment: Mapping[str, Any]
    command: str

    def difference(self, arm: str, baseline: str) -> Difference | None:
        """The difference of two arms, or None when it was not computed."""
        pair = (arm, baseline)
        return next((found for found in self.differences if (found.arm, found.baseline) == pair), None)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values, for `compare.json`."""
        return {"format_version": FORMAT_VERSION, **asdict(self)}

    @classmethod
    def from_json(cls, stored: Any, *, source: str) -> "Comparison":
        """Read what `to_json` made.

        Args:
            stored: The values in a `compare.json`.
            source: Where they come from, for error messages.

        Raises:
            RunError: They are no comparison, or one of another format version.
        """
        if not isinstance(stored, dict) or "format_version" not in stored:
            raise RunError(f"{source} must hold a comparison and does not; make it with kgattn compare")
        version = stored["format_version"]
        if version != FORMAT_VERSION:
            raise RunError(
                f"{source} must have format version {FORMAT_VERSION}, got {version!r}; run kgattn compare again"
            )
        try:
            return cls(
                **{key: value for key, value in stored.items() if key != "format_version"}
                | {
                    "arms": tuple(_read_arm(arm) for arm in stored["arms"]),
                    "seeds": tuple(stored["seeds"]),
                    "differences": tuple(
                        Difference(**found | {"by_seed": tuple(found["by_seed"])}) for found in stored["differences"]
                    ),
                    "verdict": Verdict(**stored["verdict"]),
                }
            )
        except (KeyError, TypeError) as error:
            raise RunError(f"{source} is not a whole comparison ({error}); make it with kgattn compare") from None


def _read_arm(stored: Mapping[str, Any]) -> ArmResult:
    return ArmResult(**{**stored, "f1": Summary(**stored["f1"]), "f1_by_seed": tuple(stored["f1_by_seed"])})


def load_comparison(path: Path) -> Comparison:
    """Read a `compare.json`.

    Raises:
        RunError: There is no such file, or it is no comparison.
    """
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise RunError(f"{path} cannot be read; make it with kgattn compare") from None
    except ValueError:
        raise RunError(f"{path} must hold JSON and does not; make it with kgattn compare") from None
    return Comparison.from_json(stored, source=str(path))
