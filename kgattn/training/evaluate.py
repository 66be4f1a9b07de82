"""Score the model of a finished run on a split of a corpus."""

from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from transformers import AutoModelForTokenClassification

from kgattn.errors import KgattnError, PluginError, RunError
from kgattn.graph import KnowledgeGraph
from kgattn.injection import from_pretrained
from kgattn.ner.collate import Collator
from kgattn.ner.corpus import Corpus
from kgattn.ner.features import encode_sentences
from kgattn.ner.labels import LabelSet
from kgattn.ner.metrics import EntityScores, entity_scores, entity_texts
from kgattn.ner.predict import make_batches, predict_tags
from kgattn.training.checkpoints import load_tokenizer, quiet_transformers
from kgattn.training.config import TrainConfig
from kgattn.training.encode import with_entities, without_links
from kgattn.training.parts import check_windows
from kgattn.training.precision import autocast_type, training_device
from kgattn.training.run_folder import CONFIG, MODEL, RunFolder


def evaluate_run(run: Path, corpus: Corpus, split: str = "test", graph: KnowledgeGraph | None = None) -> EntityScores:
    """Strict typed entity scores of a run's model, over all gold entities of a split.

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
    return entity_scores(
        [sentence.tags for sentence in sentences],
        predict_tags(
            model.to(device),
            make_batches(ready, collator, config.eval_batch_size),
            labels,
            autocast=autocast_type(config.bf16, device),
        ),
        words=[sentence.words for sentence in sentences],
        linked=encoded.linked if hasattr(processor, "linker") else None,
        seen=entity_texts(corpus.limit(config.limit_train, seed=config.seed).train) if trained_here else None,
    )


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
