"""Colours of labels in displaCy's drawings. Imports next to nothing: spaCy asks for them at every drawing."""

from collections.abc import Iterable

PALETTE = (
    "#9ec9e2",
    "#f6c28b",
    "#a8d8a0",
    "#f2a7a7",
    "#cbb5e2",
    "#d9bfa9",
    "#f3bfdc",
    "#c9d78b",
    "#a5dcdc",
    "#e8d27f",
)
"""Light enough for black text, told apart by hue."""

DISPLACY = {"KG": "#ddd6c6"}
"""Of the spans in `doc.spans["kgattn"]`, as the entry point `spacy_displacy_colors` gives it to displaCy."""


def colours_of(labels: Iterable[str]) -> dict[str, str]:
    """A colour for each label, by their order in the alphabet; past ten labels colours come again."""
    return {label: PALETTE[number % len(PALETTE)] for number, label in enumerate(sorted(set(labels)))}
