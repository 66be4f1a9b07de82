"""What a training run found out, as `result.json` holds it."""

from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any

from kgattn.errors import RunError
from kgattn.files import check_version

FORMAT_VERSION = 2
READABLE_VERSIONS = (1, 2)
"""Version 1 lacks the fields that have a default below."""


@dataclass(frozen=True)
class RunResult:
    """Scores of one run and everything needed to read or repeat them; scores are fractions in [0, 1].

    Attributes:
        arm: What was injected.
        seed: Seed of the run.
        config: Its settings, as JSON values.
        injection: Settings of the injection; None for plain.
        corpus: Name, fingerprint, types and sentences per split.
        graph: Sizes, licence, sources and fingerprint; None without a graph.
        dev: Scores of the best epoch on dev: totals, by type, by slice.
        test: The same on test, looked at once, with the same weights.
        test_counts: Right, spurious and missed entities of each test sentence.
        dev_curve: Epoch and F1 of every dev evaluation.
        best_epoch: Epoch, from 1, whose weights were kept.
        epochs: Epochs trained.
        steps: Steps of the optimizer, those of `distant_epochs` with them.
        unread_words: Words without subwords, predicted O, per split.
        seconds: Wall time of `train` (with its dev evaluations) and `test`.
        parameters: Numbers of parameters: `total`, `plugin`.
        environment: Versions, device, threads, number type and commit.
        outcomes: What became of the entities of each test sentence, as `kgattn.ner.outcomes` spells it, with types by
            their place in `corpus["entity_types"]`; no word of the text.
        loss_curve: Epoch and mean training loss since the line before, at every dev evaluation.
        gates: What the injection learned, as `describe_gates` gives it; None for plain.
        peak_memory_mib: Most memory the run held, in MiB: of the device on a GPU, else of the whole process, graph and
            corpus with it. None where the system does not say.
    """

    arm: str
    seed: int
    config: dict[str, Any]
    injection: dict[str, Any] | None
    corpus: dict[str, Any]
    graph: dict[str, Any] | None
    dev: dict[str, Any]
    test: dict[str, Any]
    test_counts: tuple[tuple[int, int, int], ...]
    dev_curve: tuple[tuple[int, float], ...]
    best_epoch: int
    epochs: int
    steps: int
    unread_words: dict[str, int]
    seconds: dict[str, float]
    parameters: dict[str, int]
    environment: dict[str, Any]
    outcomes: tuple[str, ...] = ()
    loss_curve: tuple[tuple[int, float], ...] = ()
    gates: dict[str, Any] | None = None
    peak_memory_mib: float | None = None

    @property
    def test_f1(self) -> float:
        """Strict typed entity F1 on test."""
        return float(self.test["f1"])

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {"format_version": FORMAT_VERSION, **asdict(self)}

    @classmethod
    def from_json(cls, values: dict[str, Any], *, source: str = "result.json") -> "RunResult":
        """From plain JSON values, of this version or an earlier one.

        Raises:
            RunError: The format version is an unknown one, or keys are missing or unknown.
        """
        check_version(values, READABLE_VERSIONS, source, "train again", RunError)
        given, known = set(values) - {"format_version"}, {entry.name for entry in fields(cls)}
        later = {entry.name for entry in fields(cls) if entry.default is not MISSING}
        optional = later if values["format_version"] == 1 else set()
        wrong = sorted((given - known) | (known - given - optional))
        if wrong:
            raise RunError(f"{source}: these keys are missing or unknown: {', '.join(wrong)}; train again")
        content = {name: values[name] for name in given}
        content["test_counts"] = tuple((int(tp), int(fp), int(fn)) for tp, fp, fn in values["test_counts"])
        for name in ("dev_curve", "loss_curve"):
            content[name] = tuple((int(epoch), float(value)) for epoch, value in values.get(name, ()))
        content["outcomes"] = tuple(values.get("outcomes", ()))
        return cls(**content)
