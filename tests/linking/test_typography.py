import pytest

from kgattn.linking.spelling import respell
from kgattn.linking.typography import drop_accents, reapostrophise, rehyphenate, transcribe_greek


@pytest.mark.parametrize(
    ("alias", "others"),
    [
        ("beta-blocker", ["beta blocker", "betablocker"]),
        ("beta blocker", ["beta-blocker", "betablocker"]),
        ("Baden-Baden", ["Baden Baden", "BadenBaden"]),
        ("MK-801", ["MK 801", "MK801"]),
        ("MK801", ["MK-801", "MK 801"]),
        ("non-insulin-dependent", ["non insulin dependent"]),
        ("2-amino-3-methyl-pentane", []),  # each hyphen matters
        ("2,3-butanediol", ["2,3 butanediol"]),
        ("heart disease", []),
        ("- -", []),
    ],
)
def test_hyphens(alias, others):
    assert list(rehyphenate(alias)) == others


@pytest.mark.parametrize(
    ("alias", "others"),
    [
        ("Parkinson's disease", ["Parkinson disease", "Parkinsons disease"]),
        ("Parkinson disease", ["Parkinson's disease", "Parkinsons disease"]),
        ("Graves' disease", ["Graves disease"]),
        ("O'Toole", ["OToole"]),
        ("Nuku'alofa", ["Nukualofa"]),
        ("Graves disease", []),
        ("heart failure", []),
    ],
)
def test_apostrophes(alias, others):
    assert list(reapostrophise(alias)) == others


@pytest.mark.parametrize(
    ("alias", "others"),
    [
        ("α-tocopherol", ["alpha-tocopherol"]),
        ("TGF-β1", ["TGF-beta1"]),
        ("alpha-tocopherol", ["α-tocopherol"]),
        ("Αθήνα", []),  # a Greek word
        ("Alpha Centauri", []),
        ("alphabet", []),
        ("beta2-agonist", ["β2-agonist"]),
    ],
)
def test_greek_letters(alias, others):
    assert list(transcribe_greek(alias)) == others


@pytest.mark.parametrize(
    ("alias", "language", "others"),
    [
        ("São Paulo", "en", ["Sao Paulo"]),
        ("Łódź", "en", ["Lodz"]),
        ("Köln", "en", ["Koln"]),
        ("Köln", "de", ["Koeln", "Koln"]),
        ("Paris", "en", []),
        ("北京", "zh", []),
        ("Αθήνα", "el", []),  # the accent of another script stays
    ],
)
def test_accents(alias, language, others):
    assert list(drop_accents(alias, language)) == others


@pytest.mark.parametrize(
    ("alias", "others"),
    [
        ("anaemia", ["anemia"]),
        ("anemia", ["anaemia"]),
        ("Haemorrhage", ["Hemorrhage"]),
        ("brain tumor", ["brain tumour"]),
        ("World Health Organization", ["World Health Organisation"]),
        ("LABOUR PARTY", ["LABOR PARTY"]),
        ("heart", []),
    ],
)
def test_british_and_american(alias, others):
    assert list(respell(alias)) == others
