"""The settings of link-prediction pre-training."""

from dataclasses import asdict, dataclass
from typing import Any

from kgattn.encoders.pretraining.scorers import SCORERS
from kgattn.errors import ConfigError


@dataclass(frozen=True)
class PretrainingSettings:
    """How entity vectors are trained on the triples.

    Attributes:
        model: "transe", "distmult", "complex" or "rotate", as in `torch_geometric.nn.kge`.
        dim: Numbers of an entity vector; complex ones ("complex", "rotate") are pairs of numbers, twice as many.
        epochs: Passes over the training triples.
        learning_rate: None is that of PyG's example for the model.
        batch_size: Triples of a step, at least 2; each is set against one with another head or tail.
        held_out: Share of the triples not trained on but ranked, in [0, 1); not used where test triples are given.
        seed: Of the split, the first vectors, the order and the wrong triples.
    """

    model: str = "transe"
    dim: int = 50
    epochs: int = 50
    learning_rate: float | None = None
    batch_size: int = 1000
    held_out: float = 0.05
    seed: int = 0

    def __post_init__(self) -> None:
        """Check every setting.

        Raises:
            ConfigError: A setting is out of range.
        """
        if self.model not in SCORERS:
            raise ConfigError(f"model must be one of {', '.join(SCORERS)}, got {self.model!r}")
        for name, least in (("dim", 1), ("epochs", 1), ("batch_size", 2)):
            if getattr(self, name) < least:
                raise ConfigError(f"{name} must be at least {least}, got {getattr(self, name)}")
        if self.learning_rate is not None and not 0 < self.learning_rate < float("inf"):
            raise ConfigError(f"learning_rate must be positive and finite, got {self.learning_rate}")
        if not 0 <= self.held_out < 1:
            raise ConfigError(f"held_out must lie in [0, 1), got {self.held_out}")
        if not 0 <= self.seed < 2**32:
            raise ConfigError(f"seed must lie in [0, 2**32), got {self.seed}")

    @property
    def rate(self) -> float:
        """The learning rate used."""
        return SCORERS[self.model].learning_rate if self.learning_rate is None else self.learning_rate

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values, the learning rate as used."""
        return {**asdict(self), "learning_rate": self.rate}
