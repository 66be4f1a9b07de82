"""One sign of a leak, and the statistics it is judged by."""

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

Level = Literal["suspicious", "leak"]
_Z = 1.96


@dataclass(frozen=True)
class LeakSign:
    """Something an honest linker of an honest graph does not show.

    Attributes:
        level: `leak`: gold must have been used; `suspicious`: look into it, there may be another reason.
        check: Which check found it.
        words: What was found, with numbers.
    """

    level: Level
    check: str
    words: str

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)


def wilson_low(part: int, whole: int) -> float:
    """Lower end of the 95% interval of a share (Wilson 1927); 0 for nothing."""
    if whole == 0:
        return 0.0
    rate, spread = part / whole, _Z * _Z / whole
    middle = rate + spread / 2
    return (middle - math.sqrt(spread * (rate * (1 - rate) + spread / 4))) / (1 + spread)


def difference_z(part: int, whole: int, other_part: int, other_whole: int) -> float:
    """How many standard errors two shares lie apart, above 0 when the first is larger; 0 for nothing to compare."""
    if not (whole and other_whole):
        return 0.0
    pooled = (part + other_part) / (whole + other_whole)
    error = math.sqrt(pooled * (1 - pooled) * (1 / whole + 1 / other_whole))
    return (part / whole - other_part / other_whole) / error if error else 0.0
