"""Subdivisions, currencies and languages out of the ISO code lists (package pycountry)."""

from dataclasses import dataclass

from kg_data.place_names import GENERIC_NAMES, fold, spellings, uninvert, without_brackets

# Names in everyday use where the code list has a bare unit that many currencies share, or an inverted form.
CURRENCY_NAMES = {
    "CNY": "Renminbi",
    "KRW": "South Korean Won",
    "NIO": "Nicaraguan Cordoba",
    "OMR": "Omani Rial",
    "PEN": "Peruvian Sol",
    "UYU": "Uruguayan Peso",
    "XAF": "Central African CFA Franc",
    "XOF": "West African CFA Franc",
}
CURRENCY_ALIASES = {
    "CNY": ["Yuan", "yuan", "Yuan Renminbi"],
    "GBP": ["British pound", "pound sterling"],
    "ILS": ["Shekel", "shekel"],
    "INR": ["rupee"],
    "RUB": ["rouble", "ruble"],
    "USD": ["U.S. dollar", "dollar"],
}
# Units that are English words when written small.
COMMON_UNITS = frozenset({"gold", "leone", "mark", "pound", "rand", "real", "sol", "som", "sterling", "won"})
LANGUAGE_NAMES = {"el": "Greek", "ky": "Kyrgyz", "pa": "Punjabi", "ps": "Pashto", "rn": "Kirundi", "ug": "Uyghur"}
LANGUAGE_ALIASES = {
    "fa": ["Farsi"],
    "nb": ["Bokmål", "Bokmal"],
    "nn": ["Nynorsk"],
    "sw": ["Kiswahili"],
    "zh": ["Mandarin"],
}


@dataclass(frozen=True)
class Named:
    """A label and its aliases."""

    label: str
    aliases: list[str]


def named(label: str, *aliases: str) -> Named:
    """Join label and aliases, adding spellings without accents, each form once."""
    forms = [form for name in (label, *aliases) for form in (name, *spellings(name))]
    return Named(label, [form for form in dict.fromkeys(forms) if form and form != label])


def country_aliases() -> dict[str, list[str]]:
    """List the everyday and the official name of each country by its two-letter code."""
    import pycountry

    found = {}
    for country in pycountry.countries:
        official = getattr(country, "official_name", country.name)
        names = [getattr(country, "common_name", country.name), *([official] if official != country.name else [])]
        found[country.alpha_2] = [uninvert(name).removeprefix("the ") for name in names]
    return found


def subdivisions() -> dict[str, tuple[str, Named]]:
    """Read the top-level subdivisions: ISO 3166-2 code -> (country code, names), sorted by code."""
    import pycountry

    found = {}
    for entry in sorted(pycountry.subdivisions, key=lambda entry: str(entry.code)):
        if entry.parent_code is None:
            found[entry.code] = (entry.country_code, subdivision_names(entry.name, entry.type))
    return found


def subdivision_names(name: str, kind: str) -> Named:
    """Clean the name of a subdivision.

    Args:
        name: As the code list has it: "Altay, Respublika", "Girona [Gerona]", "Bolama / Bijagós", "Centar †".
        kind: What it is, such as "Province"; appended to a name that is a plain word.
    """
    clean = without_brackets(name.replace("†", "")).strip()
    forms = [part.strip() for part in clean.split(" / ")]
    in_brackets = name[name.find("[") + 1 : name.find("]")] if "[" in name else ""
    if in_brackets and not any(char.isdigit() for char in in_brackets):
        forms.append(in_brackets.strip())
    if ", " in forms[0] and uninvert(forms[0]) != forms[0]:
        forms = [uninvert(forms[0]), forms[0].split(", ")[0], *forms[1:]]
    if fold(forms[0]).lower() in GENERIC_NAMES:
        forms[0] = f"{forms[0]} {kind}"
    return named(*(form for form in forms if fold(form).lower() not in GENERIC_NAMES))


def currency_names(code: str, unit: str) -> Named:
    """Name a currency.

    Args:
        code: ISO 4217 code, such as "CHF".
        unit: Its unit, such as "Franc"; the name where the code list has none.
    """
    import pycountry

    entry = pycountry.currencies.get(alpha_3=code)
    listed = entry.name if entry else unit
    label = CURRENCY_NAMES.get(code, listed)
    small = " ".join([*label.split()[:-1], label.split()[-1].lower()])
    aliases = [] if label == listed else [listed] if " " in listed else []
    if small.lower() not in COMMON_UNITS:
        aliases.append(small)
    return named(label, *aliases, *CURRENCY_ALIASES.get(code, ()))


def language_names(code: str) -> Named | None:
    """Name a language by its ISO 639 code of two or three letters; None where that names a family or nothing."""
    import pycountry

    key = {2: "alpha_2", 3: "alpha_3"}.get(len(code))
    entry = pycountry.languages.get(**{key: code}) if key else None
    if entry is None:
        return None
    listed = without_brackets(entry.name)
    label = LANGUAGE_NAMES.get(code, listed)
    return named(label, listed, getattr(entry, "common_name", ""), *LANGUAGE_ALIASES.get(code, ()))


def language_codes() -> list[str]:
    """List the two-letter codes of all languages that have one, sorted."""
    import pycountry

    return sorted(entry.alpha_2 for entry in pycountry.languages if hasattr(entry, "alpha_2"))
