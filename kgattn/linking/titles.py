"""What stands beside a person's name without being a part of it: "President Vladimir Putin", "Republican Bob Dole"."""

_TITLES = {
    "en": """
        Admiral Ambassador Archbishop Archduke Bishop Brigadier Captain Cardinal Chairman Chancellor Colonel Commander
        Comptroller Congressman Congresswoman Councillor Count Countess Dame Director Dr Duchess Duke Emperor Empress
        General Governor Judge Justice King Lady Lieutenant Lord Major Marshal Mayor Minister Mr Mrs Ms Physician Pope
        Premier President Prince Princess Prof Professor Queen Rabbi Representative Secretary Senator Sergeant Sheriff
        Sir Speaker Sultan Treasurer
        Capt Col Gen Gov Hon Lt Rep Rev Sen Sgt
    """,
}
_PARTISANS = {"en": "Communist Conservative Democrat Green Labour Liberal Party Republican Socialist Tory"}
TITLES = {language: frozenset(titles.split()) for language, titles in _TITLES.items()}
PARTISANS = {language: frozenset(words.split()) for language, words in _PARTISANS.items()}


def is_title(word: str, language: str) -> bool:
    """Whether a word is a title, with or without a full stop, or in English the plural of one ("Generals").

    None is in a language without a list.
    """
    known, word = TITLES.get(language, frozenset()), word.rstrip(".")
    return word in known or word.removesuffix("s") in known


def is_partisan(word: str, language: str) -> bool:
    """Whether a word ends the name of a party, or of a member of one, that may stand before the member's own name."""
    return word in PARTISANS.get(language, frozenset())
