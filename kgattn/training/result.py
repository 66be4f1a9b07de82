"""What a training run found out, as `result.json` holds it."""

from dataclasses import asdict, dataclass, fields
from typing import Any

from kgattn.errors import RunError

FORMAT_VERSION = 1


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
        steps: Steps of the optimizer.
        unread_words: Words without subwords, predicted O, per split.
        seconds: Wall time of `train` (with its dev evaluations) and `test`.
        parameters: Numbers of parameters: `total`, `plugin`.
        environment: Versions, device, threads, number type and commit.
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

    @property
    def test_f1(self) -> float:
        """Strict typed entity F1 on test."""
        return float(self.test["f1"])

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {"format_version": FORMAT_VERSION, **asdict(self)}

    @classmethod
    def from_json(cls, values: dict[str, Any], *, source: str = "result.json") -> "RunResult":
        """From plain JSON values.

        Raises:
            RunError: The format version is another one, or keys are missing or unknown.
        """
        version = values.get("format_version")
        if version != FORMAT_VERSION:
            raise RunError(f"{source}: expected format_version {FORMAT_VERSION}, got {version!r}; train again")
        given, known = set(values) - {"format_version"}, {entry.name for entry in fields(cls)}
        if given != known:
            wrong = ", ".join(sorted(given ^ known))
            raise RunError(f"{source}: these keys are missing or unknown: {wrong}; train again")
        content = {name: values[name] for name in known}
        content["test_counts"] = tuple((int(tp), int(fp), int(fn)) for tp, fp, fn in values["test_counts"])
        content["dev_curve"] = tuple((int(epoch), float(f1)) for epoch, f1 in values["dev_curve"])
        return cls(**content)
