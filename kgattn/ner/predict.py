"""Run a model over encoded sentences and read off one tag a word."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from kgattn.ner.collate import Collator
from kgattn.ner.features import EncodedSplit
from kgattn.ner.labels import LabelSet
from kgattn.shapes import Int

UNREAD = 0
"""Number of the tag O, given to words no token stands for."""


@dataclass(frozen=True)
class Batches:
    """The windows of a split, sorted by length, padded and ready to be run any number of times.

    Attributes:
        inputs: Arguments of the model, one dict a batch.
        word_index: Where each token's tag goes in the words of all sentences joined, -1 for nowhere; per batch.
        lengths: Words of each sentence.
    """

    inputs: tuple[dict[str, Tensor], ...]
    word_index: tuple[Int[Tensor, "_batch _token"], ...]
    lengths: tuple[int, ...]


def make_batches(split: EncodedSplit, collator: Collator, batch_size: int = 64) -> Batches:
    """Sort the windows by length, so that a batch holds hardly any padding, and pad each batch."""
    lengths = tuple(len(sentence.words) for sentence in split.sentences)
    starts = np.concatenate(([0], np.cumsum(lengths)))
    order = np.argsort([-len(feature["input_ids"]) for feature in split.features], kind="stable")
    inputs, word_index = [], []
    for first in range(0, len(order), batch_size):
        features: list[dict[str, Any]] = [split.features[index] for index in order[first : first + batch_size]]
        words = collator.rows(features, "word_ids", -1)
        offsets = torch.tensor([int(starts[feature["sentence"]]) for feature in features])
        inputs.append(collator.inputs(features))
        word_index.append(torch.where(words >= 0, words + offsets[:, None], -1))
    return Batches(tuple(inputs), tuple(word_index), lengths)


def predict_tags(
    model: torch.nn.Module, batches: Batches, labels: LabelSet, *, autocast: torch.dtype | None = None
) -> list[list[str]]:
    """The likeliest tag of every word of every sentence, as the model gives them: never repaired into legal IOB2.

    Args:
        model: A token classifier; it is left in the mode (train or eval) it came in.
        batches: The sentences, encoded with the same tokenizer.
        labels: Tags of the model's outputs.
        autocast: Compute in this type where that is safe; None computes in the type of the weights.
    """
    device = next(model.parameters()).device
    tag_ids = np.full(sum(batches.lengths), UNREAD, dtype=np.int64)
    was_training = model.training
    model.eval()
    try:
        with torch.inference_mode(), torch.autocast(device.type, dtype=autocast, enabled=autocast is not None):
            for inputs, word_index in zip(batches.inputs, batches.word_index, strict=True):
                logits = model(**{key: tensor.to(device) for key, tensor in inputs.items()}).logits
                chosen = logits.argmax(dim=-1).cpu()
                keep = word_index >= 0
                tag_ids[word_index[keep].numpy()] = chosen[keep].numpy()
    finally:
        model.train(was_training)
    return _split(tag_ids, batches.lengths, labels)


def _split(tag_ids: Int[np.ndarray, " word"], lengths: Sequence[int], labels: LabelSet) -> list[list[str]]:
    tags = np.array(labels.tags, dtype=object)[tag_ids]
    return [part.tolist() for part in np.split(tags, np.cumsum(lengths)[:-1])] if lengths else []
