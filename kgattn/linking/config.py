"""Settings of the entity linker."""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kgattn.errors import ConfigError

CASE_POLICIES = ("shape", "exact", "ignore")
_COUNTS = ("max_candidates", "min_alias_length", "max_alias_atoms")
_WEIGHTS = ("label_weight", "alias_weight")
_MAX_COUNT = 2**15


@dataclass(frozen=True)
class LinkerConfig:
    """What is matched, how strictly, and how many entities a mention may name.

    Attributes:
        max_candidates: Entities kept for a mention, likeliest first; at least 1.
        min_alias_length: Shortest alias that is matched, in characters without spaces; at least 1.
        max_alias_atoms: Longest alias that is matched, in atoms (see `kgattn.linking.atoms`); at least 1.
        stop_words: Whether to drop aliases that are a stop word of the pipeline's language, unless they are
            acronyms such as `IT`, which then match in capitals only.
        case: `shape`: an alias decides by its own shape what case it asks of the text (see `kgattn.linking.policy`);
            `exact`: text and alias agree in case; `ignore`: case never matters.
        label_weight: Weight of an entity's label as evidence for the entity, above 0.
        alias_weight: Weight of its other forms, above 0.
        stop_list: Forms that are not to be linked, as `read_stop_list` reads them; see `kgattn.linking.stop_list`.
    """

    max_candidates: int = 4
    min_alias_length: int = 2
    max_alias_atoms: int = 12
    stop_words: bool = True
    case: str = "shape"
    label_weight: float = 2.0
    alias_weight: float = 1.0
    stop_list: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check(dataclasses.asdict(self))

    @classmethod
    def from_dict(cls, settings: Mapping[str, Any]) -> "LinkerConfig":
        """Settings by name; what is left out keeps its default.

        Raises:
            ConfigError: A name is unknown or a value is out of range.
        """
        known = [field.name for field in dataclasses.fields(cls)]
        for name in settings:
            if name not in known:
                raise ConfigError(f"linker settings are {', '.join(known)}; got {name!r}")
        _check(settings)
        weights = {name: float(settings[name]) for name in _WEIGHTS if name in settings}
        forms = {"stop_list": tuple(settings["stop_list"])} if "stop_list" in settings else {}
        return cls(**{**settings, **weights, **forms})

    def to_dict(self) -> dict[str, Any]:
        """Settings by name, as JSON gives them back."""
        return {**dataclasses.asdict(self), "stop_list": list(self.stop_list)}


def _check(settings: Mapping[str, Any]) -> None:
    for name, value in settings.items():
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if name in _COUNTS and not (number and isinstance(value, int) and 1 <= value <= _MAX_COUNT):
            raise ConfigError(f"linker setting {name} must be a whole number in [1, {_MAX_COUNT}], got {value!r}")
        if name in _WEIGHTS and not (number and 0 < value < math.inf):
            raise ConfigError(f"linker setting {name} must be a number above 0, got {value!r}")
        if name == "stop_words" and not isinstance(value, bool):
            raise ConfigError(f"linker setting stop_words must be true or false, got {value!r}")
        if name == "case" and value not in CASE_POLICIES:
            raise ConfigError(f"linker setting case must be one of {', '.join(CASE_POLICIES)}, got {value!r}")
        if name == "stop_list" and not (
            isinstance(value, (list, tuple)) and all(isinstance(form, str) for form in value)
        ):
            raise ConfigError(
                f"linker setting stop_list must be a list of forms, got {value!r:.80}; use read_stop_list"
            )
