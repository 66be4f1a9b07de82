import numpy as np

from kgattn.linking.candidates import CandidateRows
from kgattn.linking.disambiguation.context import TokenWords
from kgattn.linking.disambiguation.senses import Senses
from kgattn.linking.found import Found
from kgattn.shapes import Float, Int

def context_scores(
    senses: Senses,
    words: TokenWords,
    found: Found,
    mention: Int[np.ndarray, " option"],
    entity: Int[np.ndarray, " option"],
    near: Float[np.ndarray, " between"],
    scores: Float[np.ndarray, " option"],
) -> None: ...

class Coherence:
    def __init__(
        self,
        senses: Senses,
        rows: CandidateRows,
        worth: Float[np.ndarray, " degree"],
        most: float,
        reach: int,
        near: float,
        near_steps: float,
        steps: float,
    ) -> None: ...
    def scores(
        self,
        found: Found,
        voices: Int[np.ndarray, " voice"],
        own: Int[np.ndarray, " option"],
        mention: Int[np.ndarray, " option"],
        entity: Int[np.ndarray, " option"],
        scores: Float[np.ndarray, " option"],
    ) -> None: ...
