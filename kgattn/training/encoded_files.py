"""An encoded corpus on the disk: linked and cut once for all arms, processes and sessions of a comparison."""

import json
from collections.abc import Sequence
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from kgattn.files import replacing
from kgattn.graph import KnowledgeGraph
from kgattn.ner.corpus import SPLITS, Corpus, Sentence
from kgattn.ner.features import EncodedSplit
from kgattn.shapes import Int
from kgattn.training.config import TrainConfig
from kgattn.training.encode import EncodedCorpus
from kgattn.training.environment import describe_environment
from kgattn.training.parts import decisions_of
from kgattn.training.precision import training_device

FORMAT_VERSION = 2
_PER_TOKEN = ("input_ids", "attention_mask", "token_type_ids", "kg_token_slot", "labels", "word_ids")
_UNLABELLED = "unlabelled"
_ENTITIES, _PRIORS = "kg_entities", "kg_priors"
_ORDER = (*_PER_TOKEN[:4], _ENTITIES, _PRIORS, *_PER_TOKEN[4:], "sentence")
"""As `encode_sentences` puts them."""

Arrays = dict[str, np.ndarray]


def encoding_key(corpus: Corpus, graph: KnowledgeGraph, tokenizer: Any, config: TrainConfig) -> str:
    """A hash of everything the windows and their links depend on: content, settings, versions, this code's commit.

    The rows of the entities count too, which the fingerprint of a graph leaves out, and what the user decided in the
    `common_words.tsv` of the graph's folder.
    """
    environment = describe_environment(training_device(), None)
    linker = [] if config.linker is None else [config.linker.to_dict()]
    parts = {
        "format_version": FORMAT_VERSION,
        "corpus": corpus.fingerprint,
        "graph": graph.fingerprint,
        "rows": graph.entity_digest,
        "tokenizer": sha256(tokenizer.backend_tokenizer.to_str().encode()).hexdigest(),
        "settings": [config.language, config.max_length, config.stride, config.distant_epochs > 0, *linker],
        "versions": environment["versions"],
        "commit": environment["commit"],
        **decisions_of(graph),
    }
    return sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def save_encoded(path: Path, encoded: EncodedCorpus, key: str) -> None:
    """Write windows and links; the sentences stay in the corpus.

    Raises:
        StorageError: Writing failed; a file that was there is as it was.
    """
    arrays: Arrays = {}
    for name in (*SPLITS, _UNLABELLED):
        arrays |= {f"{name}.{part}": array for part, array in _pack(getattr(encoded, name)).items()}
    with replacing(path.parent) as scratch:
        save_file(arrays, scratch / path.name, metadata={"key": key, "has_links": json.dumps(encoded.has_links)})


def load_encoded(path: Path, corpus: Corpus, key: str) -> EncodedCorpus | None:
    """Read what `save_encoded` wrote, or None where it is absent, damaged or of another key.

    Args:
        path: The file; it is mapped, not read as a whole.
        corpus: The corpus it was made of.
        key: As `encoding_key` gives it now.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            if metadata.get("key") != key:
                return None
            arrays: Arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
    except (OSError, SafetensorError):
        return None
    train, dev, test = (_unpack(arrays, name, getattr(corpus, name)) for name in SPLITS)
    unlabelled = _unpack(arrays, _UNLABELLED, ())
    return EncodedCorpus(train, dev, test, has_links=json.loads(metadata["has_links"]), unlabelled=unlabelled)


def _pack(split: EncodedSplit) -> Arrays:
    features = split.features
    arrays: Arrays = {
        "sentence": _numbers([feature["sentence"] for feature in features]),
        "tokens": _numbers([len(feature["input_ids"]) for feature in features]),
        "linked": np.concatenate([np.zeros(0, dtype=bool), *split.linked]),
        "unread_words": _numbers([split.unread_words]),
    }
    first = features[0] if features else {}
    for key in _PER_TOKEN:
        if key in first:
            arrays[key] = _numbers([value for feature in features for value in feature[key]])
    if _ENTITIES in first:
        arrays["mentions"] = _numbers([len(feature[_ENTITIES]) for feature in features])
        arrays["candidates"] = _numbers([len(row) for feature in features for row in feature[_ENTITIES]])
        rows = [value for feature in features for row in feature[_ENTITIES] for value in row]
        priors = [value for feature in features for row in feature[_PRIORS] for value in row]
        arrays[_ENTITIES], arrays[_PRIORS] = _numbers(rows), np.array(priors, dtype=np.float32)
    return arrays


def _unpack(arrays: Arrays, name: str, sentences: Sequence[Sentence]) -> EncodedSplit:
    mine = {part.removeprefix(f"{name}."): array for part, array in arrays.items() if part.startswith(f"{name}.")}
    cuts = np.cumsum(mine["tokens"])[:-1]
    columns: dict[str, list[Any]] = {
        key: [part.tolist() for part in np.split(mine[key], cuts)] for key in _PER_TOKEN if key in mine
    }
    if _ENTITIES in mine:
        inner, outer = np.cumsum(mine["candidates"])[:-1], np.cumsum(mine["mentions"])[:-1]
        for key in (_ENTITIES, _PRIORS):
            rows = [part.tolist() for part in np.split(mine[key], inner)]
            bounds = [0, *outer.tolist(), len(rows)]
            columns[key] = [rows[start:stop] for start, stop in pairwise(bounds)]
    columns["sentence"] = mine["sentence"].tolist()
    order = [key for key in _ORDER if key in columns]
    windows = zip(*(columns[key] for key in order), strict=True)
    features = tuple(dict(zip(order, values, strict=True)) for values in windows)
    words = np.cumsum([len(sentence.words) for sentence in sentences])[:-1]
    linked = tuple(np.split(mine["linked"].astype(bool), words)) if sentences else ()
    return EncodedSplit(tuple(sentences), features, linked, int(mine["unread_words"][0]))


def _numbers(values: Sequence[int]) -> Int[np.ndarray, " value"]:
    return np.array(values, dtype=np.int32)
