"""Tags of a sentence chosen together: entities of one type do not touch where the training sentences never let them.

A tagger that chooses each word's tag alone breaks longer names into pieces, each beginning anew. In most corpora no
entity directly follows another of its type, and then no path over such a pair is taken (Viterbi 1967).
"""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from kgattn.shapes import Bool, Float, Int

TOUCHING_SHARE = 0.005
"""Share of a type's entities that must directly follow one of the same type for it to be believed."""


def types_apart(sentences: Iterable[Sequence[str]], entity_types: Sequence[str]) -> tuple[str, ...]:
    """Types whose entities do not touch another of the same type, or hardly ever.

    Args:
        sentences: Gold tags in strict IOB2, of the sentences learnt from.
        entity_types: The types to tell about.
    """
    entities: Counter[str] = Counter()
    touching: Counter[str] = Counter()
    for tags in sentences:
        for before, tag in zip(("O", *tags), tags, strict=False):
            if tag.startswith("B-"):
                entities[tag[2:]] += 1
                touching[tag[2:]] += before[2:] == tag[2:]
    return tuple(name for name in entity_types if touching[name] <= TOUCHING_SHARE * entities[name])


def allowed_transitions(tags: Sequence[str], apart: Sequence[str]) -> Bool[np.ndarray, "before tag"]:
    """Which tag may follow which: all but B-X after B-X or I-X, for the types X that stay apart."""
    allowed = np.ones((len(tags), len(tags)), dtype=bool)
    for number, tag in enumerate(tags):
        if tag.startswith("B-") and tag[2:] in apart:
            allowed[[before[2:] == tag[2:] and before != "O" for before in tags], number] = False
    return allowed


def best_path(
    log_probs: Float[np.ndarray, "word tag"], allowed: Bool[np.ndarray, "tag tag"]
) -> Int[np.ndarray, " word"]:
    """The likeliest tags without a transition that is not allowed.

    Args:
        log_probs: Of each word, nats.
        allowed: From the tag before to the tag after.
    """
    chosen: Int[np.ndarray, " word"] = log_probs.argmax(axis=1)
    if allowed[chosen[:-1], chosen[1:]].all():
        return chosen
    penalty = np.where(allowed, 0.0, -np.inf)
    total = log_probs[0].astype(np.float64)
    back = np.zeros(log_probs.shape, dtype=np.int64)
    for word in range(1, len(log_probs)):
        paths = total[:, None] + penalty
        back[word] = paths.argmax(axis=0)
        total = paths.max(axis=0) + log_probs[word]
    chosen[-1] = total.argmax()
    for word in range(len(log_probs) - 1, 0, -1):
        chosen[word - 1] = back[word, chosen[word]]
    return chosen
