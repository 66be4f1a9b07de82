import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kgattn.linking.text_hashes import TextNumbers, TextSet, hashes_of

TEXTS = st.lists(st.text("abß", max_size=3))


@given(TEXTS, TEXTS)
def test_a_set_of_hashes_is_a_set(known, asked):
    texts = TextSet(hashes_of(known))
    assert texts.holds(hashes_of(asked)).tolist() == [text in known for text in asked]
    assert [text in texts for text in asked] == [text in known for text in asked]
    assert 5 not in texts


@given(st.lists(TEXTS, max_size=4))
def test_numbers_are_those_of_a_dictionary(pieces):
    known, numbers = {}, TextNumbers()
    for texts in pieces:
        hashes = hashes_of(texts)
        new = numbers.new_in(hashes)
        assert [texts[place] for place in new] == [text for text in dict.fromkeys(texts) if text not in known]
        numbers.add(hashes[new], np.arange(len(known), len(known) + len(new)))
        known |= {texts[place]: len(known) + row for row, place in enumerate(new)}
        assert numbers.of(hashes).tolist() == [known[text] for text in texts]
        assert (numbers.hashes[1:] > numbers.hashes[:-1]).all()
