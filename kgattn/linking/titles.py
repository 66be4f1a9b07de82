"""Titles of persons, which stand beside a name without being a part of it: "President Vladimir Putin"."""

_TITLES = {
    "en": """
        Admiral Ambassador Archbishop Archduke Bishop Brigadier Captain Cardinal Chairman Chancellor Colonel Commander
        Comptroller Congressman Congresswoman Councillor Count Countess Dame Director Dr Duchess Duke Emperor Empress
        General Governor Judge Justice King Lady Lieutenant Lord Major Marshal Mayor Minister Mr Mrs Ms Physician Pope
        Premier President Prince Princess Prof Professor Queen Rabbi Representative Secretary Senator Sergeant Sheriff
        Sir Speaker Sultan Treasurer
    """,
}
TITLES = {language: frozenset(titles.split()) for language, titles in _TITLES.items()}


def is_title(word: str, language: str) -> bool:
    """Whether a word is a title, or in English the plural of one ("Generals"); none is in a language without a list."""
    known = TITLES.get(language, frozenset())
    return word in known or word.removesuffix("s") in known
