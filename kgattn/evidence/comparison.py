"""A finished comparison: what `compare.json` holds and what reports and tables are made from."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from kgattn.errors import RunError
from kgattn.evidence.effect import Effect
from kgattn.evidence.flow import Flow
from kgattn.evidence.statistics import Difference, Summary
from kgattn.evidence.verdict import Verdict, best_control
from kgattn.files import check_version

FORMAT_VERSION = 2
READABLE_VERSIONS = (1, 2)
"""Version 1 lacks the fields that have a default below."""


@dataclass(frozen=True)
class SliceResult:
    """Gold entities of one kind, found by one arm.

    Attributes:
        recall: Share found, in [0, 1], mean over seeds.
        sd: Standard deviation of it over seeds (n - 1 in the denominator); 0 for a single seed.
        gold: How many there are, mean over seeds: which ones were seen in training depends on the sample.
    """

    recall: float
    sd: float
    gold: float


@dataclass(frozen=True)
class ArmResult:
    """One arm over all its seeds; scores are fractions in [0, 1].

    Attributes:
        name: Name of the arm.
        description: What the arm holds, in a few words.
        role: What the arm is there for: `plain`, `biased`, `part`, `control` or another.
        f1: Mean, spread and interval of strict entity micro-F1 on the test sentences.
        f1_by_seed: The same of each run, in the order of the comparison's seeds.
        precision: Mean over seeds.
        recall: Mean over seeds.
        f1_by_type: Mean over seeds for each entity type.
        parameters: Parameters of the model with everything injected.
        plugin_parameters: Those that the injection added.
        seconds: Mean wall time of a run.
        peak_memory_mib: Largest memory of a run, as `RunResult` counts it; None where not known.
        dev_f1: Mean over seeds on dev, of the weights that were chosen there; None where not kept.
        gold_by_type: Gold entities of each type.
        slices: Gold entities by kind.
        gates: Mean over seeds of what `RunResult.gates` holds; None where nothing is injected.
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
    peak_memory_mib: float | None = None
    dev_f1: float | None = None
    gold_by_type: Mapping[str, int] = field(default_factory=dict)
    slices: Mapping[str, SliceResult] = field(default_factory=dict)
    gates: Mapping[str, Any] | None = None


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
        warnings: What a reader must know before trusting it, a sentence each.
        flow: What changes from plain to biased; None where either is missing or its entities were not kept.
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
    warnings: tuple[str, ...] = ()
    flow: Flow | None = None

    def difference(self, arm: str, baseline: str) -> Difference | None:
        """The difference of two arms, or None when it was not computed."""
        pair = (arm, baseline)
        return next((found for found in self.differences if (found.arm, found.baseline) == pair), None)

    def best_control(self) -> Difference | None:
        """Biased minus the control it beats by the least, or None without controls."""
        return best_control(self.against_controls())

    def against_controls(self) -> dict[str, Difference]:
        """Biased minus each control, by its name."""
        controls = [arm.name for arm in self.arms if arm.role == "control"]
        return {name: found for name in controls if (found := self.difference("biased", name))}

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
        check_version(stored, READABLE_VERSIONS, source, "run kgattn compare again", RunError)
        try:
            return cls(
                **{key: value for key, value in stored.items() if key != "format_version"}
                | {
                    "arms": tuple(_read_arm(arm) for arm in stored["arms"]),
                    "seeds": tuple(stored["seeds"]),
                    "differences": tuple(map(_read_difference, stored["differences"])),
                    "verdict": Verdict(**stored["verdict"]),
                    "warnings": tuple(stored.get("warnings", ())),
                    "flow": Flow.from_json(stored["flow"]) if stored.get("flow") else None,
                }
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise RunError(f"{source} is not a whole comparison ({error}); make it with kgattn compare") from None


def _read_arm(stored: Mapping[str, Any]) -> ArmResult:
    slices = {name: SliceResult(**values) for name, values in stored.get("slices", {}).items()}
    changes = {"f1": Summary(**stored["f1"]), "f1_by_seed": tuple(stored["f1_by_seed"]), "slices": slices}
    return ArmResult(**{**stored, **changes})


def _read_difference(stored: Mapping[str, Any]) -> Difference:
    effect = Effect(**stored["effect"]) if stored.get("effect") else None
    return Difference(**{**stored, "by_seed": tuple(stored["by_seed"]), "effect": effect})


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
