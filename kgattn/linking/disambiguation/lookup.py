"""Looking numbers up in sorted rows, many at a time."""

import numpy as np

from kgattn.shapes import Bool, Int


def rows_hold(
    offsets: Int[np.ndarray, " row_plus_one"],
    values: Int[np.ndarray, " value"],
    row: Int[np.ndarray, " query"],
    wanted: Int[np.ndarray, " query"],
) -> Bool[np.ndarray, " query"]:
    """Whether each row holds the wanted number, by binary search in all of them at once.

    Args:
        offsets: Row r is `values[offsets[r] : offsets[r + 1]]`.
        values: Rising within each row.
        row: Where to look.
        wanted: What for.
    """
    low, end = offsets[row].astype(np.int64), offsets[row + 1].astype(np.int64)
    high = end.copy()
    for _ in range(int((high - low).max(initial=0)).bit_length()):
        middle = (low + high) >> 1
        below = (low < high) & (values[np.minimum(middle, len(values) - 1)] < wanted)
        high = np.where(below, high, middle)
        low = np.where(below, middle + 1, low)
    held = low < end
    held[held] = values[low[held]] == wanted[held]
    return held
