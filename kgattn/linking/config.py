"""Settings of the entity linker."""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kgattn.errors import ConfigError

CASE_POLICIES = ("shape", "exact", "ignore")
PRIORS = ("degree", "pagerank", "uniform")
_COUNTS = ("max_candidates", "min_alias_length", "max_alias_atoms")
_WEIGHTS = ("label_weight", "alias_weight")
_EVIDENCE = ("context_weight", "coherence_weight")
_SWITCHES = ("stop_words", "abbreviations", "short_names")
_CHOICES = {"case": CASE_POLICIES, "prior": PRIORS}
_TYPES = ("types", "exclude_types")
_LISTS = (*_TYPES, "stop_list")
_MAX_COUNT = 2**15
_MAX_EVIDENCE = 100


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
        prior: What else weighs an entity, before a text is read: `degree`, its number of triples; `pagerank`; or
            nothing, `uniform`. See `kgattn.linking.disambiguation.popularity`.
        context_weight: Weight of the words around a mention in choosing its entity, at least 0; 0 leaves them out. See
            `kgattn.linking.disambiguation.score`, also for the next.
        coherence_weight: Weight of the other mentions and their paths in the graph, at least 0; 0 leaves them out.
        abbreviations: Whether a short form that a document defines, as in "acute myeloid leukemia (AML)", takes the
            candidates of its long form.
        short_names: Whether the last word of a person's name, "Merkel" after "Angela Merkel", takes its candidates.
        types: Type ids or labels; a mention stays only if its likeliest entity has one of them. Empty for all.
        exclude_types: A mention whose likeliest entity has one of these is dropped.
        nil_threshold: A mention is dropped when the share of its likeliest entity is below this, in [0, 1]. At 0 all
            stay, and what the shares lack to 1 is that of "none of these".
    """

    max_candidates: int = 4
    min_alias_length: int = 2
    max_alias_atoms: int = 12
    stop_words: bool = True
    case: str = "shape"
    label_weight: float = 2.0
    alias_weight: float = 1.0
    stop_list: tuple[str, ...] = ()
    prior: str = "degree"
    context_weight: float = 1.0
    coherence_weight: float = 6.0
    abbreviations: bool = True
    short_names: bool = True
    types: tuple[str, ...] = ()
    exclude_types: tuple[str, ...] = ()
    nil_threshold: float = 0.0

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
        numbers = (*_WEIGHTS, *_EVIDENCE, "nil_threshold")
        exact = {name: float(settings[name]) for name in numbers if name in settings}
        lists = {name: tuple(settings[name]) for name in _LISTS if name in settings}
        return cls(**{**settings, **exact, **lists})

    def to_dict(self) -> dict[str, Any]:
        """Settings by name, as JSON gives them back."""
        settings = dataclasses.asdict(self)
        return {name: list(value) if isinstance(value, tuple) else value for name, value in settings.items()}


def _check(settings: Mapping[str, Any]) -> None:
    for name, value in settings.items():
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if name in _COUNTS and not (number and isinstance(value, int) and 1 <= value <= _MAX_COUNT):
            raise ConfigError(f"linker setting {name} must be a whole number in [1, {_MAX_COUNT}], got {value!r}")
        if name in _WEIGHTS and not (number and 0 < value < math.inf):
            raise ConfigError(f"linker setting {name} must be a number above 0, got {value!r}")
        if name in _EVIDENCE and not (number and 0 <= value <= _MAX_EVIDENCE):
            raise ConfigError(f"linker setting {name} must be a number in [0, {_MAX_EVIDENCE}], got {value!r}")
        if name == "nil_threshold" and not (number and 0 <= value <= 1):
            raise ConfigError(f"linker setting nil_threshold must be a number in [0, 1], got {value!r}")
        if name in _SWITCHES and not isinstance(value, bool):
            raise ConfigError(f"linker setting {name} must be true or false, got {value!r}")
        if name in _CHOICES and value not in _CHOICES[name]:
            raise ConfigError(f"linker setting {name} must be one of {', '.join(_CHOICES[name])}, got {value!r}")
        if name in _TYPES and not _are_names(value):
            raise ConfigError(f"linker setting {name} must be a list of type ids or labels, got {value!r}")
        if name == "stop_list" and not (
            isinstance(value, list | tuple) and all(isinstance(form, str) for form in value)
        ):
            raise ConfigError(
                f"linker setting stop_list must be a list of forms, got {value!r:.80}; use read_stop_list"
            )


def _are_names(value: Any, *, may_be_empty: bool = False) -> bool:
    listed = isinstance(value, (list, tuple))
    return listed and all(isinstance(name, str) and (name or may_be_empty) for name in value)
