"""The processor: a fast tokenizer and a linker together, from texts or words to a model's batch."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from spacy.tokens import Doc

from kgattn.errors import LinkingError
from kgattn.files import check_version, replacing, write_json
from kgattn.graph import KnowledgeGraph
from kgattn.linking.alignment import assign_slots, slot_tables
from kgattn.linking.entity_linker import EntityLinker
from kgattn.linking.inputs import as_batch, check_docs, check_text
from kgattn.linking.padding import pad_features
from kgattn.linking.tables import mention_table, subword_table

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
            LinkingError: The tokenizer is slow, the linker none, or `max_candidates` more than the linker keeps.
        """
        if not getattr(tokenizer, "is_fast", False):
            raise LinkingError(
                "Processor needs a fast tokenizer, which knows where its tokens lie in the text, got the slow "
                f"tokenizer {type(tokenizer).__name__}; load it with AutoTokenizer.from_pretrained(..., use_fast=True)"
            )
        if not isinstance(linker, EntityLinker):
            raise LinkingError(
                f"Processor needs a kgattn.EntityLinker, got {type(linker).__name__}; make one with EntityLinker(graph)"
            )
        kept = linker.config.max_candidates
        if max_candidates is not None and not 1 <= max_candidates <= kept:
            raise LinkingError(
                f"max_candidates must lie in [1, {kept}], what the linker keeps, got {max_candidates}; "
                "raise LinkerConfig.max_candidates"
            )
        self.tokenizer, self.linker = tokenizer, linker
        self.max_candidates = kept if max_candidates is None else max_candidates

    def with_graph(self, graph: KnowledgeGraph) -> "Processor":
        """The same processor over another graph, as `EntityLinker.with_graph` makes its linker; this one stays.

        Raises:
            LinkingError: No graph, or nothing in it to match.
        """
        return type(self)(self.tokenizer, self.linker.with_graph(graph), self.max_candidates)

    def link(self, texts: str | Sequence[str] | Sequence[Words], *, is_split_into_words: bool = False) -> list[Doc]:
        """Link texts, or sentences of words, once, to be given to later calls as `docs`."""
        batch, _ = as_batch(texts, is_split_into_words)
        if is_split_into_words:
            return self.linker.link_words(batch)
        for text in batch:  # all of them before any is linked
            check_text(text, self.linker.nlp.max_length)
        return list(self.linker.pipe(batch))

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
        batch, single = as_batch(text, is_split_into_words)
        if docs is None:
            docs = self.link(batch, is_split_into_words=is_split_into_words)
        else:
            check_docs(docs, batch, is_split_into_words)
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
        subwords = subword_table(windows, sample, None if is_split_into_words else batch)
        mentions = mention_table(
            docs, self.linker.graph, self.linker.component.spans_key, self.max_candidates, in_words=is_split_into_words
        )
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
        settings = {"format_version": FORMAT_VERSION, "max_candidates": self.max_candidates}
        with replacing(folder, last=FILE) as scratch:
            self.tokenizer.save_pretrained(str(scratch))
            self.linker.save(scratch, index=False)
            write_json(scratch / FILE, settings)

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
        check_version(settings, (FORMAT_VERSION,), FILE, "save it again", LinkingError)
        if not isinstance(settings.get("max_candidates"), int):
            raise LinkingError(f"{folder / FILE}: expected a number max_candidates, got none; save the processor again")
        return cls(tokenizer, EntityLinker.load(folder, graph), settings["max_candidates"])
