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
    place, left = offsets[row].astype(np.int64), offsets[row + 1].astype(np.int64)
    left -= place  # the number, if it is there, lies in [place, place + left)
    query = np.flatnonzero(left > 0)
    place, left, goal = place[query], left[query], wanted[query]
    for _ in range(int(left.max(initial=1) - 1).bit_length()):
        half = left >> 1
        place += half * (values[place + np.maximum(half - 1, 0)] < goal)
        left -= half
    held = np.zeros(len(row), dtype=bool)
    held[query] = values[place] == goal
    return held
