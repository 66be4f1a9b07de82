"""Which texts of a source with many languages are taken."""

import re

from kgattn.errors import GraphError

EVERY_LANGUAGE = "xx"
_TAG = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")


class Languages:
    """Languages in order of preference.

    Args:
        wanted: Language tags, the dearest first, such as `"de,en"`; regional forms of each count too. `"xx"` among them
            stands for every other language; alone it means English first, then every other.

    Raises:
        GraphError: Something in there is no language tag.

    Attributes:
        untagged: Rank of a text without a language, below all that are named.
        unwanted: Rank of a text in a language nobody asked for.
    """

    untagged: int
    unwanted: int

    def __init__(self, wanted: str) -> None:
        tags = [tag.strip().lower() for tag in wanted.split(",")]
        odd = next((tag for tag in tags if not _TAG.fullmatch(tag)), None)
        if odd is not None:
            raise GraphError(f"language must be tags such as 'en' or 'de,en', got {wanted!r}; repair {odd!r}")
        self._tags = [tag for tag in tags if tag != EVERY_LANGUAGE] or ["en"]
        self.untagged = len(self._tags)
        self.unwanted = self.untagged + 1
        self._others = self.untagged if EVERY_LANGUAGE in tags else self.unwanted

    def rank(self, tag: str) -> int:
        """How dear a language is, 0 the dearest; `tag` is in lower case, or empty for none."""
        for place, wanted in enumerate(self._tags):
            if tag == wanted or tag.startswith(f"{wanted}-"):
                return place
        return self._others if tag else self.untagged
