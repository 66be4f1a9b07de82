"""Which aliases are fit for English text, and how place names are cleaned."""

import pytest

from kg_data.iso_codes import named, subdivision_names
from kg_data.names import is_usable_alias
from kg_data.place_names import fold, spellings, uninvert, without_brackets


@pytest.mark.parametrize("alias", ["UK", "U.S.", "Big Apple", "São Tomé", "2K", "C$ dollar", "the States"])
def test_usable(alias: str) -> None:
    assert is_usable_alias(alias)


@pytest.mark.parametrize("alias", ["🇩🇪", "K", "it", "24", "Киев", "長崎市", "Bertolʹd", "C$", ""])
def test_unusable(alias: str) -> None:
    assert not is_usable_alias(alias)


@pytest.mark.parametrize(
    ("alias", "usable"), [("J. K.", False), ("JK", False), ("U.S.", False), ("JFK", True), ("Jo", True)]
)
def test_initials_of_persons(alias: str, usable: bool) -> None:
    assert is_usable_alias(alias, of_person=True) is usable


def test_fold_and_spellings() -> None:
    assert fold("Nuku‘alofa, São Tomé, Łódź") == "Nuku'alofa, Sao Tome, Lodz"
    assert spellings("Xi’an") == ["Xi'an", "Xian"]
    assert spellings("Berlin") == []


def test_brackets_and_inversion() -> None:
    assert without_brackets("Girona [Gerona]") == "Girona"
    assert uninvert("Iran, Islamic Republic of") == "Islamic Republic of Iran"
    assert uninvert("Congo, The Democratic Republic of the") == "Democratic Republic of the Congo"
    assert uninvert("Nations, Nationalities and Peoples") == "Nations, Nationalities and Peoples"


@pytest.mark.parametrize(
    ("name", "kind", "label", "aliases"),
    [
        ("Central", "Province", "Central Province", []),
        ("Girona [Gerona]", "Province", "Girona", ["Gerona"]),
        ("Kalmar län [SE-08]", "County", "Kalmar län", ["Kalmar lan"]),
        ("Altay, Respublika", "Republic", "Respublika Altay", ["Altay"]),
        ("Centar †", "Municipality", "Centar", []),
        ("Bolama / Bijagós", "Region", "Bolama", ["Bijagós", "Bijagos"]),
    ],
)
def test_subdivision_names(name: str, kind: str, label: str, aliases: list[str]) -> None:
    assert subdivision_names(name, kind) == named(label, *aliases)
    assert subdivision_names(name, kind).aliases == aliases
