"""Pad windows of different lengths into one batch."""

from typing import Any

import torch
from torch import Tensor

from kgattn.ner.features import KG_KEYS
from kgattn.ner.labels import IGNORE

_MODEL_KEYS = ("input_ids", "attention_mask", "token_type_ids", *KG_KEYS)


class Collator:
    """Makes a batch of tensors from windows, on the tokenizer's own padding side.

    Args:
        processor: A `kgattn.Processor` or a fast tokenizer; windows with links need no more than the latter.
    """

    def __init__(self, processor: Any) -> None:
        self.tokenizer = tokenizer = getattr(processor, "tokenizer", processor)
        self._left = tokenizer.padding_side == "left"
        # a tokenizer's pad() advises once to encode and pad in one call, which windows made beforehand cannot
        tokenizer.deprecation_warnings["Asking-to-pad-a-fast-tokenizer"] = True

    def __call__(self, features: list[dict[str, Any]]) -> dict[str, Tensor]:
        """The model's inputs and `labels`, -100 at padding."""
        batch = self.inputs(features)
        batch["labels"] = self.rows(features, "labels", IGNORE)
        return batch

    def inputs(self, features: list[dict[str, Any]]) -> dict[str, Tensor]:
        """The model's inputs alone."""
        known = [{key: feature[key] for key in _MODEL_KEYS if key in feature} for feature in features]
        if KG_KEYS[0] not in known[0]:
            return dict(self.tokenizer.pad(known, return_tensors="pt"))
        from kgattn.linking.padding import pad_features  # here, because it imports spaCy

        padded = pad_features(
            self.tokenizer, known, padding=True, max_length=None, pad_to_multiple_of=None, return_tensors="pt"
        )
        return dict(padded)

    def rows(self, features: list[dict[str, Any]], key: str, padding: int) -> Tensor:
        """One list of integers a window, padded to the longest: int64 [batch, token]."""
        length = max(len(feature[key]) for feature in features)
        rows = torch.full((len(features), length), padding, dtype=torch.int64)
        for row, feature in zip(rows, features, strict=True):
            values = torch.tensor(feature[key], dtype=torch.int64)
            row[length - len(values) if self._left else 0 :][: len(values)] = values
        return rows
