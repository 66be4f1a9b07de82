import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgattn.errors import LinkingError
from kgattn.linking.alignment import MentionTable, SubwordTable, assign_slots, slot_tables, trim_spaces

TEXT = st.text(alphabet=st.sampled_from("aé北İ \u00a0\u3000\n.🇩"), max_size=14)


def mention_table(places):
    place = np.array(places, dtype=np.int64).reshape(-1, 3)
    entities = np.arange(2 * len(place)).reshape(-1, 2)
    return MentionTable(place[:, 0], place[:, 1], place[:, 2], entities, np.full((len(place), 2), np.float32(0.5)))


@st.composite
def cases(draw):
    """Texts, mentions that do not overlap, and windows of subwords in order of text."""
    texts = draw(st.lists(TEXT, min_size=1, max_size=3))
    places, windows = [], []
    for number, text in enumerate(texts):
        cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=6)))
        places += [(number, *pair) for pair in zip(cuts[::2], cuts[1::2], strict=False)]
        for _ in range(draw(st.integers(1, 2))):
            starts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8)))
            windows.append((number, [(start, draw(st.integers(start, len(text)))) for start in starts]))
    return texts, places, windows


def slow_slots(texts, places, windows):
    """Slots of each window's subwords, by looking at every visible character."""
    tables = []
    for number, subwords in windows:
        slots, seen = [], []
        for start, end in subwords:
            visible = [at for at in range(start, end) if not texts[number][at].isspace()]
            owners = {
                next((m for m, (text, a, b) in enumerate(places) if text == number and a <= at < b), None)
                for at in visible
            }
            mention = owners.pop() if len(owners) == 1 else None
            if mention is not None and mention not in seen:
                seen.append(mention)
            slots.append(0 if mention is None else seen.index(mention) + 1)
        tables.append((slots, seen))
    return tables


@given(cases())
@settings(max_examples=200, deadline=None)
def test_slots_equal_a_look_at_every_character(case):
    texts, places, windows = case
    mentions = mention_table(places)
    flat = [(number, start, end, w) for w, (number, pairs) in enumerate(windows) for start, end in pairs]
    text, start, end, sequence = np.array(flat, dtype=np.int64).reshape(-1, 4).T
    slots = assign_slots(mentions, SubwordTable(text, *trim_spaces(texts, text, start, end), sequence))
    entities, priors = slot_tables(slots, mentions, len(windows))
    expected = slow_slots(texts, places, windows)
    assert slots.token_slot.tolist() == [slot for row, _ in expected for slot in row]
    for row, (_, seen) in enumerate(expected):
        assert entities[row, : len(seen)].tolist() == mentions.entities[seen].tolist()
        assert (entities[row, len(seen) :] == -1).all()
        assert (priors[row, len(seen) :] == 0).all()


def test_slots_count_from_the_first_subword_on():
    mentions = mention_table([(0, 0, 2), (0, 2, 4)])
    word = np.array([3, 0, 1, 2])
    slots = assign_slots(mentions, SubwordTable(np.zeros(4, np.int64), word, word + 1, np.zeros(4, np.int64)))
    assert slots.token_slot.tolist() == [1, 2, 2, 1]
    assert slots.mention.tolist() == [1, 0]


def test_a_subword_over_the_edge_of_a_mention_belongs_to_none():
    texts, text = ["a bc d"], np.zeros(3, np.int64)
    start, end = trim_spaces(texts, text, np.array([1, 3, 1]), np.array([4, 5, 3]))
    slots = assign_slots(mention_table([(0, 2, 3)]), SubwordTable(text, start, end, np.zeros(3, np.int64)))
    assert slots.token_slot.tolist() == [0, 0, 1]


def test_without_mentions_there_is_room_for_one():
    none = np.zeros(0, np.int64)
    mentions = mention_table([])
    entities, priors = slot_tables(assign_slots(mentions, SubwordTable(none, none, none, none)), mentions, 2)
    assert entities.tolist() == [[[-1, -1]]] * 2
    assert priors.tolist() == [[[0.0, 0.0]]] * 2


def test_overlapping_mentions_are_refused():
    none = np.zeros(0, np.int64)
    with pytest.raises(LinkingError, match="must not overlap, got two that do in text 1"):
        assign_slots(mention_table([(0, 0, 3), (1, 0, 3), (1, 2, 4)]), SubwordTable(none, none, none, none))
