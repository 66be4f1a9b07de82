"""Codes of texts: the same everywhere, alike for like texts, different for different ones."""

import subprocess
import sys

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kgattn.encoders import text_codes


@given(st.lists(st.text(max_size=30), min_size=1, max_size=6), st.integers(2, 64))
@settings(max_examples=50, deadline=None)
def test_a_code_is_a_unit_vector_that_depends_on_its_text_alone(texts, dim):
    codes = text_codes(texts, dim)
    assert codes.shape == (len(texts), dim)
    np.testing.assert_allclose(np.linalg.norm(codes, axis=1), 1.0, rtol=1e-5)
    for row, text in enumerate(texts):
        np.testing.assert_array_equal(text_codes([text], dim)[0], codes[row])


def test_like_texts_have_like_codes():
    texts = ["acute hepatitis", "chronic hepatitis", "Acute Hepatitis", "municipal library", "hepatitis acute"]
    similarity = text_codes(texts, 256) @ text_codes(texts, 256).T
    assert similarity[0, 2] == np.float32(similarity[0, 0])  # case folds
    assert similarity[0, 1] > similarity[0, 3] + 0.15
    assert similarity[0, 4] < 0.999  # order counts


def test_short_texts_that_share_ngrams_still_differ():
    codes = text_codes(["C04", "C05", "C04.1"], 256)
    assert (codes @ codes.T)[0, 1] < 0.8


def test_chunks_do_not_show(monkeypatch):
    texts = [f"entity number {number}" for number in range(23)]
    whole = text_codes(texts, 32)
    monkeypatch.setattr(sys.modules["kgattn.encoders.text_codes"], "CHUNK", 5)
    np.testing.assert_array_equal(text_codes(texts, 32), whole)


def test_another_process_with_another_hash_seed_gives_the_same_codes():
    script = "from kgattn.encoders import text_codes; print(text_codes(['Zürich', '東京'], 8).tobytes().hex())"
    found = subprocess.run(
        [sys.executable, "-c", script], env={"PYTHONHASHSEED": "7"}, capture_output=True, check=True, text=True
    )
    assert found.stdout.strip() == text_codes(["Zürich", "東京"], 8).tobytes().hex()
