"""The compiled loops where they were built; each is None where it was not, and Python does the same."""

import warnings
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


def _docs_of_this_spacy() -> ModuleType | None:
    """The module that reads spaCy's documents in memory, if it was built with a spaCy that lays them out alike."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # Cython warns of a type that has grown
        try:
            from kgattn.linking import _docs
        except (ImportError, ValueError, RuntimeWarning):
            return None
    return _docs if _docs.fits() else None


docs = _docs_of_this_spacy()
