"""The tags a model chooses between, and their numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from kgattn.errors import CorpusError
from kgattn.ner.transitions import allowed_transitions
from kgattn.shapes import Bool

APART = "kgattn_types_apart"
"""Key in a model's config."""
IGNORE = -100
"""Label of a token the loss must not look at (PyTorch's default)."""


@dataclass(frozen=True)
class LabelSet:
    """The IOB2 tags of some entity types: O, then B and I of each type, numbered from 0.

    Attributes:
        entity_types: The types.
        apart: Those whose entities are not predicted directly behind one of the same type.
    """

    entity_types: tuple[str, ...]
    apart: tuple[str, ...] = ()

    @cached_property
    def tags(self) -> tuple[str, ...]:
        """The tag of each number."""
        return ("O", *(f"{letter}-{name}" for name in self.entity_types for letter in "BI"))

    @cached_property
    def ids(self) -> dict[str, int]:
        """The number of each tag."""
        return {tag: index for index, tag in enumerate(self.tags)}

    def encode(self, tags: Sequence[str]) -> list[int]:
        """The numbers of some tags.

        Raises:
            CorpusError: A tag is not among these labels.
        """
        try:
            return [self.ids[tag] for tag in tags]
        except KeyError as error:
            known = ", ".join(self.entity_types)
            raise CorpusError(
                f"expected a tag of the types {known}, got {error.args[0]!r}; was another corpus trained on?"
            ) from None

    @cached_property
    def allowed(self) -> Bool[np.ndarray, "tag tag"]:
        """Which tag may follow which."""
        return allowed_transitions(self.tags, self.apart)

    @classmethod
    def from_config(cls, config: Any) -> "LabelSet":
        """The labels of a model's Transformers config, which `write_to` may have written.

        Raises:
            CorpusError: The config's labels are not the IOB2 tags of some types, in this class's order.
        """
        tags = [config.id2label[index] for index in sorted(config.id2label)]
        types = tuple(tag[2:] for tag in tags if tag.startswith("B-"))
        labels = cls(types, tuple(getattr(config, APART, ())))
        if list(labels.tags) != tags:
            raise CorpusError(f"expected a model with IOB2 labels (O, B-x, I-x, ...), got {', '.join(tags[:5])}, ...")
        return labels

    def write_to(self, config: Any) -> None:
        """Let a model's config say what `from_config` reads beside its `id2label`."""
        setattr(config, APART, list(self.apart))
