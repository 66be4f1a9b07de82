"""What a processor takes: one text or several, whole or in words, and documents linked before."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from spacy.tokens import Doc

from kgattn.errors import LinkingError


def as_batch(text: Any, in_words: bool) -> tuple[list[Any], bool]:
    """The input as a list of texts or of sentences, and whether it was a single one.

    Raises:
        LinkingError: Nothing is given, or something other than texts or, with `in_words`, lists of words.
    """
    if in_words and isinstance(text, str):
        raise LinkingError("with is_split_into_words the input must be lists of words, got one text; split it first")
    if not isinstance(text, Iterable):
        raise LinkingError(f"expected a text or a list of texts, got {type(text).__name__}; give strings")
    items = [text] if isinstance(text, str) else list(text)
    if not items:
        raise LinkingError("expected at least one text, got none; leave empty batches out")
    if not in_words:
        for item in items:
            if not isinstance(item, str):
                raise LinkingError(
                    f"texts must be strings, got {type(item).__name__}; "
                    "for lists of words pass is_split_into_words=True"
                )
        return items, isinstance(text, str)
    single = all(isinstance(item, str) for item in items)
    sentences = [items] if single else items
    for number, words in enumerate(sentences):
        if isinstance(words, str) or not isinstance(words, (Sequence, np.ndarray)):
            raise LinkingError(
                "with is_split_into_words every sentence must be a list of words, "
                f"got {type(words).__name__} at {number}; split each into words"
            )
        if not all(isinstance(word, str) for word in words):
            raise LinkingError(f"words must be strings, got another type in sentence {number}; turn them into strings")
    return [list(words) for words in sentences], single


def check_one_vocabulary(docs: Sequence[Doc]) -> None:
    """See that documents may be linked together.

    Raises:
        LinkingError: They are of several vocabularies, in which the same number means different words.
    """
    vocab = docs[0].vocab
    for doc in docs:
        if doc.vocab is not vocab:
            raise LinkingError(
                "expected documents of one vocabulary, got some made by different pipelines; make all of them by the "
                "pipeline that links them, or link them apart"
            )


def check_text(text: Any, max_length: int) -> str:
    """The text itself, if it can be linked.

    Raises:
        LinkingError: It is no string, is longer than `max_length` characters, or is not valid Unicode.
    """
    if not isinstance(text, str):
        raise LinkingError(f"a text must be a string, got {type(text).__name__}; give strings")
    if len(text) > max_length:
        raise LinkingError(
            f"texts of this pipeline may have {max_length} characters, got {len(text)}; "
            "cut the text, raise nlp.max_length, or give a language code as nlp, which sets no limit"
        )
    _check_unicode(text)
    return text


def check_words(words: Sequence[Any], number: int) -> list[str]:
    """The words as a list, if they can be linked; `number` says which sentence they are.

    Raises:
        LinkingError: A word is no string, is empty, or is not valid Unicode.
    """
    for word in words:
        if not isinstance(word, str):
            raise LinkingError(
                f"words must be strings, got {type(word).__name__} in sentence {number}; turn them into strings"
            )
        if not word:
            raise LinkingError(f"words must not be empty, got an empty word in sentence {number}; leave it out")
        _check_unicode(word)
    return list(words)


def _check_unicode(text: str) -> None:
    if text.isascii():
        return
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise LinkingError(
            f"text must be valid Unicode, got half a surrogate pair at character {error.start}; decode its source "
            "with errors='replace'"
        ) from None


def check_docs(docs: Any, batch: Sequence[Any], in_words: bool) -> None:
    """Raise unless there is one document for each text, made from it: of the same text or the same words.

    Raises:
        LinkingError: Their number differs, or one is no document or of another text.
    """
    if isinstance(docs, Doc) or not isinstance(docs, Sequence):
        raise LinkingError(f"docs must be a list of documents, got {type(docs).__name__}; give what link returned")
    if len(docs) != len(batch):
        raise LinkingError(f"docs must be one document a text, got {len(docs)} for {len(batch)}; link the same input")
    for number, (doc, text) in enumerate(zip(docs, batch, strict=True)):
        if not isinstance(doc, Doc):
            raise LinkingError(f"docs must be documents, got {type(doc).__name__} at {number}; give what link returned")
        if ([token.text for token in doc] if in_words else doc.text) != text:
            raise LinkingError(f"docs must come from the input itself, got another at {number}; link the same input")
