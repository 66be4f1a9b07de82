"""The processor: a fast tokenizer and a linker together, from texts or words to a model's batch."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from spacy.tokens import Doc

from kgattn.errors import LinkingError, StorageError
from kgattn.graph import KnowledgeGraph
from kgattn.linking.alignment import (
    NOWHERE,
    MentionTable,
    SubwordTable,
    assign_slots,
    slot_tables,
    trim_spaces,
)
from kgattn.linking.component import stored_candidates
from kgattn.linking.entity_linker import EntityLinker
from kgattn.linking.padding import pad_features
from kgattn.shapes import Float, Int

FILE = "kgattn_processor.json"
FORMAT_VERSION = 1

Words = Sequence[str]


class Processor:
    """Tokenises and links, and lays the mentions over the subwords.

    Attributes:
        tokenizer: A fast tokenizer of transformers.
        linker: The linker.
        max_candidates: Entities a slot has room for.
    """

    tokenizer: Any
    linker: EntityLinker
    max_candidates: int

    def __init__(self, tokenizer: Any, linker: EntityLinker, max_candidates: int | None = None) -> None:
        """Join a tokenizer and a linker.

        Args:
            tokenizer: Any fast tokenizer; what it was made from does not matter.
            linker: The linker.
            max_candidates: Entities a slot has room for; as many as the linker keeps when left out.

        Raises:
            LinkingError: The tokenizer is slow, or `max_candidates` is more than the linker keeps.
        """
        if not getattr(tokenizer, "is_fast", False):
            raise LinkingError(
                "Processor needs a fast tokenizer, which knows where its tokens lie in the text, got the slow "
                f"tokenizer {type(tokenizer).__name__}; load it with AutoTokenizer.from_pretrained(..., use_fast=True)"
            )
        kept = linker.config.max_candidates
        if max_candidates is not None and not 1 <= max_candidates <= kept:
            raise LinkingError(
                f"max_candidates must lie in [1, {kept}], what the linker keeps, got {max_candidates}; "
                "raise LinkerConfig.max_candidates"
            )
        self.tokenizer, self.linker = tokenizer, linker
        self.max_candidates = kept if max_candidates is None else max_candidates

    def link(self, texts: str | Sequence[str] | Sequence[Words], *, is_split_into_words: bool = False) -> list[Doc]:
        """Link texts, or sentences of words, once, to be given to later calls as `docs`."""
        batch, _ = _as_batch(texts, is_split_into_words)
        return self.linker.link_words(batch) if is_split_into_words else list(self.linker.pipe(batch))

    def __call__(
        self,
        text: str | Sequence[str] | Sequence[Words],
        *,
        is_split_into_words: bool = False,
        docs: Sequence[Doc] | None = None,
        add_special_tokens: bool = True,
        padding: bool | str = False,
        truncation: bool | str | None = None,
        max_length: int | None = None,
        stride: int = 0,
        pad_to_multiple_of: int | None = None,
        padding_side: str | None = None,
        return_tensors: str | None = None,
        return_token_type_ids: bool | None = None,
        return_attention_mask: bool | None = None,
        return_overflowing_tokens: bool = False,
        return_special_tokens_mask: bool = False,
        return_offsets_mapping: bool = False,
        return_length: bool = False,
    ) -> Any:
        """Tokenise as the tokenizer does under the same arguments, and add `kg_token_slot`, `kg_entities`, `kg_priors`.

        Args:
            text: A text, texts, or with `is_split_into_words` one sentence of words or several.
            is_split_into_words: Whether the input is cut into words.
            docs: The same input linked before by `link`; one document each.
            add_special_tokens: As the tokenizer's argument, like all that follow.
            padding: Whether and how to pad; the mention tables are padded with it.
            truncation: Whether and how to cut at `max_length`. Mentions that are cut off entirely get no slot.
            max_length: In tokens.
            stride: Tokens shared by overflowing windows.
            pad_to_multiple_of: Pad to a multiple of this many tokens.
            padding_side: `"left"` or `"right"`.
            return_tensors: `"pt"`, `"np"`, or None for lists.
            return_token_type_ids: Whether to return token type ids.
            return_attention_mask: Whether to return the attention mask.
            return_overflowing_tokens: Return what is cut off as further windows;
                `overflow_to_sample_mapping` says of which text.
            return_special_tokens_mask: Whether to return the special tokens mask.
            return_offsets_mapping: Whether to return (start, end) characters.
            return_length: Whether to return lengths.

        Returns:
            The tokenizer's `BatchEncoding` with three more keys, for windows of L tokens, M mentions, C candidates:
            `kg_token_slot` [batch, L] in [0, M], 0 is "no mention"; `kg_entities` [batch, M, C], rows of the graph, -1
            is padding; `kg_priors` [batch, M, C] in [0, 1]. M is at least 1. A single input gives no batch axis, unless
            tensors or overflowing windows are asked for.

        Raises:
            LinkingError: No input, an unknown tensor type, or `docs` that do not fit the input.
        """
        if return_tensors not in (None, "pt", "np"):
            raise LinkingError(f"return_tensors must be 'pt', 'np' or None, got {return_tensors!r}")
        batch, single = _as_batch(text, is_split_into_words)
        if docs is None:
            docs = self.link(batch, is_split_into_words=is_split_into_words)
        _check_docs(docs, batch, is_split_into_words)
        encoding = self.tokenizer(
            batch,
            is_split_into_words=is_split_into_words,
            add_special_tokens=add_special_tokens,
            padding=padding,
            truncation=truncation,
            max_length=max_length,
            stride=stride,
            pad_to_multiple_of=pad_to_multiple_of,
            padding_side=padding_side,
            return_token_type_ids=return_token_type_ids,
            return_attention_mask=return_attention_mask,
            return_overflowing_tokens=return_overflowing_tokens,
            return_special_tokens_mask=return_special_tokens_mask,
            return_offsets_mapping=return_offsets_mapping,
            return_length=return_length,
        )
        windows = encoding.encodings
        sample = np.array(encoding.get("overflow_to_sample_mapping", range(len(windows))), dtype=np.int64)
        subwords = _subwords(windows, sample, None if is_split_into_words else batch)
        mentions = self._mention_table(docs, is_split_into_words)
        slots = assign_slots(mentions, subwords)
        entities, priors = slot_tables(slots, mentions, len(windows))

        encoding.convert_to_tensors(return_tensors)
        lengths = [len(window.ids) for window in windows]
        if return_tensors is not None:
            arrays = (slots.token_slot.reshape(len(windows), -1), entities, priors)
            for name, array in zip(("kg_token_slot", "kg_entities", "kg_priors"), arrays, strict=True):
                encoding[name] = torch.from_numpy(array) if return_tensors == "pt" else array
            return encoding
        encoding["kg_token_slot"] = [part.tolist() for part in np.split(slots.token_slot, np.cumsum(lengths)[:-1])]
        used = np.maximum(1, np.bincount(slots.sequence, minlength=len(windows))).tolist()
        rooms = [entities.shape[1]] * len(windows) if padding and padding != "do_not_pad" else used
        encoding["kg_entities"] = [table[:room].tolist() for table, room in zip(entities, rooms, strict=True)]
        encoding["kg_priors"] = [table[:room].tolist() for table, room in zip(priors, rooms, strict=True)]
        if single and not return_overflowing_tokens:
            return type(encoding)({name: value[0] for name, value in encoding.items()}, windows)
        return encoding

    def pad(
        self,
        features: Sequence[Mapping[str, Any]],
        *,
        padding: bool | str = True,
        max_length: int | None = None,
        pad_to_multiple_of: int | None = None,
        return_tensors: str | None = "pt",
    ) -> Any:
        """Make a batch of features: what the tokenizer pads, `labels` with -100, and the `kg_` keys.

        Args:
            features: One mapping an example, as `processor(...)` gives for a single input.
            padding: As the tokenizer's argument.
            max_length: In tokens, with `padding="max_length"`.
            pad_to_multiple_of: Pad to a multiple of this many tokens.
            return_tensors: `"pt"`, `"np"`, or None for lists.

        Raises:
            LinkingError: No features, or only some have a key.
        """
        return pad_features(
            self.tokenizer,
            features,
            padding=padding,
            max_length=max_length,
            pad_to_multiple_of=pad_to_multiple_of,
            return_tensors=return_tensors,
        )

    def save_pretrained(self, folder: str | Path) -> None:
        """Write the tokenizer's files and the linker's settings; the graph, and its index, are saved on their own.

        Raises:
            StorageError: Writing failed.
        """
        folder = Path(folder)
        settings = {"format_version": FORMAT_VERSION, "max_candidates": self.max_candidates}
        self.linker.save(folder, index=False)
        try:
            self.tokenizer.save_pretrained(str(folder))
            (folder / FILE).write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            raise StorageError(f"cannot write the processor to {folder}: {error}") from error

    @classmethod
    def from_pretrained(cls, folder: str | Path, tokenizer: Any, graph: KnowledgeGraph) -> "Processor":
        """Read a processor back.

        Args:
            folder: Folder written by `save_pretrained`.
            tokenizer: The tokenizer, as `AutoTokenizer.from_pretrained(folder)` gives it.
            graph: The graph to link to.

        Raises:
            LinkingError: `folder` holds no processor, or one of another format version.
        """
        folder = Path(folder)
        try:
            settings = json.loads((folder / FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise LinkingError(f"no readable {FILE} in {folder} ({error}); save the processor there first") from error
        version = settings.get("format_version") if isinstance(settings, dict) else None
        if version != FORMAT_VERSION:
            raise LinkingError(f"{FILE} must be of format version {FORMAT_VERSION}, got {version!r}; save it again")
        return cls(tokenizer, EntityLinker.load(folder, graph), settings["max_candidates"])

    def _mention_table(self, docs: Sequence[Doc], in_words: bool) -> MentionTable:
        """The mentions of documents, in words or characters."""
        key, graph, width = self.linker.component.spans_key, self.linker.graph, self.max_candidates
        places: list[tuple[int, int, int]] = []
        entities: list[list[int]] = []
        priors: list[list[float]] = []
        for number, doc in enumerate(docs):
            for span in doc.spans.get(key, ()):
                found = stored_candidates(span)[:width]
                unknown = next((entity for entity, _ in found if entity not in graph), None)
                if unknown is not None:
                    raise LinkingError(
                        f"docs must be linked to the processor's graph, got the entity {unknown!r}; link them again"
                    )
                start, end = (span.start, span.end) if in_words else (span.start_char, span.end_char)
                places.append((number, start, end))
                padding = width - len(found)
                entities.append([graph.entity_index(entity) for entity, _ in found] + [-1] * padding)
                priors.append([prior for _, prior in found] + [0.0] * padding)
        place = np.array(places, dtype=np.int64).reshape(-1, 3)
        return MentionTable(
            place[:, 0],
            place[:, 1],
            place[:, 2],
            entities=np.array(entities, dtype=np.int64).reshape(-1, width),
            priors=np.array(priors, dtype=np.float32).reshape(-1, width),
        )


def _as_batch(text: Any, in_words: bool) -> tuple[list[Any], bool]:
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


def _check_docs(docs: Sequence[Doc], batch: Sequence[Any], in_words: bool) -> None:
    """Raise unless there is one document for each text, made from it."""
    if len(docs) != len(batch):
        raise LinkingError(f"docs must be one document a text, got {len(docs)} for {len(batch)}; link the same input")
    for number, (doc, text) in enumerate(zip(docs, batch, strict=True)):
        if (len(doc) != len(text)) if in_words else (doc.text != text):
            raise LinkingError(f"docs must come from the input itself, got another at {number}; link the same input")


def _subwords(windows: Sequence[Any], sample: Int[np.ndarray, " window"], texts: Sequence[str] | None) -> SubwordTable:
    """Where the tokens of all windows lie: in words, or in characters when the texts are given."""
    lengths = np.array([len(window.ids) for window in windows], dtype=np.int64)
    sequence = np.repeat(np.arange(len(windows)), lengths)
    text = sample[sequence]
    if texts is None:
        # None becomes NaN: a token without a word.
        word = _flat([np.array(window.word_ids, dtype=np.float64) for window in windows])
        start = np.where(np.isnan(word), NOWHERE, np.nan_to_num(word)).astype(np.int64)
        return SubwordTable(text, start, start + 1, sequence)
    offsets = _flat([np.array(window.offsets, dtype=np.float64).reshape(-1, 2) for window in windows])
    pair = offsets.astype(np.int64)
    return SubwordTable(text, *trim_spaces(texts, text, pair[:, 0], pair[:, 1]), sequence)


def _flat(parts: list[np.ndarray]) -> Float[np.ndarray, "subword *rest"]:
    return np.concatenate(parts)
