"""Batches from features of different lengths, with the tables of mentions."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from kgattn.errors import LinkingError
from kgattn.mentions.batch import KEYS

TOKEN_SLOT, ENTITIES, PRIORS = KEYS
LABELS = "labels"
NO_LABEL = -100
_FAST_ADVICE = "Asking-to-pad-a-fast-tokenizer"


def pad_features(
    tokenizer: Any,
    features: Sequence[Mapping[str, Any]],
    *,
    padding: bool | str,
    max_length: int | None,
    pad_to_multiple_of: int | None,
    return_tensors: str | None,
) -> Any:
    """Pad features with the tokenizer, then `labels` of one label a token with -100, then the mention tables.

    Raises:
        LinkingError: No features, or only some have a key.
    """
    if not features:
        raise LinkingError("expected at least one feature to pad, got none")
    names = features[0].keys()
    for number, feature in enumerate(features):
        if feature.keys() != names:
            odd = ", ".join(sorted(map(str, feature.keys() ^ names)))
            raise LinkingError(
                f"features of a batch must have the same keys, got {odd} only in some (feature {number})"
            )
    per_token = [TOKEN_SLOT] if TOKEN_SLOT in names else []
    if LABELS in names and np.ndim(features[0][LABELS]) == 1:
        per_token.append(LABELS)
    ours = {*per_token, ENTITIES, PRIORS}
    batch = _pad_tokens(
        tokenizer,
        [{name: value for name, value in feature.items() if name not in ours} for feature in features],
        padding=padding,
        max_length=max_length,
        pad_to_multiple_of=pad_to_multiple_of,
        return_tensors=return_tensors,
    )
    left = tokenizer.padding_side == "left"
    width = max(len(row) for row in batch["input_ids"])
    for name in per_token:
        rows = [np.asarray(feature[name], dtype=np.int64) for feature in features]
        batch[name] = _as(_pad_rows(rows, width, NO_LABEL if name == LABELS else 0, left), return_tensors)
    for name, fill, dtype in ((ENTITIES, -1, np.int64), (PRIORS, 0, np.float32)):
        if name in names:
            tables = [np.asarray(feature[name], dtype=dtype) for feature in features]
            batch[name] = _as(_pad_tables(tables, fill), return_tensors)
    return batch


def _pad_tokens(
    tokenizer: Any,
    features: list[dict[str, Any]],
    *,
    padding: bool | str,
    max_length: int | None,
    pad_to_multiple_of: int | None,
    return_tensors: str | None,
) -> Any:
    """`tokenizer.pad`, without its advice to use `__call__`, which a collator cannot follow."""
    state = getattr(tokenizer, "deprecation_warnings", {})
    before = state.get(_FAST_ADVICE, False)
    state[_FAST_ADVICE] = True
    try:
        return tokenizer.pad(
            features,
            padding=padding,
            max_length=max_length,
            pad_to_multiple_of=pad_to_multiple_of,
            return_tensors=return_tensors,
        )
    finally:
        state[_FAST_ADVICE] = before


def _pad_rows(rows: list[np.ndarray], width: int, fill: int, left: bool) -> np.ndarray:
    padded = np.full((len(rows), width), fill, dtype=np.int64)
    for number, row in enumerate(rows):
        padded[number, width - len(row) if left else 0 :][: len(row)] = row
    return padded


def _pad_tables(tables: list[np.ndarray], fill: int) -> np.ndarray:
    """Stack [mention, candidate] tables; there is room for at least one mention and one candidate."""
    mentions = max(1, *(table.shape[0] for table in tables))
    candidates = max(1, *(table.shape[1] if table.ndim == 2 else 0 for table in tables))
    padded = np.full((len(tables), mentions, candidates), fill, dtype=tables[0].dtype)
    for number, table in enumerate(tables):
        if table.size:
            padded[number, : table.shape[0], : table.shape[1]] = table
    return padded


def _as(array: np.ndarray, return_tensors: str | None) -> Any:
    if return_tensors == "pt":
        return torch.from_numpy(array)
    return array if return_tensors == "np" else array.tolist()
