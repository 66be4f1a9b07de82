import numpy as np
from jaxtyping import UInt8

from kgattn.shapes import Float, Int

class Rows:
    def __init__(
        self,
        offsets: Int[np.ndarray, " row_plus_one"],
        entities: Int[np.ndarray, " candidate"],
        priors: Float[np.ndarray, " candidate"],
        id_offsets: Int[np.ndarray, " entity_plus_one"],
        id_data: UInt8[np.ndarray, " byte"],
        most: int,
    ) -> None: ...
    def of(self, rows: Int[np.ndarray, " mention"]) -> list[tuple[tuple[str, float], ...]]: ...
