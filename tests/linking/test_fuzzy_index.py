import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgattn.linking.atoms import normalise
from kgattn.linking.fuzzy_index import MIN_LENGTH, FuzzyIndex, trigrams

pytest.importorskip("rapidfuzz")

NAMES = ["nephropathy", "neuropathy", "Angela Merkel", "diabetes mellitus", "Zürich", "Acme", "hypertension"]


def test_the_nearest_alias_is_found():
    index = FuzzyIndex.build([(name, row) for row, name in enumerate(NAMES)])
    alias, score = index.best("Nephropaty", 0.8)
    assert (index.texts[alias], int(index.row[alias])) == ("nephropathy", 0)
    assert score == pytest.approx(1 - 1 / 21)
    assert index.best("ZÜRICH", 1.0)[1] == 1
    assert index.best("nephropaty", 0.99) is None
    assert index.best("acme", 0.5) is None  # too short
    assert index.best("qqqqqqq", 0.5) is None


@given(
    names=st.lists(st.text("abcdé ", min_size=4, max_size=9), min_size=1, max_size=12),
    query=st.text("abcdé ", min_size=5, max_size=9),
    data=st.data(),
)
@settings(max_examples=60, deadline=None)
def test_it_equals_a_scan_and_the_order_does_not_matter(names, query, data):
    from rapidfuzz import fuzz

    rows = [(name, len(name)) for name in names]
    one, two = FuzzyIndex.build(rows), FuzzyIndex.build(data.draw(st.permutations(rows)))
    for name in ("row", "offsets", "alias"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    folded = normalise(query)
    near = [text for text in one.texts if set(trigrams(text)) & set(trigrams(folded))]
    scores = [fuzz.ratio(folded, text) / 100 for text in near]
    best = max(scores, default=0.0)
    found = one.best(query, 0.7)
    if len(folded) < MIN_LENGTH or best < 0.7:
        assert found is None
    else:
        assert found is not None
        assert (one.texts[found[0]], found[1]) == (near[scores.index(best)], pytest.approx(best))
