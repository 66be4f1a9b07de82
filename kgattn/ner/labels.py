"""The tags a model chooses between, and their numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from kgattn.errors import CorpusError

IGNORE = -100
"""Label of a token the loss must not look at (PyTorch's default)."""


@dataclass(frozen=True)
class LabelSet:
    """The IOB2 tags of some entity types: O, then B and I of each type, numbered from 0."""

    entity_types: tuple[str, ...]

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

    @classmethod
    def from_id2label(cls, id2label: dict[int, str]) -> "LabelSet":
        """The labels a model's config lists.

        Raises:
            CorpusError: The config's labels are not the IOB2 tags of some types, in this class's order.
        """
        tags = [id2label[index] for index in sorted(id2label)]
        labels = cls(tuple(tag[2:] for tag in tags if tag.startswith("B-")))
        if list(labels.tags) != tags:
            raise CorpusError(f"expected a model with IOB2 labels (O, B-x, I-x, ...), got {', '.join(tags[:5])}, ...")
        return labels
