"""What a processor takes: one text or several, whole or in words, and documents linked before."""

from collections.abc import Sequence
from typing import Any

from spacy.tokens import Doc

from kgattn.errors import LinkingError


def as_batch(text: Any, in_words: bool) -> tuple[list[Any], bool]:
    """The input as a list of texts or of sentences, and whether it was a single one."""
    if in_words:
        if isinstance(text, str):
            raise LinkingError(
                "with is_split_into_words the input must be lists of words, got one text; split it first"
            )
        single = all(isinstance(item, str) for item in text)
    else:
        single = isinstance(text, str)
    batch = [text] if single else list(text)
    if not batch:
        raise LinkingError("expected at least one text, got none")
    for item in batch:
        if not in_words and not isinstance(item, str):
            raise LinkingError(
                f"texts must be strings, got {type(item).__name__}; for lists of words pass is_split_into_words=True"
            )
    return [list(item) for item in batch] if in_words else batch, single


def check_docs(docs: Sequence[Doc], batch: Sequence[Any], in_words: bool) -> None:
    """Raise unless there is one document for each text, made from it."""
    if len(docs) != len(batch):
        raise LinkingError(f"docs must be one document a text, got {len(docs)} for {len(batch)}; link the same input")
    for number, (doc, text) in enumerate(zip(docs, batch, strict=True)):
        if (len(doc) != len(text)) if in_words else (doc.text != text):
            raise LinkingError(f"docs must come from the input itself, got another at {number}; link the same input")
