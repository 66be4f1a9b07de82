import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgattn.errors import LinkingError
from kgattn.linking import fuzzy_index, loops
from kgattn.linking.atoms import normalise
from kgattn.linking.fuzzy_index import MIN_LENGTH, FuzzyIndex, trigrams

pytest.importorskip("rapidfuzz")
needs_compiled = pytest.mark.skipif(loops.fuzzy is None, reason="not built here: no C compiler")

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


@st.composite
def spellings(draw):
    """Aliases of few letters, of one, two and four bytes: they share trigrams, and many are equally like a text."""
    letters = draw(st.sampled_from(["ab", "abc ", "abé \U00010400"]))
    generator = draw(st.randoms(use_true_random=True))
    return ["".join(generator.choices(letters, k=generator.randint(4, 12))) for _ in range(draw(st.integers(0, 90)))]


@needs_compiled
@given(
    names=spellings(),
    queries=spellings(),
    others=st.lists(st.text(max_size=60), max_size=3),
    cutoff=st.floats(0.01, 1),
    compared=st.integers(1, 24),
    most=st.integers(0, 60) | st.just(2048),
    least=st.integers(0, 6),
)
@settings(max_examples=200, deadline=None)
def test_compiled_and_arrays_agree(names, queries, others, cutoff, compared, most, least):
    queries = [*queries[:9], *names[:5], *others]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fuzzy_index, "_COMPARED", compared)
        patch.setattr(fuzzy_index, "_READ", most)
        patch.setattr(fuzzy_index, "_MIN_BUCKETS", least)
        index = FuzzyIndex.build((name, row) for row, name in enumerate(names))
        near = [index._near(normalise(query) or "a", cutoff) for query in queries]
        best = [index.best(query, cutoff) for query in queries]
        assert index._compiled is not None
        patch.setattr(loops, "fuzzy", None)
        plain = dataclasses.replace(index)
        assert near == [plain._near(normalise(query) or "a", cutoff) for query in queries]
        assert best == [plain.best(query, cutoff) for query in queries]
        assert plain._compiled is None


def near_with(change, query="nephropaty"):
    """What compiled code finds in the arrays of an index once they are changed; a `FuzzyIndex` would refuse some."""
    index = FuzzyIndex.build([(name, row) for row, name in enumerate(NAMES)])
    arrays = {name: getattr(index, name) for name in ("offsets", "alias", "length")}
    arrays |= {"text_data": index.texts.data, "text_offsets": index.texts.offsets}
    change(arrays)
    texts = SimpleNamespace(data=arrays.pop("text_data"), offsets=arrays.pop("text_offsets"))
    return loops.fuzzy.NearAliases(SimpleNamespace(texts=texts, **arrays), 24, 2048, 6).of(query, 5.0, 20.0)


@needs_compiled
def test_a_whole_index_is_read():
    assert "nephropathy" in near_with(lambda arrays: None)[1]


@needs_compiled
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("offsets", 2**62),
        ("offsets", -(2**63)),
        ("alias", len(NAMES)),
        ("alias", -1),
        ("alias", 2**31 - 1),
        ("text_offsets", 2**62),
        ("text_offsets", -1),
        ("text_data", 0xFF),
    ],
)
def test_a_damaged_index_is_an_error_and_no_crash(name, value):
    """Arrays come from files; numpy looks at every index, so must this."""
    with pytest.raises(LinkingError, match="the linker index is damaged: delete it and build it again"):
        near_with(lambda arrays: arrays.update({name: np.full_like(arrays[name], value)}))


@needs_compiled
@pytest.mark.parametrize("name", ["offsets", "length", "text_offsets"])
@pytest.mark.parametrize("size", [0, 1, -1])
def test_arrays_of_unlike_lengths_are_an_error(name, size):
    with pytest.raises(LinkingError, match="the linker index is damaged: delete it and build it again"):
        near_with(lambda arrays: arrays.update({name: arrays[name][:size]}))


@needs_compiled
@given(
    name=st.sampled_from(["offsets", "alias", "length", "text_offsets", "text_data"]),
    seed=st.integers(0, 2**32 - 1),
    share=st.sampled_from([0.01, 0.3, 1.0]),
    scale=st.sampled_from([3, 2**7, 2**31, 2**63]),
    query=st.sampled_from(["nephropaty", "hypertensoin", "diabetes melitus", "zürihc"]),
)
@settings(max_examples=300, deadline=None)
def test_whatever_numbers_an_index_holds_nothing_crashes(name, seed, share, scale, query):
    def change(arrays):
        generator, array = np.random.default_rng(seed), arrays[name]
        low, high = max(-scale, np.iinfo(array.dtype).min), min(scale - 1, np.iinfo(array.dtype).max)
        other = generator.integers(low, high, array.shape, dtype=array.dtype, endpoint=True)
        arrays[name] = np.where(generator.random(array.shape) < share, other, array)

    try:
        near, texts = near_with(change, query)
    except LinkingError:
        return
    assert len(near) == len(texts)
    assert set(near) <= set(range(len(NAMES)))
