"""Score the model of a finished run on a split of a corpus."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import AutoModelForTokenClassification

from kgattn.errors import KgattnError, PluginError, RunError
from kgattn.graph import KnowledgeGraph
from kgattn.injection import from_pretrained
from kgattn.ner.collate import Collator
from kgattn.ner.corpus import Corpus, Sentence
from kgattn.ner.features import encode_sentences
from kgattn.ner.labels import LabelSet
from kgattn.ner.metrics import EntityScores, entity_scores, entity_texts
from kgattn.ner.predict import Batches, make_batches, predict_tags
from kgattn.training.checkpoints import load_tokenizer, quiet_transformers
from kgattn.training.config import TrainConfig
from kgattn.training.encode import with_entities, without_links
from kgattn.training.parts import check_windows
from kgattn.training.precision import autocast_type, training_device
from kgattn.training.run_folder import CONFIG, MODEL, RunFolder


def evaluate_run(run: Path, corpus: Corpus, split: str = "test", graph: KnowledgeGraph | None = None) -> EntityScores:
    """Strict typed entity scores of a run's model, over all gold entities of a split; `open_run` says the rest."""
    return open_run(run, corpus, split, graph).score()


@dataclass(frozen=True)
class OpenRun:
    """A run's model and the sentences to score it on, ready to be scored any number of times.

    Attributes:
        model: The model, on the device it computes on.
        batches: The sentences.
        labels: Tags of the model's outputs.
        autocast: As `predict_tags` takes it.
        sentences: The sentences with their gold tags.
        linked: Of each gold entity, whether it was linked; None without a graph.
        seen: Texts of gold entities of the training sentences, None on another corpus.
    """

    model: Any
    batches: Batches
    labels: LabelSet
    autocast: torch.dtype | None
    sentences: Sequence[Sentence]
    linked: Any
    seen: frozenset[str] | None

    def score(self) -> EntityScores:
        """Scores of the model as it now is."""
        return entity_scores(
            [sentence.tags for sentence in self.sentences],
            predict_tags(self.model, self.batches, self.labels, autocast=self.autocast),
            words=[sentence.words for sentence in self.sentences],
            linked=self.linked,
            seen=self.seen,
        )


def open_run(run: Path, corpus: Corpus, split: str = "test", graph: KnowledgeGraph | None = None) -> OpenRun:
    """Load a finished run's model and encode a split for it.

    Args:
        run: Folder of a finished run.
        corpus: Any corpus whose types the model knows. If it is the one the run was trained on, gold entities are told
            apart by whether they were seen in training.
        split: `train`, `dev` or `test`.
        graph: For a plain model: tells linked gold entities from others. An injected model brings its own.

    Raises:
        ConfigError: A window is longer than the model has positions for.
        RunError: The folder holds no finished run, or its model is gone or damaged.
        CorpusError: The split is empty, or has types the model does not know.
    """
    folder = RunFolder(run)
    result, identity = folder.result(), folder.identity()
    missing = next((key for key in ("config", "corpus") if not isinstance(identity.get(key), dict)), None)
    if missing is not None:
        raise RunError(f"{run / CONFIG}: expected an object {missing}, got none; train again in a new folder")
    config = TrainConfig.from_json(identity["config"])
    sentences = corpus.split(split)
    model, processor = _load(folder.path / MODEL)
    if graph is not None and not hasattr(processor, "linker"):
        from kgattn.linking import EntityLinker, Processor

        processor = Processor(processor, EntityLinker(graph))
    device = training_device()
    labels = LabelSet.from_id2label(model.config.id2label)
    encoded = encode_sentences(sentences, processor, labels, config.max_length, config.stride)
    check_windows(model, [encoded])
    ready = without_links(encoded) if result.injection is None else with_entities(encoded, folder.entity_map())
    tokenizer = getattr(processor, "tokenizer", processor)
    collator = Collator(tokenizer if result.injection is None else processor)
    trained_here = corpus.fingerprint == identity["corpus"].get("fingerprint")
    return OpenRun(
        model=model.to(device),
        batches=make_batches(ready, collator, config.eval_batch_size),
        labels=labels,
        autocast=autocast_type(config.bf16, device),
        sentences=sentences,
        linked=encoded.linked if hasattr(processor, "linker") else None,
        seen=entity_texts(corpus.limit(config.limit_train, seed=config.seed).train) if trained_here else None,
    )


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
