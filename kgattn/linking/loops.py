"""The compiled loops where they were built; each is None where it was not, and Python does the same."""

import warnings
from importlib import import_module
from types import ModuleType

compiled: ModuleType | None
try:
    from kgattn.linking import _compiled as compiled
except ImportError:
    compiled = None

words: ModuleType | None
try:
    from kgattn.linking import _words as words
except ImportError:
    words = None

evidence: ModuleType | None
try:
    from kgattn.linking import _evidence as evidence
except ImportError:
    evidence = None

fuzzy: ModuleType | None
try:
    from kgattn.linking import _fuzzy as fuzzy
except ImportError:
    fuzzy = None

rows: ModuleType | None
try:
    from kgattn.linking import _rows as rows
except ImportError:
    rows = None


def _of_this_spacy(name: str) -> ModuleType | None:
    """A module that reads what spaCy has in memory, if it was built with a spaCy that lays it out alike."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # Cython warns of a type that has grown
        try:
            module = import_module(f"kgattn.linking.{name}")
        except (ImportError, ValueError, RuntimeWarning):
            return None
    return module if module.fits() else None


docs = _of_this_spacy("_docs")
plain = _of_this_spacy("_plain")
