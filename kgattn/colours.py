"""Colours of labels in displaCy's drawings. Imports nothing, as spaCy asks for them at every drawing of anyone's."""

from zlib import crc32

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

DISPLACY = {"KG": PALETTE[0]}
"""Of the spans in `doc.spans["kgattn"]`, as the entry point `spacy_displacy_colors` gives it to displaCy."""


def colour_of(label: str) -> str:
    """A colour of the palette, always the same for a label, whatever its case."""
    return PALETTE[crc32(label.upper().encode("utf-8", "surrogatepass")) % len(PALETTE)]
