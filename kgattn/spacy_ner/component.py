"""The component itself: a trained run tags documents, and each entity knows what it is linked to."""

import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import srsly
import torch
from spacy.scorer import get_ner_prf
from spacy.tokens import Doc, Span
from spacy.training import Example

from kgattn.colours import colours_of
from kgattn.errors import RunError
from kgattn.files import temporary_folder
from kgattn.linking.carrying import carry_mentions
from kgattn.linking.zones import Zone
from kgattn.ner.schemes import iob2_spans
from kgattn.training.run_copy import copy_run, pack_run, unpack_run
from kgattn.training.run_folder import RESULT, RunFolder
from kgattn.training.tagger import Tagger, open_tagger

_SAVED = "run"  # in `exclude`
_DOCS = 64


class KgattnNer:
    """Sets `doc.ents` with `label_` and `kb_id_`.

    The model reads what it was trained on: words, here spaCy's tokens but for white space, and links. These are the
    mentions a `kgattn_linker` left in the document, or else those the run's own linker finds. A sentence, or a document
    without sentences, is read in overlapping windows of the run's `max_length`, so none is too long.

    An entity's `kb_id_` is the best candidate of the mention with its very words; else of the longest mention inside of
    it, the first one of several; else empty. A plain run has no linker of its own.

    Attributes:
        run: Folder of the run.
        name: Name in the pipeline.
    """

    def __init__(
        self,
        run: str | None,
        device: str | None,
        batch_size: int,
        spans_key: str,
        *,
        overwrite_ents: bool,
        name: str,
    ) -> None:
        self.run, self.name = run, name
        self._device, self._batch_size, self._spans_key = device, batch_size, spans_key
        self._overwrite_ents = overwrite_ents
        self._tagger: Tagger | None = None
        self._process = os.getpid()
        self._unpacked: Any = None  # keeps a folder `from_bytes` made

    @property
    def tagger(self) -> Tagger:
        """The model; read when first asked for.

        Raises:
            RunError: There is no run, it is not finished, or its model is damaged.
        """
        if self._tagger is None:
            self._tagger = open_tagger(self._folder(), self._device)
        return self._tagger

    @property
    def labels(self) -> tuple[str, ...]:
        """The entity types the model knows; none while there is no finished run. spaCy asks often: no model is read."""
        if self.run is None or not (Path(self.run) / RESULT).is_file():
            return ()
        return tuple(RunFolder(Path(self.run)).result().corpus["entity_types"])

    @property
    def displacy_colors(self) -> dict[str, str]:
        """A colour a label: `displacy.render(doc, options={"colors": component.displacy_colors})`."""
        return colours_of(self.labels)

    def __call__(self, doc: Doc) -> Doc:
        """Set the entities of one document, in place."""
        self.predict([doc])
        return doc

    def pipe(self, stream: Iterable[Doc], batch_size: int = _DOCS) -> Iterator[Doc]:
        """Set the entities of a stream of documents, in place, `batch_size` documents at a time.

        Raises:
            LinkingError: A memory zone has ended before the documents made in it were taken.
        """
        stream = iter(stream)
        while docs := list(islice(stream, batch_size)):
            zone = Zone(docs[0].vocab)
            self.predict(docs)
            yield from zone.given_out(docs)

    def predict(self, docs: Sequence[Doc]) -> None:
        """Set the entities of documents that share a vocabulary, in place.

        Raises:
            LinkingError: A mention in a document is of another graph than the run's.
        """
        units = [(number, tokens) for number, doc in enumerate(docs) for tokens in _sentences(doc)]
        if os.getpid() != self._process:
            torch.set_num_threads(1)  # in a forked process the threads of its parent are not there
        tagger = self.tagger
        linked = self._linked(docs, units, tagger)
        words = [[token.text for token in doc] for doc in linked]
        tags = tagger.tag(words, linked if tagger.injected else None, self._batch_size) if units else []
        found: list[list[Span]] = [[] for _ in docs]
        for (number, tokens), unit, row in zip(units, linked, tags, strict=True):
            for start, end, label in iob2_spans(row):
                entity_id = _entity_of(unit, start, end, self._key(tagger))
                found[number].append(
                    Span(docs[number], tokens[start], tokens[end - 1] + 1, label=label, kb_id=entity_id)
                )
        for doc, spans in zip(docs, found, strict=True):
            self._set(doc, spans)

    def score(self, examples: Iterable[Example]) -> dict[str, Any]:
        """Precision, recall and F1 of `doc.ents`, in all and by type: what `nlp.evaluate` asks for."""
        scores: dict[str, Any] = get_ner_prf(examples)
        return scores

    def to_disk(self, path: str | Path, exclude: Iterable[str] = ()) -> None:
        """Copy the run, so that the saved pipeline needs nothing else; `exclude=["run"]` leaves it out.

        Raises:
            RunError: There is no finished run.
            StorageError: Writing failed; what was there before is untouched.
        """
        if _SAVED not in exclude:
            copy_run(self._folder(), Path(path))

    def from_disk(self, path: str | Path, exclude: Iterable[str] = ()) -> "KgattnNer":
        """Take the run `to_disk` copied.

        Raises:
            RunError: There is none.
        """
        if _SAVED not in exclude:
            RunFolder(Path(path)).result()
            self.run, self._tagger = str(Path(path).absolute()), None
        return self

    def to_bytes(self, exclude: Iterable[str] = ()) -> bytes:
        """The run as bytes; `exclude=["run"]` leaves it out.

        Raises:
            RunError: There is no finished run.
        """
        data: bytes = srsly.msgpack_dumps({} if _SAVED in exclude else pack_run(self._folder()))
        return data

    def from_bytes(self, data: bytes, exclude: Iterable[str] = ()) -> "KgattnNer":
        """Take the run `to_bytes` gave; it lies in a temporary folder as long as a component uses it.

        Raises:
            RunError: The bytes are no run.
        """
        if _SAVED in exclude:
            return self
        try:
            files = {str(name): bytes(content) for name, content in srsly.msgpack_loads(data).items()}
        except (ValueError, TypeError, AttributeError) as error:
            raise RunError(
                f"expected bytes of a run, got something else ({error}); give what to_bytes returned"
            ) from error
        unpacked = _TemporaryFolder()
        unpack_run(files, Path(unpacked.path))
        self._unpacked, self.run, self._tagger = unpacked, unpacked.path, None
        return self

    def __getstate__(self) -> dict[str, Any]:
        """A pickle, as spawned processes get it, holds the path of the run."""
        return {**self.__dict__, "_tagger": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._process = os.getpid()

    def _folder(self) -> Path:
        if self.run is None:
            raise RunError(f"{self.name} has no run; give it one: nlp.add_pipe('kgattn_ner', config={{'run': path}})")
        return Path(self.run)

    def _key(self, tagger: Tagger) -> str:
        """Where the mentions of a sentence's own document are."""
        return str(tagger.processor.linker.component.spans_key) if tagger.links else self._spans_key

    def _linked(self, docs: Sequence[Doc], units: Sequence[tuple[int, list[int]]], tagger: Tagger) -> list[Doc]:
        """A document of the tokens of each unit, with mentions as far as there are any to be had."""
        made, unlinked = [], []
        for number, tokens in units:
            doc = docs[number]
            unit = Doc(doc.vocab, words=[doc[token].text for token in tokens])
            if self._spans_key in doc.spans:
                carry_mentions(doc, tokens, self._spans_key, unit, self._key(tagger))
            else:
                unlinked.append(unit)
            made.append(unit)
        if tagger.links:
            tagger.processor.linker.component.link(unlinked)
        return made

    def _set(self, doc: Doc, spans: Sequence[Span]) -> None:
        first, second = (spans, doc.ents) if self._overwrite_ents else (doc.ents, spans)
        taken = {token for span in first for token in range(span.start, span.end)}
        kept = [span for span in second if taken.isdisjoint(range(span.start, span.end))]
        doc.ents = [*first, *kept]


class _TemporaryFolder:
    """A folder that is there until the last component that uses it is gone, or the process that made it."""

    def __init__(self) -> None:
        self.path = str(temporary_folder(self, "kgattn-run-"))

    def __deepcopy__(self, memo: dict[int, Any]) -> "_TemporaryFolder":
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return str, (self.path,)  # another process does not own it


def _sentences(doc: Doc) -> list[list[int]]:
    """Tokens that are no white space, of each sentence, or of the document where it has none."""
    parts: Iterable[Any] = doc.sents if doc.has_annotation("SENT_START") else [doc]
    tokens = [[token.i for token in part if not token.is_space] for part in parts]
    return [part for part in tokens if part]


def _entity_of(unit: Doc, start: int, end: int, spans_key: str) -> str:
    """Id of the mention that is the words [start, end), or of the longest one inside; empty if there is none."""
    inside = [span for span in unit.spans.get(spans_key, ()) if start <= span.start and span.end <= end]
    return max(inside, key=lambda span: (span.end - span.start, -span.start)).kb_id_ if inside else ""
