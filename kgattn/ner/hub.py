"""Read a corpus of the Hugging Face hub through the optional `datasets` package."""

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from kgattn.errors import CorpusError
from kgattn.ner.raw import RawSentence

_SPLITS = {"train": "train", "dev": "validation", "test": "test"}


def read_hub(name: str) -> dict[str, list[RawSentence]]:
    """Fetch (or take from the cache) the data set `name` and read its `tokens` and `ner_tags`.

    Raises:
        CorpusError: `datasets` is not installed, the name cannot be fetched, or the columns are not there.
    """
    if find_spec("datasets") is None:
        raise CorpusError(
            f"{name}: no such file or folder; to read it as the name of a hub data set, install the datasets package"
        )
    datasets = import_module("datasets")

    try:
        loaded = datasets.load_dataset(name)
    except (OSError, ValueError, RuntimeError) as error:
        first_line = str(error).partition("\n")[0]
        raise CorpusError(
            f"{name}: no such file or folder, and no hub data set could be read ({first_line})"
        ) from error
    return sentences_of(name, loaded)


def sentences_of(name: str, splits: Mapping[str, Any]) -> dict[str, list[RawSentence]]:
    """The splits of a loaded data set; tags given as numbers are named by the data set's own class labels.

    Raises:
        CorpusError: There is no split of a known name, or a split has no `tokens` and `ner_tags`.
    """
    result: dict[str, list[RawSentence]] = {}
    for split, hub_split in _SPLITS.items():
        if hub_split not in splits:
            continue
        data = splits[hub_split]
        where = f"{name} ({hub_split})"
        if not {"tokens", "ner_tags"} <= set(data.features):
            raise CorpusError(f"{where}: expected the columns tokens and ner_tags, got {', '.join(data.features)}")
        tag_names = getattr(getattr(data.features["ner_tags"], "feature", None), "names", None)
        sentences = []
        for number, (words, tags) in enumerate(zip(data["tokens"], data["ner_tags"], strict=True), start=1):
            named = [tag_names[tag] for tag in tags] if tag_names else [str(tag) for tag in tags]
            if words:
                sentences.append(RawSentence(tuple(words), tuple(named), (number,) * len(words), where))
        result[split] = sentences
    if not result:
        raise CorpusError(f"{name}: expected the splits train, validation and test, got {', '.join(splits)}")
    return result
