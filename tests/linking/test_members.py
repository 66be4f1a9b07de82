import pytest

from kgattn.linking.members import is_member, member


@pytest.mark.parametrize(
    ("alias", "one"),
    [
        ("Republicans", ["Republican"]),
        ("Democrats", ["Democrat"]),
        ("Liberal Democrats", ["Liberal Democrat"]),
        ("Conservatives", ["Conservative"]),
        ("Koreans", ["Korean"]),
        ("Palestinians", ["Palestinian"]),
        ("Anglo-Indians", ["Anglo-Indian"]),
        ("republicans", []),
        ("Young democrats", []),
        ("Evans", []),
        ("Titans", []),
        ("Beatles", []),
        ("Ians", []),
        ("Republican", []),
    ],
)
def test_members(alias, one):
    assert list(member(alias, "en")) == one
    assert list(member(alias, "de")) == []


def test_a_variant_that_is_no_member_is_told_apart():
    assert is_member("Republican", "Republicans", "en")
    assert not is_member("Republican", "Republicans", "de")
    assert not is_member("Repüblican", "Republicans", "en")
    assert not is_member("republican", "republicans", "en")
