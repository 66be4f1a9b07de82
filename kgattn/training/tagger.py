"""The model of a finished run, ready to tag sentences."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from transformers import AutoModelForTokenClassification

from kgattn.errors import ConfigError, KgattnError, PluginError, RunError
from kgattn.graph import KnowledgeGraph
from kgattn.injection import from_pretrained
from kgattn.ner.collate import Collator
from kgattn.ner.corpus import Sentence
from kgattn.ner.features import EncodedSplit, encode_sentences
from kgattn.ner.labels import LabelSet
from kgattn.ner.predict import make_batches, predict_tags
from kgattn.shapes import Int
from kgattn.training.checkpoints import load_tokenizer, quiet_transformers
from kgattn.training.config import TrainConfig
from kgattn.training.encode import with_entities, without_links
from kgattn.training.precision import autocast_type, training_device
from kgattn.training.run_checks import check_windows
from kgattn.training.run_folder import CONFIG, MODEL, RunFolder


@dataclass(frozen=True)
class Tagger:
    """A run's model with what it needs to read sentences as it did in training.

    Attributes:
        model: The model, on the device it computes on, in eval mode.
        plain_processor: A plain model's tokenizer, or a `kgattn.Processor` with it; None for an injected model, which
            has a processor of its own.
        config: Settings of the run.
        injected: Whether the model reads links.
        entity_map: The exchange of entities of a control arm, None if there is none.
        corpus: What `config.json` says of the corpus.
    """

    model: Any
    plain_processor: Any
    config: TrainConfig
    injected: bool
    entity_map: Int[np.ndarray, " entity"] | None
    corpus: dict[str, Any]

    @property
    def processor(self) -> Any:
        """A `kgattn.Processor`, over the graph an injected model has now; or a bare tokenizer for a plain model."""
        return self.model.kgattn.processor if self.injected else self.plain_processor

    @property
    def links(self) -> bool:
        """Whether sentences are linked when they are encoded."""
        return hasattr(self.processor, "linker")

    @cached_property
    def labels(self) -> LabelSet:
        """Tags of the model's outputs."""
        return LabelSet.from_config(self.model.config)

    @cached_property
    def collator(self) -> Collator:
        """Pads windows."""
        return Collator(self.processor if self.injected else getattr(self.processor, "tokenizer", self.processor))

    @cached_property
    def autocast(self) -> torch.dtype | None:
        """As `predict_tags` takes it."""
        return autocast_type(self.config.bf16, next(self.model.parameters()).device)

    def with_graph(self, graph: KnowledgeGraph) -> "Tagger":
        """Link to another graph, with the linker settings of the run; an injected model, the same one, reads it too.

        Raises:
            GraphError: The model was trained with entity vectors and the graph has none of that length, or the reverse.
            LinkingError: Nothing in the graph can be linked to.
            RuleError: A rule of the run finds too many pairs in the graph, or takes too long.
            RunError: The run is a control whose exchange of entities is of its own graph alone.
        """
        if not self.injected:
            from kgattn.linking import EntityLinker, Processor  # here, because spaCy takes seconds to import

            linker = EntityLinker(graph, nlp=self.config.language, config=self.config.linker)
            return replace(self, plain_processor=Processor(self.collator.tokenizer, linker))
        trained = self.model.kgattn.graph
        if self.entity_map is not None and not graph.same_entities(trained):
            raise RunError(
                f"the arm {self.config.arm} was trained with the {trained.num_entities} entities of its graph exchanged"
                f", which says nothing of the {graph.num_entities} of another graph; leave the graph out"
            )
        processor = self.processor.with_graph(graph)  # what cannot be linked to is refused before the swap
        self.model.kgattn.swap_graph(graph)
        self.model.kgattn.processor = processor
        return self

    def encode(self, sentences: Sequence[Sentence], docs: Sequence[Any] | None = None) -> EncodedSplit:
        """Windows for the model; links are left out, or exchanged, as they were in training.

        Args:
            sentences: The sentences; their tags become labels.
            docs: The same sentences linked before, where there is a linker.

        Raises:
            ConfigError: A window is longer than the model has positions for.
            CorpusError: A tag is none of the model's.
        """
        return self.as_trained(self.link(sentences, docs))

    def link(self, sentences: Sequence[Sentence], docs: Sequence[Any] | None = None) -> EncodedSplit:
        """Windows with what the linker found, whatever the model reads of it; as for `encode`."""
        config = self.config
        encoded = encode_sentences(sentences, self.processor, self.labels, config.max_length, config.stride, docs=docs)
        check_windows(self.model, [encoded])
        return encoded

    def as_trained(self, linked: EncodedSplit) -> EncodedSplit:
        """What the model reads of windows with links."""
        return with_entities(linked, self.entity_map) if self.injected else without_links(linked)

    def tag(
        self, sentences: Sequence[Sequence[str]], docs: Sequence[Any] | None = None, batch_size: int = 64
    ) -> list[list[str]]:
        """The likeliest tag of every word, in IOB2 as the model gives it: not repaired.

        Args:
            sentences: Words.
            docs: The same sentences linked before, where there is a linker.
            batch_size: Windows run at a time.
        """
        untagged = [Sentence(tuple(words), ("O",) * len(words)) for words in sentences]
        batches = make_batches(self.encode(untagged, docs), self.collator, batch_size)
        return predict_tags(self.model, batches, self.labels, autocast=self.autocast)


