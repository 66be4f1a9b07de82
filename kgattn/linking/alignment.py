"""From mentions in a text to slots of a tokenizer's subwords."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from kgattn.errors import LinkingError
from kgattn.shapes import Float, Int

_SPACES = np.array([code for code in range(0x3001) if chr(code).isspace()], dtype=np.uint32)
# A token without a place in the text: special tokens, padding.
NOWHERE = -1


class MentionTable(NamedTuple):
    """The mentions of several texts, sorted by text and place; mentions of a text do not overlap.

    Attributes:
        text: Text each mention lies in.
        start: Its first character, or word.
        end: One past its last character, or word.
        entities: Rows of the entities it may name; -1 is padding.
        priors: P(entity given surface form); 0 at padding.
    """

    text: Int[np.ndarray, " mention"]
    start: Int[np.ndarray, " mention"]
    end: Int[np.ndarray, " mention"]
    entities: Int[np.ndarray, "mention candidate"]
    priors: Float[np.ndarray, "mention candidate"]


class SubwordTable(NamedTuple):
    """The subwords of several token sequences, one after the other.

    Attributes:
        text: Text each subword comes from.
        start: Its first character, or its word; `NOWHERE` for special tokens and padding.
        end: One past its last character, or its word.
        sequence: Token sequence it stands in; rising.
    """

    text: Int[np.ndarray, " subword"]
    start: Int[np.ndarray, " subword"]
    end: Int[np.ndarray, " subword"]
    sequence: Int[np.ndarray, " subword"]


class Slots(NamedTuple):
    """Slots of subwords, and the mention behind each slot.

    Attributes:
        token_slot: Slot of each subword; 0 is "no mention".
        sequence: Token sequence of each used slot.
        slot: Its number, 1, 2, ... in each sequence in the order of their first subwords.
        mention: Its mention.
    """

    token_slot: Int[np.ndarray, " subword"]
    sequence: Int[np.ndarray, " slot"]
    slot: Int[np.ndarray, " slot"]
    mention: Int[np.ndarray, " slot"]


def assign_slots(mentions: MentionTable, subwords: SubwordTable) -> Slots:
    """Give each subword the mention that holds all of it.

    A subword that reaches over the edge of a mention belongs to none. A mention with no subword gets no slot.

    Raises:
        LinkingError: Two mentions of a text overlap.
    """
    width = int(max(mentions.end.max(initial=0), subwords.end.max(initial=0))) + 1
    start, end = mentions.text * width + mentions.start, mentions.text * width + mentions.end
    wrong = np.flatnonzero(start[1:] < end[:-1])
    if len(wrong):
        raise LinkingError(
            f"mentions must be sorted and must not overlap, got two that do in text {mentions.text[wrong[0]]}; "
            "pass documents as the linker returns them"
        )
    placed = np.flatnonzero((subwords.start >= 0) & (subwords.start < subwords.end))
    offset = subwords.text[placed] * width
    mention = np.searchsorted(start, offset + subwords.start[placed], side="right") - 1
    inside = mention >= 0
    inside[inside] = (offset + subwords.end[placed])[inside] <= end[mention[inside]]
    placed, mention = placed[inside], mention[inside]

    # Number the mentions of each sequence by their first subword.
    pair = subwords.sequence[placed] * (len(start) + 1) + mention
    distinct, first, of_pair = np.unique(pair, return_index=True, return_inverse=True)
    order = np.argsort(first)  # sequences rise with subwords, so they stay together
    sequence = subwords.sequence[placed[first[order]]]
    slot = np.arange(len(order)) - np.searchsorted(sequence, sequence) + 1
    slot_of_pair = np.empty(len(distinct), dtype=np.int64)
    slot_of_pair[order] = slot
    token_slot = np.zeros(len(subwords.text), dtype=np.int64)
    token_slot[placed] = slot_of_pair[of_pair]
    return Slots(token_slot, sequence, slot, mention[first[order]])


def trim_spaces(
    texts: Sequence[str],
    text: Int[np.ndarray, " subword"],
    start: Int[np.ndarray, " subword"],
    end: Int[np.ndarray, " subword"],
) -> tuple[Int[np.ndarray, " subword"], Int[np.ndarray, " subword"]]:
    """Shrink subwords to their visible characters; one that is all space, or empty, ends up with start >= end.

    Byte-level and metaspace tokenizers count the space before a word as part of its first subword.

    Args:
        texts: The texts.
        text: Text each subword comes from.
        start: First character of each subword.
        end: One past its last.
    """
    length = np.array([len(one) for one in texts], dtype=np.int64)
    base = np.cumsum(length) - length
    characters = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    visible = np.flatnonzero(~np.isin(characters, _SPACES))
    fence = np.append(visible, len(characters))
    offset = base[text]
    first = fence[np.searchsorted(visible, offset + start)]  # the first visible character from `start` on
    before = np.searchsorted(visible, offset + end)  # visible characters before `end`
    last = np.where(before > 0, fence[before - 1], -1)
    empty = start >= end
    return np.where(empty, NOWHERE, first - offset), np.where(empty, NOWHERE, last - offset + 1)


def slot_tables(
    slots: Slots, mentions: MentionTable, num_sequences: int
) -> tuple[Int[np.ndarray, "sequence slot candidate"], Float[np.ndarray, "sequence slot candidate"]]:
    """Entities and priors of the slots of every sequence; row m of a sequence is slot m + 1.

    There is room for the largest number of slots and for at least one, so that padding never makes an empty tensor.
    """
    room = int(slots.slot.max(initial=1))
    shape = (num_sequences, room, mentions.entities.shape[1])
    entities, priors = np.full(shape, -1, dtype=np.int64), np.zeros(shape, dtype=np.float32)
    entities[slots.sequence, slots.slot - 1] = mentions.entities[slots.mention]
    priors[slots.sequence, slots.slot - 1] = mentions.priors[slots.mention]
    return entities, priors
