"""Array types with axis names, as used in signatures all over kgattn.

Axes: `batch head query key token slot mention candidate entity relation type edge node layer dim`.
Tests check them at run time through beartype; elsewhere they cost nothing.
"""

from jaxtyping import Bool as Bool
from jaxtyping import Float as Float
from jaxtyping import Int as Int
