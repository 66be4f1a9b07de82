"""Arrays that grow."""

from typing import Any

import numpy as np


class Column:
    """An array that grows; views handed out stay valid.

    Attributes:
        data: What was appended, and room behind it.
        size: Length of what was appended.
    """

    data: np.ndarray
    size: int

    def __init__(self, dtype: Any) -> None:
        self.data = np.empty(1024, dtype=dtype)
        self.size = 0

    @property
    def filled(self) -> np.ndarray:
        """What was appended so far."""
        return self.data[: self.size]

    def append(self, values: Any) -> None:
        """Add values behind the last one."""
        self.reserve(len(values))
        end = self.size + len(values)
        self.data[self.size : end] = values
        self.size = end

    def reserve(self, room: int) -> None:
        """Make room for more values."""
        end = self.size + room
        if end > len(self.data):
            larger = np.empty(2 * end, dtype=self.data.dtype)
            larger[: self.size] = self.filled
            self.data = larger
