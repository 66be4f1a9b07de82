from collections.abc import Sequence

import numpy as np
from jaxtyping import UInt8, UInt64
from spacy.tokens import Doc

from kgattn.shapes import Int

def fits() -> bool: ...
def read(
    docs: Sequence[Doc],
    behind: int,
    orths: UInt64[np.ndarray, " token"],
    spaces: UInt8[np.ndarray, " token"],
) -> None: ...
def mark(
    docs: Sequence[Doc],
    numbers: Int[np.ndarray, " mention"],
    starts: Int[np.ndarray, " mention"],
    ends: Int[np.ndarray, " mention"],
    candidates: Sequence[tuple[tuple[str, float], ...]],
    spans_key: str,
    label: str,
    extension: str,
) -> None: ...
