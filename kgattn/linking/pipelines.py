"""The spaCy pipeline a linker tokenises with, from a language code, a pipeline's name or the pipeline itself."""

import sys

import spacy
from spacy.language import Language
from spacy.util import get_lang_class, is_package

from kgattn.errors import LinkingError


def resolve_pipeline(nlp: str | Language) -> Language:
    """A spaCy pipeline.

    Args:
        nlp: A language code such as `"en"`, `"zh"` (cut into characters) or `"xx"` (any language), which gives the
            bare tokenizer, for texts of any length; the name or path of an installed pipeline; or a pipeline, which is
            used as it is.

    Raises:
        LinkingError: spaCy knows no such language or pipeline, or a package it needs is not installed.
    """
    if isinstance(nlp, Language):
        return nlp
    if not isinstance(nlp, str):
        raise LinkingError(
            f"nlp must be a language code such as 'en', an installed spaCy pipeline, or a pipeline, got {nlp!r}"
        )
    if is_package(nlp) or "/" in nlp or "\\" in nlp:
        try:
            return spacy.load(nlp)
        except (OSError, ImportError, ValueError) as error:
            raise LinkingError(f"cannot load the spaCy pipeline {nlp!r}: {error}") from error
    try:
        get_lang_class(nlp)
    except ImportError:
        raise LinkingError(
            f"nlp must be a language code such as 'en', an installed spaCy pipeline, or a pipeline, got {nlp!r}; "
            f"for a pipeline of this name run: python -m spacy download {nlp}"
        ) from None
    try:
        pipeline = spacy.blank(nlp)
    except ImportError as error:
        raise LinkingError(f"spaCy cannot cut {nlp!r} into words here: {error}") from error
    pipeline.max_length = sys.maxsize  # the limit is there for parsers, whose memory grows with the text
    return pipeline
