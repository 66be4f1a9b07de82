"""Outcomes survive being spelled, hold no text, and refuse what is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgattn.errors import RunError
from kgattn.ner.outcomes import Outcome

TYPES = ("Disease", "fine food;=1-2:0")
SPANS = st.frozensets(
    st.tuples(st.integers(0, 300), st.integers(0, 300), st.sampled_from(TYPES)).filter(lambda span: span[0] < span[1])
)


@given(SPANS, SPANS)
def test_spelling_is_read_back(gold, predicted):
    outcome = Outcome.of(gold, predicted)
    assert Outcome.read(outcome.spell(TYPES), TYPES) == outcome
    assert (outcome.gold, outcome.predicted) == (gold, predicted)


def test_a_spelled_sentence():
    outcome = Outcome.of(frozenset({(0, 2, "A"), (5, 6, "A")}), frozenset({(0, 2, "A"), (5, 6, "B"), (3, 4, "B")}))
    assert outcome.spell(("A", "B")) == "=0-2:0 +3-4:1 -5-6:0 +5-6:1"


@pytest.mark.parametrize("text", ["0-2:0", "=0-2:7", "=0-2", "=a-b:0", "=0-2:0,"])
def test_other_text_is_refused(text):
    with pytest.raises(RunError, match="an outcome must be such as =0-2:1 with a type number below 2"):
        Outcome.read(text, ("A", "B"))
