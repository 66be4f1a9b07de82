"""Arrays that grow."""

from typing import Any

import numpy as np


class Column:
    """An array that grows; views handed out stay valid."""

    def __init__(self, dtype: Any) -> None:
        self._data = np.empty(1024, dtype=dtype)
        self._size = 0

    @property
    def filled(self) -> np.ndarray:
        """What was appended so far."""
        return self._data[: self._size]

    def append(self, values: Any) -> None:
        """Add values behind the last one."""
        end = self._size + len(values)
        if end > len(self._data):
            larger = np.empty(2 * end, dtype=self._data.dtype)
            larger[: self._size] = self.filled
            self._data = larger
        self._data[self._size : end] = values
        self._size = end
