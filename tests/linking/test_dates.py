import pytest

from kgattn.linking.dates import with_date_first


@pytest.mark.parametrize(
    ("alias", "dated"),
    [
        ("Canadian federal election, 2008", ["2008 Canadian federal election"]),
        ("Greek legislative election, June 2012", ["June 2012 Greek legislative election"]),
        ("Greek legislative election, Spring 2012", []),
        ("diet, 2000", []),
        ("Berlin, Germany, 2000", []),
        ("Area, 51", []),
        (", 2000", []),
        ("", []),
    ],
)
def test_the_year_is_put_first_in_english(alias, dated):
    assert list(with_date_first(alias, "en")) == dated
    assert list(with_date_first(alias, "fr")) == []
