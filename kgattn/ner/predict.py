"""Run a model over encoded sentences and read off one tag a word."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from kgattn.ner.collate import Collator
from kgattn.ner.features import EncodedSplit
from kgattn.ner.labels import LabelSet
from kgattn.ner.transitions import best_path
from kgattn.shapes import Int

UNREAD = 0
"""Number of the tag O, which words are sure to have that no token stands for."""


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
    """The likeliest tags of every sentence, but for those `labels.apart` forbids: not repaired into legal IOB2.

    Args:
        model: A token classifier; it is left in the mode (train or eval) it came in.
        batches: The sentences, encoded with the same tokenizer.
        labels: Tags of the model's outputs.
        autocast: Compute in this type where that is safe; None computes in the type of the weights.
    """
    device = next(model.parameters()).device
    log_probs = np.full((sum(batches.lengths), len(labels.tags)), -np.inf, dtype=np.float32)
    log_probs[:, UNREAD] = 0
    was_training = model.training
    model.eval()
    try:
        with torch.inference_mode(), torch.autocast(device.type, dtype=autocast, enabled=autocast is not None):
            for inputs, word_index in zip(batches.inputs, batches.word_index, strict=True):
                logits = model(**{key: tensor.to(device) for key, tensor in inputs.items()}).logits
                scores = logits.float().log_softmax(dim=-1).cpu()
                keep = word_index >= 0
                log_probs[word_index[keep].numpy()] = scores[keep].numpy()
    finally:
        model.train(was_training)
    if not batches.lengths:
        return []
    tags = np.array(labels.tags, dtype=object)
    sentences = np.split(log_probs, np.cumsum(batches.lengths)[:-1])
    return [tags[best_path(sentence, labels.allowed)].tolist() for sentence in sentences]
