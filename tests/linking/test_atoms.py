import pytest
from hypothesis import given
from hypothesis import strategies as st
from spacy.strings import StringStore

from kgattn.linking.atoms import (
    BARRIER,
    NO_LETTER,
    NOT_UPPER,
    UPPER,
    atomise,
    first_letter,
    fold,
    joins_left,
    joins_right,
    pieces,
    stable_hash,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Angela Merkel", ["Angela", "Merkel"]),
        ("  10km  race ", ["10km", "race"]),
        ("U.S.-led", ["U", ".", "S", ".", "-", "led"]),
        ("don't", ["don", "'", "t"]),
        ("默克尔DNA检测", ["默", "克", "尔", "DNA", "检", "测"]),
        ("カナ서울ไทย", ["カ", "ナ", "서", "울", "ไ", "ท", "ย"]),
        ("Cafe\u0301", ["Café"]),
        ("Ger\u00admany", ["Germany"]),
        ("non\u2011Hodgkin\u2019s", ["non", "-", "Hodgkin", "'", "s"]),
        ("ＡＢＣ", ["ABC"]),
        (" \n", []),
        ("🇩🇪", ["🇩", "🇪"]),
    ],
)
def test_text_falls_into_atoms(text, expected):
    assert pieces(text) == expected


@given(st.text())
def test_atoms_hold_every_visible_character_once(text):
    from kgattn.linking.atoms import tidy

    assert "".join(pieces(text)) == "".join(tidy(text).split())


@given(st.text())
def test_atoms_are_the_same_however_spaces_are_cut(text):
    whole = [atom for atom in atomise(text) if atom.folded != BARRIER]
    chunks = [atom for chunk in text.split() for atom in atomise(chunk)]
    assert whole == chunks


def test_atoms_ignore_case_but_remember_it():
    lower, upper = atomise("straße")[0], atomise("STRASSE")[0]
    assert lower.folded == upper.folded
    assert lower.cased != upper.cased
    assert (lower.letter, upper.letter) == (NOT_UPPER, UPPER)


def test_folding_a_character_may_change_its_length_without_moving_others():
    assert [atom.folded for atom in atomise("İzmir Berlin")][1] == atomise("berlin")[0].folded


def test_a_paragraph_break_is_a_barrier_and_a_line_break_is_nothing():
    assert [atom.folded for atom in atomise("\n \n")] == [BARRIER]
    assert atomise("\n") == ()


@pytest.mark.parametrize(
    ("text", "left", "right"),
    [("km", True, True), ("'s", False, True), ("京", False, False), ("", False, False), ("a ", True, False)],
)
def test_a_token_joins_its_neighbour_between_word_characters(text, left, right):
    assert (joins_left(text), joins_right(text)) == (left, right)


@pytest.mark.parametrize(
    ("text", "expected"), [("3D", UPPER), ("(jordan", NOT_UPPER), ("京A", NOT_UPPER), ("12.5", NO_LETTER), ("ǅ", UPPER)]
)
def test_first_letter(text, expected):
    assert first_letter(text) == expected


def test_fold_unites_spellings():
    assert fold("ﬁＮＥ") == "fine"


def test_hashes_are_the_same_in_every_process():
    assert stable_hash("Jordan") == 9753490702093453428
    assert stable_hash("Jordan") == StringStore()["Jordan"]


@given(st.text(min_size=1))
def test_hashes_are_those_of_the_bytes(text):
    """So they do not depend on how spaCy numbers its symbols ("case", "NOUN")."""
    assert stable_hash(text) == StringStore()[text.encode("utf-8", "surrogatepass")]
