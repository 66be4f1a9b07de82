"""What is refused before a training run changes anything: arguments that contradict each other, windows too long."""

import os
from collections.abc import Iterable
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from kgattn.errors import ConfigError
from kgattn.graph import KnowledgeGraph
from kgattn.injection import InjectionConfig
from kgattn.ner.corpus import Corpus
from kgattn.ner.features import EncodedSplit
from kgattn.shapes import Int
from kgattn.training.config import TrainConfig
from kgattn.training.parts import SplitChange

if TYPE_CHECKING:
    from kgattn.linking import LinkerConfig

COUNT_AFTER_PADDING = ("roberta", "camembert", "xlm-roberta")
"""Model types that number positions from one after the padding token's number."""


def check_one_process() -> None:
    """Raise in a process that torchrun or the like started beside others.

    All of them would write one run, a step would be of more windows than the record says, and its rates would rise and
    fall by another number of steps.

    Raises:
        ConfigError: There are others.
    """
    size = int(os.environ.get("WORLD_SIZE") or 1) if "LOCAL_RANK" in os.environ else 1
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        size = torch.distributed.get_world_size()
    if size > 1:
        raise ConfigError(
            f"a run is trained by one process, got {size} started together (WORLD_SIZE); start it without torchrun, or "
            "train a model of kgattn.inject under torchrun by Transformers' Trainer"
        )


def check_run(
    config: TrainConfig,
    corpus: Corpus,
    graph: KnowledgeGraph | None,
    injection: InjectionConfig | None,
    entity_map: Int[np.ndarray, " entity"] | None,
    windows: SplitChange | None,
    distant: bool,
    processor: Any,
) -> None:
    """Raise unless arm, graph, injection, entity map and linker belong together and the corpus has all three parts.

    Raises:
        ConfigError: Two of them contradict each other, or several processes would train.
        CorpusError: A split is missing.
    """
    check_one_process()
    given = {
        "an injection": injection is not None,
        "other windows": windows is not None,
        "distant supervision": distant,
    }
    if (config.arm == "plain") == any(given.values()):
        got = next((name for name, there in given.items() if there), "nothing")
        raise ConfigError(
            "the arm plain injects nothing, and every other arm injects something, reads other windows or has distant "
            f"supervision; got {config.arm}, {got}"
        )
    if distant and injection is None and (graph is None or config.distant_epochs == 0):
        raise ConfigError(
            f"the arm {config.arm} learns from links: give a graph and distant_epochs above 0, or it would be plain"
        )
    if injection is not None and graph is None:
        raise ConfigError(f"the arm {config.arm} needs a graph; give one, or choose the arm plain")
    if entity_map is not None and (graph is None or entity_map.shape != (graph.num_entities,)):
        raise ConfigError(f"entity_map must have one row for each entity of the graph, got shape {entity_map.shape}")
    for split in ("train", "dev", "test"):
        corpus.split(split)
    if hasattr(processor, "linker"):
        _check_linker(config, processor.linker.config)


def _check_linker(config: TrainConfig, own: "LinkerConfig") -> None:
    """Raise unless a given linker links as the settings say, which a run leaves as its record."""
    wanted = type(own)() if config.linker is None else config.linker
    name = next((entry.name for entry in fields(own) if getattr(own, entry.name) != getattr(wanted, entry.name)), None)
    if name is not None:
        raise ConfigError(
            f"the processor must link by the settings of the run, got a linker with {name} "
            f"{str(getattr(own, name))[:40]} and TrainConfig(linker=...) with {str(getattr(wanted, name))[:40]}; "
            "set TrainConfig(linker=processor.linker.config), or leave the processor out"
        )


def check_windows(model: Any, splits: Iterable[EncodedSplit]) -> None:
    """Raise if a window is longer than the model has positions for.

    Raises:
        ConfigError: There is one; `max_length` is too large for the model.
    """
    positions = getattr(model.config, "max_position_embeddings", None)
    if positions is None:
        return
    if model.config.model_type in COUNT_AFTER_PADDING:
        positions -= model.config.pad_token_id + 1
    longest = max((len(feature["input_ids"]) for split in splits for feature in split.features), default=0)
    if longest > positions:
        raise ConfigError(
            f"max_length must be at most {positions}, the positions of the model, got windows of {longest} tokens; "
            "lower it"
        )
