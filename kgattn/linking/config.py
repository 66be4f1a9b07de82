"""Settings of the entity linker."""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kgattn.errors import ConfigError

CASE_POLICIES = ("shape", "exact", "ignore")
OVERLAPS = ("longest", "all")
# Classes of variants, in the order in which they combine; see `kgattn.linking.variants`.
VARIANTS = ("inverted", "qualifier", "plural", "spelling", "greek", "apostrophe", "hyphen", "accent")
_COUNTS = ("max_candidates", "min_alias_length", "max_alias_atoms")
_WEIGHTS = ("label_weight", "alias_weight")
_NUMBERS = (*_WEIGHTS, "common_word_zipf", "fuzzy_cutoff")
_CHOICES = {"case": CASE_POLICIES, "overlaps": OVERLAPS}
_SWITCHES = ("stop_words", "whole_names", "fuzzy")
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
        variants: Classes of variants of aliases that are found too, of `VARIANTS` (see `kgattn.linking.variants`);
            empty for none. Kept in the order of `VARIANTS`.
        common_words: Table of everyday words, which are no mentions: `bundled`, `wordfreq`, `none` or a file (see
            `kgattn.linking.common_words`).
        common_word_zipf: Frequency on the Zipf scale from which an alias of one word is shut out, at least 0; labels
            get 1 more (see `kgattn.linking.lexicon`).
        whole_names: Whether to drop mentions that seem to be a part of a longer name (see
            `kgattn.linking.whole_names`).
        overlaps: `longest`: of mentions that overlap, the longest that begins leftmost; `all`: the others are kept
            besides in `doc.spans["kgattn_alternatives"]` (see `kgattn.linking.overlaps`).
        fuzzy: Whether names and terms that are no alias, but nearly, are found too (see `kgattn.linking.fuzzy`); needs
            the extra `[fuzzy]`.
        fuzzy_cutoff: Least similarity of such a text and its alias, in (0, 1].
    """

    max_candidates: int = 4
    min_alias_length: int = 2
    max_alias_atoms: int = 12
    stop_words: bool = True
    case: str = "shape"
    label_weight: float = 2.0
    alias_weight: float = 1.0
    variants: tuple[str, ...] = VARIANTS
    common_words: str = "bundled"
    common_word_zipf: float = 4.0
    whole_names: bool = True
    overlaps: str = "longest"
    fuzzy: bool = False
    fuzzy_cutoff: float = 0.85

    def __post_init__(self) -> None:
        _check(dataclasses.asdict(self))
        object.__setattr__(self, "variants", tuple(name for name in VARIANTS if name in self.variants))

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
        typed: dict[str, Any] = {name: float(settings[name]) for name in _NUMBERS if name in settings}
        if "variants" in settings:
            typed["variants"] = tuple(settings["variants"])
        return cls(**{**settings, **typed})

    def to_dict(self) -> dict[str, Any]:
        """Settings by name, ready for JSON."""
        return {**dataclasses.asdict(self), "variants": list(self.variants)}


def _check(settings: Mapping[str, Any]) -> None:
    for name, value in settings.items():
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if name in _COUNTS and not (number and isinstance(value, int) and 1 <= value <= _MAX_COUNT):
            raise ConfigError(f"linker setting {name} must be a whole number in [1, {_MAX_COUNT}], got {value!r}")
        if name in _WEIGHTS and not (number and 0 < value < math.inf):
            raise ConfigError(f"linker setting {name} must be a number above 0, got {value!r}")
        if name in _SWITCHES and not isinstance(value, bool):
            raise ConfigError(f"linker setting {name} must be true or false, got {value!r}")
        if name in _CHOICES and value not in _CHOICES[name]:
            raise ConfigError(f"linker setting {name} must be one of {', '.join(_CHOICES[name])}, got {value!r}")
        if name == "variants" and (not isinstance(value, (tuple, list)) or not set(value) <= set(VARIANTS)):
            raise ConfigError(f"linker setting variants must be a list of {', '.join(VARIANTS)}, got {value!r}")
        if name == "common_words" and not (isinstance(value, str) and value):
            raise ConfigError(
                f"linker setting common_words must be bundled, wordfreq, none or the path of a file, got {value!r}"
            )
        if name == "common_word_zipf" and not (number and 0 <= value < math.inf):
            raise ConfigError(f"linker setting common_word_zipf must be a number of at least 0, got {value!r}")
        if name == "fuzzy_cutoff" and not (number and 0 < value <= 1):
            raise ConfigError(f"linker setting fuzzy_cutoff must be a number in (0, 1], got {value!r}")
