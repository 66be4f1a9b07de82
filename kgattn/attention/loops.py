"""The compiled correction of `block` (`_compiled.pyx`), where it was built; None where there was no C compiler."""

from types import ModuleType

compiled: ModuleType | None
try:
    from kgattn.attention import _compiled as compiled
except ImportError:
    compiled = None
