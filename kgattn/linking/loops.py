"""The compiled inner loops of matching (`_compiled.pyx`), where they were built; None where there was no C compiler."""

from types import ModuleType

compiled: ModuleType | None
try:
    from kgattn.linking import _compiled as compiled
except ImportError:
    compiled = None
