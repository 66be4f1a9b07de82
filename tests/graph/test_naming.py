import pytest

from kgattn.graph.naming import clean_text, local_name, own_id, readable_name


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("capitalOf", "capital of"),
        ("located_in", "located in"),
        ("is a", "is a"),
        ("/people/person/place_of_birth", "place of birth"),
        ("/tv/program/cast./tv/appearance/actor", "actor"),
        ("http://example.org/onto#hasHTTPServer", "has HTTP server"),
        ("urn:example:bornIn", "born in"),
        ("P31", "P31"),
        ("RO:0002202", "RO:0002202"),
        ("___", "___"),
    ],
)
def test_relation_ids_read_as_words(name, text):
    assert readable_name(name) == text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("http://example.org/New_York", "New York"),
        ("http://example.org/a#S%C3%A3o_Paulo", "São Paulo"),
        ("http://example.org/", "example.org"),
        ("urn:isbn:12", "12"),
        ("New_York", "New_York"),
    ],
)
def test_only_iris_are_cut_to_their_last_part(name, text):
    assert local_name(name) == text


@pytest.mark.parametrize(
    ("iri", "name"),
    [
        ("urn:kgattn:entity:New_20_York", "New York"),
        ("urn:kgattn:entity:_10ffff_", "\U0010ffff"),
        ("urn:kgattn:entity:_110000_", "_110000_"),
        ("urn:kgattn:entity:_ffffffffff_", "_ffffffffff_"),
        ("urn:kgattn:type:a_d800_b_dfff_", "a_d800_b_dfff_"),
        ("urn:kgattn:other:_20_", "urn:kgattn:other:_20_"),
        ("http://example.org/_20_", "http://example.org/_20_"),
    ],
)
def test_only_escapes_of_characters_are_undone(iri, name):
    assert own_id(iri) == name


def test_white_space_of_any_kind_becomes_one_space():
    assert clean_text(" New\n\tYork\u00a0 City ") == "New York City"
