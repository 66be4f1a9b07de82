"""Where sentences end, as far as capital letters are concerned."""

_STOPS = frozenset(".!?")
_ENDS = _STOPS | {":"}


def is_stop(word: str) -> bool:
    """Whether a word is a full stop, `!` or `?` and nothing else: a name may follow "Dr." and a colon."""
    return word in _STOPS


def ends_sentence(word: str) -> bool:
    """Whether the capital of the next word may mean nothing: after a full stop, `!`, `?` or colon, even in a word."""
    return word[-1:] in _ENDS
