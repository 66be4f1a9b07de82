"""A span of text that may name an entity, and the entities it may name."""

from dataclasses import dataclass

SPANS_KEY = "kgattn"
"""Where the mentions of a linked spaCy document are: `doc.spans[SPANS_KEY]`, unless the user chose another place."""


@dataclass(frozen=True)
class Candidate:
    """An entity a mention may name.

    Attributes:
        entity_id: Name of the entity in its graph, such as `"Q42"`.
        prior: P(entity given the surface form), in [0, 1]; a mention's priors sum to at most 1.
    """

    entity_id: str
    prior: float


@dataclass(frozen=True)
class Mention:
    """A half-open span `[start_char, end_char)` of the text and its candidates, likeliest first."""

    start_char: int
    end_char: int
    candidates: tuple[Candidate, ...]