def open_tagger(run: Path, device: str | None = None) -> Tagger:
    """Load a finished run's model.

    Args:
        run: Folder of the run.
        device: Where it computes, as PyTorch names it; None is CUDA where there is one, else the CPU.

    Raises:
        ConfigError: There is no such device.
        RunError: The folder holds no finished run, or its model is gone or damaged.
    """
    folder = RunFolder(run)
    result = folder.result()
    config, corpus = run_settings(run)
    place = find_device(device)
    model, processor = _load(folder.path / MODEL)
    injected = result.injection is not None
    return Tagger(
        model=model.to(place),
        plain_processor=None if injected else processor,
        config=config,
        injected=injected,
        entity_map=folder.entity_map(),
        corpus=corpus,
    )


def run_settings(run: Path) -> tuple[TrainConfig, dict[str, Any]]:
    """Settings of a run, and what is known of its corpus, without loading the model.

    Args:
        run: Folder of the run.

    Raises:
        ConfigError: A setting is unknown, or out of range.
        RunError: The folder holds no run.
    """
    identity = RunFolder(run).identity()
    missing = next((key for key in ("config", "corpus") if not isinstance(identity.get(key), dict)), None)
    if missing is not None:
        raise RunError(f"{run / CONFIG}: expected an object {missing}, got none; train again in a new folder")
    return TrainConfig.from_json(identity["config"]), identity["corpus"]


def find_device(name: str | None) -> torch.device:
    """The device of that name; None is CUDA where there is one, else the CPU.

    Raises:
        ConfigError: There is no such device.
    """
    if name is None:
        return training_device()
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:  # PyTorch without CUDA asserts
        reason = str(error).partition("\n")[0]
        raise ConfigError(
            f"device must be one of PyTorch's that is here, such as cpu, got {name!r} ({reason})"
        ) from error
    return device


def load_run_model(run: Path) -> Any:
    """The model of a finished run.

    Raises:
        RunError: The folder holds no finished run, or its model is gone or damaged.
    """
    folder = RunFolder(run)
    folder.result()  # an unfinished run is refused
    return _load(folder.path / MODEL)[0]


def _load(folder: Path) -> tuple[Any, Any]:
    """Model and processor, or model and tokenizer where nothing was injected."""
    if not (folder / "config.json").is_file():
        raise RunError(f"{folder.parent} holds no model: {folder / 'config.json'} is missing; train again")
    try:
        with quiet_transformers():
            if not (folder / "kgattn_config.json").is_file():
                model: Any = AutoModelForTokenClassification.from_pretrained(folder)
                return model.eval(), load_tokenizer(str(folder))
            model = from_pretrained(folder)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        if isinstance(error, KgattnError) and not (isinstance(error, PluginError) and error.__cause__):
            raise  # it says what is wrong in words of its own
        reason = str(error.__cause__ or error).strip().partition("\n")[0]
        raise RunError(f"{folder} holds no whole model ({reason}); train again in a new folder") from error
    if model.kgattn.processor is None:
        raise RunError(f"{folder} holds no processor: kgattn_processor.json is missing; train again in a new folder")
    return model, model.kgattn.processor
