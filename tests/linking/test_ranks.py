from hypothesis import given
from hypothesis import strategies as st

from kgattn.graph import StringTable
from kgattn.linking.ranks import ranks_of

ENDS = st.text(st.characters(codec="utf-8"), max_size=3)


@given(
    st.lists(
        st.tuples(st.sampled_from(["", "a", "a" * 7, "a" * 8, "http://example.org/", "\0"]), ENDS),
        unique_by="".join,
    )
)
def test_ranks_are_the_alphabetical_order(parts):
    texts = ["".join(part) for part in parts]
    assert ranks_of(StringTable.from_strings(texts)).tolist() == [sorted(texts).index(text) for text in texts]
