"""Where sentences end, as far as capital letters are concerned."""

_SENTENCE_ENDS = frozenset(".!?:")


def ends_sentence(word: str) -> bool:
    """Whether the capital of the next word may mean nothing: after a full stop, `!`, `?` or colon, even in a word."""
    return word[-1:] in _SENTENCE_ENDS
