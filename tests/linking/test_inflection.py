import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgattn.linking.inflection import INFLECTIONS, inflect, other_numbers


@pytest.mark.parametrize(
    ("language", "alias", "others"),
    [
        ("en", "neoplasm", ["neoplasms"]),
        ("en", "neoplasms", ["neoplasm"]),
        ("en", "beta blocker", ["beta blockers"]),
        ("en", "sign of disease", ["signs of disease"]),
        ("en", "diagnosis", ["diagnoses"]),
        ("en", "diagnoses", ["diagnosis", "diagnose"]),
        ("en", "allergy", ["allergies"]),
        ("en", "allergies", ["allergy"]),
        ("en", "virus", ["viruses"]),
        ("en", "viruses", ["virus", "viruse"]),
        ("en", "child", ["children"]),
        ("en", "women", ["woman"]),
        ("en", "stomach", ["stomaches", "stomachs"]),
        ("en", "beta-blocker", ["beta-blockers"]),
        ("en", "NSAID", ["NSAIDs"]),
        ("en", "news", []),
        ("en", "genetics", []),
        ("en", "Jordan", []),  # a name
        ("en", "vitamin B12", []),
        ("en", "neoplasms, breast", []),
        ("de", "Krankheit", ["Krankheiten"]),
        ("de", "Krankheiten", ["Krankheit"]),
        ("de", "Lehrerin", ["Lehrerinnen"]),
        ("de", "Lehrerinnen", ["Lehrerin"]),
        ("de", "Schule", ["Schulen"]),
        ("de", "Schulen", ["Schule"]),
        ("de", "Berlin", ["Berlinnen"]),  # no word, and harmless
        ("de", "Hund", ["Hunds"]),
        ("de", "Deutschlands", ["Deutschland"]),
        ("es", "enfermedad cardiovascular", ["enfermedades cardiovasculares"]),
        ("es", "enfermedades cardiovasculares", ["enfermedad cardiovascular"]),
        ("es", "infección", ["infecciones"]),
        ("es", "infecciones", ["infección"]),
        ("es", "voz", ["voces"]),
        ("es", "voces", ["voz"]),
        ("es", "casas", ["casa"]),
        ("es", "dolor de cabeza", ["dolores de cabeza"]),
        ("fr", "maladie rare", ["maladies rares"]),
        ("fr", "maladies rares", ["maladie rare"]),
        ("fr", "hôpital de jour", ["hôpitaux de jour"]),
        ("fr", "hôpitaux", ["hôpital"]),
        ("fr", "bureau", ["bureaux"]),
        ("fr", "bureaux", ["bureau"]),
        ("zh", "北京", []),
        ("xx", "neoplasm", []),
    ],
)
def test_other_number(language, alias, others):
    assert list(inflect(alias, language)) == others


@given(word=st.text("abcdeinosuyzäéó", min_size=3, max_size=9), language=st.sampled_from(sorted(INFLECTIONS)))
def test_a_word_is_never_its_own_other_number(word, language):
    assert word not in other_numbers(word, language)
