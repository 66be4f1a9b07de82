"""Turn sentences into windows of subwords a model can read, each word labelled at its first subword."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from kgattn.errors import ConfigError
from kgattn.ner.corpus import Sentence
from kgattn.ner.labels import IGNORE, LabelSet
from kgattn.shapes import Bool, Int

KG_KEYS = ("kg_token_slot", "kg_entities", "kg_priors")
_MODEL_KEYS = ("input_ids", "attention_mask", "token_type_ids", *KG_KEYS)
_CHUNK = 1024


@dataclass(frozen=True)
class EncodedSplit:
    """Sentences of one split, and the windows they became.

    Attributes:
        sentences: The sentences, with their gold tags.
        features: One dict a window: the model's inputs as lists, `labels` and `word_ids` a token, and `sentence`.
            A token with `word_ids` >= 0 is the first subword of that word in the window that reads this word; every
            word that has subwords is read exactly once. `labels` is the tag number there and -100 elsewhere.
        linked: For each sentence, which words lie in a linked mention.
        unread_words: Words without any subword (control characters, for example); they are predicted O.
    """

    sentences: tuple[Sentence, ...]
    features: tuple[dict[str, Any], ...]
    linked: tuple[Bool[np.ndarray, " _word"], ...]
    unread_words: int

    def select(self, indices: Sequence[int]) -> "EncodedSplit":
        """Only these sentences, in this order."""
        windows: dict[int, list[dict[str, Any]]] = {}
        for feature in self.features:
            windows.setdefault(feature["sentence"], []).append(feature)
        chosen = [{**feature, "sentence": new} for new, old in enumerate(indices) for feature in windows.get(old, ())]
        sentences = tuple(self.sentences[index] for index in indices)
        read = sum(sum(word >= 0 for word in feature["word_ids"]) for feature in chosen)
        return replace(
            self,
            sentences=sentences,
            features=tuple(chosen),
            linked=tuple(self.linked[index] for index in indices),
            unread_words=sum(len(sentence.words) for sentence in sentences) - read,
        )


def encode_sentences(
    sentences: Sequence[Sentence],
    processor: Any,
    labels: LabelSet,
    max_length: int = 128,
    stride: int = 32,
    docs: Sequence[Any] | None = None,
) -> EncodedSplit:
    """Link the sentences once, and cut those too long for one window into overlapping ones, so that nothing is lost.

    The linker sees the words alone, never the tags.

    Args:
        sentences: What to encode.
        processor: A `kgattn.Processor`, or a bare fast tokenizer to encode without links.
        labels: Numbers for the tags.
        max_length: Longest window, in tokens, special ones included.
        stride: Tokens two neighbouring windows share.
        docs: The sentences linked before, one document each, for a `kgattn.Processor`.

    Raises:
        ConfigError: No room is left for new tokens in a window, or the tokenizer cuts on the left.
        CorpusError: A tag is not among the labels.
    """
    tokenizer = getattr(processor, "tokenizer", processor)
    step = max_length - tokenizer.num_special_tokens_to_add(pair=False) - stride
    if step < 1:
        raise ConfigError(f"max_length must exceed stride {stride} and the special tokens, got {max_length}; raise it")
    if tokenizer.truncation_side != "right":
        raise ConfigError(f"expected a tokenizer with truncation_side 'right', got {tokenizer.truncation_side!r}")
    features: list[dict[str, Any]] = []
    linked: list[Bool[np.ndarray, " _word"]] = []
    unread = 0
    for first in range(0, len(sentences), _CHUNK):
        chunk = sentences[first : first + _CHUNK]
        linked_before = {} if docs is None else {"docs": docs[first : first + _CHUNK]}
        encoding = processor(
            [list(sentence.words) for sentence in chunk],
            is_split_into_words=True,
            truncation=True,
            max_length=max_length,
            stride=stride,
            return_overflowing_tokens=True,
            **linked_before,
        )
        keys = [key for key in _MODEL_KEYS if key in encoding]
        for number, windows in enumerate(_windows(encoding["overflow_to_sample_mapping"], len(chunk))):
            sentence = chunk[number]
            word_ids = [_word_ids(encoding, window) for window in windows]
            tags = np.array(labels.encode(sentence.tags), dtype=np.int64)
            read_at = _read_once(word_ids, step, len(sentence.words))
            links = np.zeros(len(sentence.words), dtype=bool)
            for window, words, read in zip(windows, word_ids, read_at, strict=True):
                feature = {key: encoding[key][window] for key in keys}
                if "kg_token_slot" in feature:
                    slots = np.asarray(feature["kg_token_slot"])
                    links[words[(slots > 0) & (words >= 0)]] = True
                feature["labels"] = np.where(read >= 0, tags[read], IGNORE).tolist()
                feature["word_ids"] = read.tolist()
                feature["sentence"] = first + number
                features.append(feature)
            linked.append(links)
            unread += len(sentence.words) - sum(int((read >= 0).sum()) for read in read_at)
    return EncodedSplit(tuple(sentences), tuple(features), tuple(linked), unread)


def encode_texts(texts: Sequence[str], processor: Any, max_length: int = 128, stride: int = 32) -> EncodedSplit:
    """Link texts without words and tags, and cut long ones into overlapping windows; there are no labels.

    Args:
        texts: Passages of any length; spaCy tokenises them.
        processor: A `kgattn.Processor`.
        max_length: Longest window, in tokens, special ones included.
        stride: Tokens two neighbouring windows share.
    """
    features: list[dict[str, Any]] = []
    for first in range(0, len(texts), _CHUNK):
        chunk = list(texts[first : first + _CHUNK])
        encoding = processor(
            chunk, truncation=True, max_length=max_length, stride=stride, return_overflowing_tokens=True
        )
        keys = [key for key in _MODEL_KEYS if key in encoding]
        for window, sample in enumerate(encoding["overflow_to_sample_mapping"]):
            features.append({**{key: encoding[key][window] for key in keys}, "sentence": first + int(sample)})
    return EncodedSplit((), tuple(features), (), 0)


def _windows(sample_of_window: Sequence[int], num_samples: int) -> list[list[int]]:
    """The windows of each sample, in order."""
    windows: list[list[int]] = [[] for _ in range(num_samples)]
    for window, sample in enumerate(sample_of_window):
        windows[int(sample)].append(window)
    return windows


def _word_ids(encoding: Any, window: int) -> Int[np.ndarray, " _token"]:
    """Word of each token, -1 for special tokens."""
    words = encoding.word_ids(window)
    return np.fromiter((-1 if word is None else word for word in words), dtype=np.int64, count=len(words))


def _read_once(
    word_ids: list[Int[np.ndarray, " _token"]], step: int, num_words: int
) -> list[Int[np.ndarray, " _token"]]:
    """Keep each word's number at its first subword, in the window where that lies farthest from a cut; else -1.

    A window that overlaps the one before it may begin in the middle of a word; only the true first subword, which
    the position in the whole sentence tells (every window starts `step` tokens after the one before), is read.
    """
    if len(word_ids) == 1:
        words = word_ids[0]
        before = np.concatenate(([-1], words[:-1]))
        return [np.where(words != before, words, -1)]
    tokens = [np.flatnonzero(words >= 0) for words in word_ids]
    word = np.concatenate([words[at] for words, at in zip(word_ids, tokens, strict=True)])
    window = np.concatenate([np.full(len(at), number) for number, at in enumerate(tokens)])
    token = np.concatenate(tokens)
    inside = np.concatenate([np.arange(len(at)) for at in tokens])
    position = window * step + inside
    first_position = np.full(num_words, np.iinfo(np.int64).max)
    np.minimum.at(first_position, word, position)
    sizes = np.array([len(at) for at in tokens])
    far = np.iinfo(np.int64).max
    from_left = np.where(window == 0, far, inside)
    from_right = np.where(window == len(tokens) - 1, far, sizes[window] - 1 - inside)
    is_first = np.flatnonzero(position == first_position[word])
    # lexsort: by word, then by distance from the nearest cut, the farthest first, then by window
    distance = np.minimum(from_left, from_right)[is_first]
    order = np.lexsort((window[is_first], -distance, word[is_first]))
    ranked = is_first[order]
    kept = ranked[np.concatenate(([True], word[ranked][1:] != word[ranked][:-1]))]
    read = [np.full(len(words), -1, dtype=np.int64) for words in word_ids]
    for number, words in enumerate(read):
        mine = kept[window[kept] == number]
        words[token[mine]] = word[mine]
    return read
