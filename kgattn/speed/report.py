"""Results of speed measurements: as JSON, as Markdown, and how the extra cost grows with length."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from kgattn.errors import RunError
from kgattn.files import write_json
from kgattn.speed.growth import Growth
from kgattn.speed.kernels import Shape
from kgattn.speed.measure import Timing
from kgattn.speed.steps import StepCost, StepSettings

FORMAT_VERSION = 1
KIND = "speed"
STEP_HEADER = ("step", "plain ms", "kernel", "whole step", "no links", "plain again", "memory kept")


@dataclass(frozen=True)
class StepRow:
    """One kind of step at one size."""

    batch: int
    length: int
    mentions: int
    settings: StepSettings
    cost: StepCost

    @property
    def label(self) -> str:
        """Such as `train, 16 x 128, 8 mentions`."""
        kind = "train" if self.settings.training else "infer"
        dropout = f", attention dropout {self.settings.attention_dropout:g}" if self.settings.attention_dropout else ""
        autocast = f", {_name_of(self.settings.autocast)}" if self.settings.autocast else ""
        return f"{kind}, {self.batch} x {self.length}, {self.mentions} mentions{dropout}{autocast}"

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        values = {**asdict(self), "label": self.label}
        autocast = self.settings.autocast
        values["settings"]["autocast"] = None if autocast is None else _name_of(autocast)
        return values

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "StepRow":
        """From what `to_json` gave."""
        settings, cost = values["settings"], values["cost"]
        autocast = settings["autocast"]
        return cls(
            values["batch"],
            values["length"],
            values["mentions"],
            StepSettings(**{**settings, "autocast": None if autocast is None else getattr(torch, autocast)}),
            StepCost(
                tuple(Timing(**timing) for timing in cost["timings"]), tuple(cost["saved_mib"]), tuple(cost["peak_mib"])
            ),
        )


@dataclass(frozen=True)
class KernelRow:
    """Attention alone at one shape, "plain" first."""

    shape: Shape
    backward: bool
    timings: tuple[Timing, ...]

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "KernelRow":
        """From what `to_json` gave."""
        timings = tuple(Timing(**timing) for timing in values["timings"])
        return cls(Shape(**values["shape"]), values["backward"], timings)


@dataclass(frozen=True)
class SpeedReport:
    """Everything `kgattn bench` measured.

    Attributes:
        freed_memory_kept: Whether the C library kept freed memory, so that fetching it disturbed nothing.
    """

    model: str
    clock: str
    freed_memory_kept: bool
    repeats: int
    steps: tuple[StepRow, ...]
    kernels: tuple[KernelRow, ...]
    growth: tuple[Growth, ...]
    environment: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        values = {**asdict(self), "steps": [step.to_json() for step in self.steps]}
        return {"format_version": FORMAT_VERSION, "kind": KIND, **values}

    def write(self, path: Path) -> None:
        """Write it as JSON.

        Raises:
            StorageError: Writing failed.
        """
        write_json(path, self.to_json())


def _name_of(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def step_rows(values: dict[str, Any], *, quartiles: bool) -> list[tuple[str, ...]]:
    """Cells of the table of whole steps, as named in `STEP_HEADER`, from a report's JSON."""
    rows = []
    for row in values["steps"]:
        timings = {timing["name"]: timing for timing in row["cost"]["timings"]}
        plain_mib, whole_mib = row["cost"]["saved_mib"]
        rows.append(
            (
                row["label"],
                f"{timings['plain']['milliseconds']:.0f}",
                *(spell(timings[name], quartiles=quartiles) for name in ("kernel", "whole", "no links", "plain again")),
                f"{whole_mib / plain_mib:.2f}" if plain_mib else "–",
            )
        )
    return rows


def spell(timing: dict[str, Any], *, quartiles: bool) -> str:
    """A ratio, such as `1.020` or with quartiles `1.020 [1.010, 1.030]`."""
    if not quartiles:
        return f"{timing['ratio']:.3f}"
    return f"{timing['ratio']:.3f} [{timing['ratio_low']:.3f}, {timing['ratio_high']:.3f}]"


def markdown(values: dict[str, Any]) -> str:
    """The table of whole steps, and how the extra cost grows, from a report's JSON."""
    lines = [f"| {' | '.join(STEP_HEADER)} |", "|---|" + "---:|" * (len(STEP_HEADER) - 1)]
    lines += [f"| {' | '.join(cells)} |" for cells in step_rows(values, quartiles=True)]
    if values["growth"]:
        fits = [
            f"{fit['kernel']} {fit['extra'][0]:.1f} ms at {fit['lengths'][0]:,} tokens, {fit['extra'][-1]:.1f} ms at "
            f"{fit['lengths'][-1]:,} (a line of {fit['milliseconds_per_1000_tokens']:.1f} ms per 1,000 tokens, "
            f"R² {fit['r_squared']:.2f}; exponent {fit['exponent']:.2f}), and {fit['inside'][-1]:.2f} of plain's time "
            "in the fused attention"
            for fit in values["growth"]
        ]
        lines += ["", f"Beyond plain attention, outside of PyTorch's fused one, mentions fixed: {'; '.join(fits)}."]
    environment = values["environment"]
    kept = ", freed memory kept" if values["freed_memory_kept"] else ""
    lines += [
        "",
        f"{values['model']}, {environment['dtype']}, {environment['device_name']}, {values['clock']}{kept}, medians of "
        f"{values['repeats']} rounds with quartiles; torch {environment['versions']['torch']}, "
        f"transformers {environment['versions']['transformers']}.",
    ]
    return "\n".join(lines)


def load_report(path: Path) -> dict[str, Any]:
    """A report's JSON.

    Raises:
        RunError: It cannot be read or is no report of this version.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunError(f"{path} cannot be read: {error}; run kgattn bench -o {path}") from error
    if not isinstance(values, dict) or (values.get("kind"), values.get("format_version")) != (KIND, FORMAT_VERSION):
        raise RunError(f"{path} is no speed report of format version {FORMAT_VERSION}; run kgattn bench -o {path}")
    return values
