"""Settings of the entity linker."""

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kgattn.errors import ConfigError, LinkingError

CASE_POLICIES = ("shape", "exact", "ignore")
PRIORS = ("degree", "pagerank", "uniform")
OVERLAPS = ("longest", "all")
# Classes of variants, in the order in which they combine; see `kgattn.linking.variants`.
VARIANTS = (
    "inverted",
    "dated",
    "qualifier",
    "article",
    "party",
    "plural",
    "member",
    "adjective",
    "acronym",
    "surname",
    "spelling",
    "greek",
    "apostrophe",
    "hyphen",
    "accent",
)
DEFAULT_VARIANTS = tuple(name for name in VARIANTS if name != "party")
_MAX_COUNT = 2**15
_MAX_EVIDENCE = 100
_LISTS = ("types", "exclude_types", "stop_list", "variants")


@dataclass(frozen=True)
class LinkerConfig:
    """What is matched, how strictly, and how many entities a mention may name.

    Attributes:
        max_candidates: Entities kept for a mention, likeliest first; at least 1.
        min_alias_length: Shortest alias that is matched, in characters without spaces; at least 1.
        max_alias_atoms: Longest alias that is matched, in atoms (see `kgattn.linking.atoms`); at least 1.
        stop_words: Whether to drop aliases that are a stop word of the pipeline's language, unless the user keeps them
            (see `kgattn.linking.lexicon`) or they are acronyms such as `IT`, which then match in capitals only.
        case: `shape`: an alias decides by its own shape what case it asks of the text (see `kgattn.linking.policy`);
            `exact`: text and alias agree in case; `ignore`: case never matters.
        label_weight: Weight of an entity's label as evidence for the entity, above 0.
        alias_weight: Weight of its other forms, above 0.
        stop_list: Forms that are not to be linked, as `read_stop_list` reads them, whatever a `common_words.tsv` keeps;
            see `kgattn.linking.stop_list`.
        prior: What else weighs an entity, before a text is read: `degree`, its number of triples; `pagerank`; or
            nothing, `uniform`. See `kgattn.linking.disambiguation.popularity`. A name for which the graph gives priors,
            as one of `KnowledgeGraph.from_spacy_kb` does, goes by them instead, as `kgattn.linking.candidates` says.
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
        variants: Classes of variants of aliases that are found too, of `VARIANTS` (see `kgattn.linking.variants`);
            empty for none; all but `party` by default. Kept in the order of `VARIANTS`. What `surname` and `party` find
            is dropped unless the document speaks for it, by its words or its other mentions; where `context_weight`
            and `coherence_weight` are both 0 it stays.
        common_words: Table of everyday words, which are no mentions: `bundled`, `wordfreq`, `none` or a file (see
            `kgattn.linking.common_words`).
        common_word_zipf: Frequency on the Zipf scale from which an alias of one word is shut out, at least 0; labels
            get 1 more (see `kgattn.linking.lexicon`).
        whole_names: Whether to drop mentions that seem to be a part of a longer name (see
            `kgattn.linking.whole_names`).
        titles: Whether a person's title beside a name, "President Vladimir Putin", makes it no part of a longer one
            there, and a party or an office before a name, "Republican Bob Dole", is none either; see
            `kgattn.linking.titles` and `kgattn.linking.whole_names`.
        editions: Whether a year before the name of a recurring event is a part of the mention, "1984 United States
            presidential election", which then names the event itself; see `kgattn.linking.editions`.
        branches: Whether the place beside an organisation, as in "Manitoba Liberal Party" or "Socialist Party of
            Ukraine", is a part of the mention. More spans are right; lost is the link of the place, and the mention
            still names an organisation of the short name, often that of another place, with less confidence. See
            `kgattn.linking.branches`.
        commas: Whether a name with a comma is two mentions where the text has two names: "Bendigo, Victoria"; see
            `kgattn.linking.commas`.
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
    stop_list: tuple[str, ...] = ()
    prior: str = "degree"
    context_weight: float = 1.0
    coherence_weight: float = 6.0
    abbreviations: bool = True
    short_names: bool = True
    types: tuple[str, ...] = ()
    exclude_types: tuple[str, ...] = ()
    nil_threshold: float = 0.0
    variants: tuple[str, ...] = DEFAULT_VARIANTS
    common_words: str = "bundled"
    common_word_zipf: float = 4.0
    whole_names: bool = True
    titles: bool = True
    editions: bool = True
    branches: bool = True
    commas: bool = True
    overlaps: str = "longest"
    fuzzy: bool = False
    fuzzy_cutoff: float = 0.85

    def __post_init__(self) -> None:
        _check(dataclasses.asdict(self))
        for name in _LISTS:
            object.__setattr__(self, name, tuple(getattr(self, name)))
        object.__setattr__(self, "variants", tuple(name for name in VARIANTS if name in self.variants))
        if self.fuzzy and self.case == "exact":
            raise ConfigError("fuzzy finds what is only nearly an alias, case exact asks for every letter; choose one")

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
        floats = [name for name, value in dataclasses.asdict(cls()).items() if isinstance(value, float)]
        exact = {name: float(settings[name]) for name in floats if name in settings}
        lists = {name: tuple(settings[name]) for name in _LISTS if name in settings}
        return cls(**{**settings, **exact, **lists})

    def check_made_with(self, made: "LinkerConfig") -> None:
        """See that an index made with other settings has those given here; one that has its default is not given.

        Raises:
            LinkingError: It has not.
        """
        default, own, its = type(self)().to_dict(), self.to_dict(), made.to_dict()
        other = [name for name in own if own[name] not in (default[name], its[name])]
        if other:
            raise LinkingError(
                f"expected a linker index made with {', '.join(f'{name}={own[name]!r}' for name in other)}, got one "
                f"made with {', '.join(f'{name}={its[name]!r}' for name in other)}; leave these settings out, or make "
                "the component anew from its graph: nlp.add_pipe('kgattn_linker', config={'graph': path, ...})"
            )

    def to_dict(self) -> dict[str, Any]:
        """Settings by name, as JSON gives them back."""
        settings = dataclasses.asdict(self)
        return {name: list(value) if isinstance(value, tuple) else value for name, value in settings.items()}


@dataclass(frozen=True)
class _Wanted:
    """What a setting must be, in words, and whether a value is."""

    words: str
    fits: Callable[[Any], bool]


def _number(words: str, fits: Callable[[float], bool]) -> _Wanted:
    return _Wanted(words, lambda value: isinstance(value, int | float) and not isinstance(value, bool) and fits(value))


def _choice(*names: str) -> _Wanted:
    return _Wanted(f"one of {', '.join(names)}", lambda value: value in names)


def _names(words: str, fits: Callable[[str], bool]) -> _Wanted:
    def listed(value: Any) -> bool:
        return isinstance(value, list | tuple) and all(isinstance(name, str) and fits(name) for name in value)

    return _Wanted(words, listed)


_COUNT = _number(
    f"a whole number in [1, {_MAX_COUNT}]", lambda value: isinstance(value, int) and 1 <= value <= _MAX_COUNT
)
_WEIGHT = _number("a number above 0", lambda value: 0 < value < math.inf)
_EVIDENCE = _number(f"a number in [0, {_MAX_EVIDENCE}]", lambda value: 0 <= value <= _MAX_EVIDENCE)
_SWITCH = _Wanted("true or false", lambda value: isinstance(value, bool))
_TYPES = _names("a list of type ids or labels", bool)
_WANTED = {
    "max_candidates": _COUNT,
    "min_alias_length": _COUNT,
    "max_alias_atoms": _COUNT,
    "stop_words": _SWITCH,
    "case": _choice(*CASE_POLICIES),
    "label_weight": _WEIGHT,
    "alias_weight": _WEIGHT,
    "stop_list": _names("a list of forms, as read_stop_list gives them", lambda form: True),
    "prior": _choice(*PRIORS),
    "context_weight": _EVIDENCE,
    "coherence_weight": _EVIDENCE,
    "abbreviations": _SWITCH,
    "short_names": _SWITCH,
    "types": _TYPES,
    "exclude_types": _TYPES,
    "nil_threshold": _number("a number in [0, 1]", lambda value: 0 <= value <= 1),
    "variants": _names(f"a list of {', '.join(VARIANTS)}", lambda name: name in VARIANTS),
    "common_words": _Wanted(
        "bundled, wordfreq, none or the path of a file", lambda value: isinstance(value, str) and bool(value)
    ),
    "common_word_zipf": _number("a number of at least 0", lambda value: 0 <= value < math.inf),
    "whole_names": _SWITCH,
    "titles": _SWITCH,
    "editions": _SWITCH,
    "branches": _SWITCH,
    "commas": _SWITCH,
    "overlaps": _choice(*OVERLAPS),
    "fuzzy": _SWITCH,
    "fuzzy_cutoff": _number("a number in (0, 1]", lambda value: 0 < value <= 1),
}


def _check(settings: Mapping[str, Any]) -> None:
    for name, value in settings.items():
        wanted = _WANTED[name]
        if not wanted.fits(value):
            raise ConfigError(f"linker setting {name} must be {wanted.words}, got {value!r:.80}")
